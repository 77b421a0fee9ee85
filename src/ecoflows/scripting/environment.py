"""Texts of a script that environment variables are filled into when it runs."""

from __future__ import annotations

from ecoflows.spec.expressions import as_written, filled_from_environment

_FILLED: dict[str, str] = {}


def environment(text: str) -> str:
    """A text with its ``${{ env.NAME }}`` filled in.

    The program has the variables' names only: their values may be secret, or others elsewhere.

    Args:
        text: The text, such as ``s3://${{ env.BUCKET }}/tracks.parquet``.

    Raises:
        EcoflowsError: If a variable is not set.
    """
    found = filled_from_environment(text)
    if found != text:
        _FILLED[found] = text
    return found


def without_environment(message: str) -> str:
    """A message in which what ``environment`` gave stands as the script has it.

    Args:
        message: The message.
    """
    return as_written(message, _FILLED)
