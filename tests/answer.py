"""What a command said."""

from __future__ import annotations

from typing import NamedTuple


class Answer(NamedTuple):
    """Exit code and output of one command."""

    code: int
    out: str
    err: str
