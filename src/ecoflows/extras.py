"""The optional packages that parts of ecoflows need, and the command that installs them."""

from __future__ import annotations

_OF_PROTOCOLS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs"}


def install_text(extra: str) -> str:
    """The command that installs an extra.

    Args:
        extra: The extra of the package, such as ``earthranger``.
    """
    return f'install it with: pip install "ecoflows[{extra}]"'


def protocol_needs(protocol: str, error: ImportError) -> str:
    """What is missing to reach files by a protocol, and how it is installed.

    Args:
        protocol: The protocol of a URL, such as ``s3``.
        error: What the import of its package raised.
    """
    extra = _OF_PROTOCOLS.get(protocol)
    return f"another package; {install_text(extra)}" if extra else f"another package: {error}"
