"""Write files whole or not at all, and only where they change."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from ecoflows.errors import EcoflowsError


def put(file: Path, text: str) -> bool:
    """Write a file, by renaming, unless it has the text already.

    Args:
        file: The file; its folders are made.
        text: What is to be in it.

    Returns:
        Whether it was written.

    Raises:
        EcoflowsError: If it cannot be written.
    """
    data = text.encode()
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(8)}.tmp")
    try:
        if file.is_file() and file.read_bytes() == data:
            return False
        file.parent.mkdir(parents=True, exist_ok=True)
        target = Path(os.path.realpath(file))
        with temporary.open("xb") as stream:
            stream.write(data)
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise EcoflowsError(f"{file} cannot be written: {error.strerror}") from error
    return True
