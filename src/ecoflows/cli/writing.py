"""Where commands put what they make: the terminal, or a file, whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ecoflows.errors import EcoflowsError

F = TypeVar("F", bound=Callable[..., Any])


def output_options(command: F) -> F:
    """Take ``--outpath`` and ``--force``."""
    command = click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")(command)
    return click.option("--outpath", metavar="FILE", help="Write to a file instead of the terminal.")(command)


def put(text: str, outpath: str | None, *, force: bool, exists: str = "exists") -> None:
    """Print a text, or write it to a file.

    Args:
        text: The text.
        outpath: The file, if one was named.
        force: Whether it may be overwritten.
        exists: What is said of one that is there.

    Raises:
        EcoflowsError: If it is there and may not be overwritten, or cannot be written.
    """
    data = text.encode()  # as it is, whatever newlines the text has
    if outpath is None:
        click.echo(data, nl=False)
        return
    put_file(data, outpath, force=force, exists=exists)


def put_file(data: bytes, outpath: str, *, force: bool, exists: str = "exists") -> None:
    """Write a file, whole or not at all, and say so.

    Args:
        data: What is to be in it.
        outpath: The file.
        force: Whether it may be overwritten.
        exists: What is said of one that is there.

    Raises:
        EcoflowsError: If it is there and may not be overwritten, or cannot be written.
    """
    refuse_existing(outpath, force=force, exists=exists)
    file = Path(outpath).resolve()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, data)
    except (FileExistsError, NotADirectoryError) as error:
        raise EcoflowsError(f"{outpath} cannot be written: {Path(outpath).parent} is no folder") from error
    except OSError as error:
        raise EcoflowsError(f"{outpath} cannot be written: {error.strerror}") from error
    click.echo(f"wrote {outpath}", err=True)


def refuse_existing(outpath: str, *, force: bool, exists: str = "exists") -> None:
    """Refuse a file that is there, unless it may be overwritten.

    Args:
        outpath: The file.
        force: Whether it may be overwritten.
        exists: What is said of one that is there.

    Raises:
        EcoflowsError: If it is there and may not be overwritten.
    """
    file = Path(outpath)
    if file.exists() and not file.is_file():
        raise EcoflowsError(f"{outpath} is {'a folder' if file.is_dir() else 'no file that can be replaced'}")
    if os.path.lexists(file) and not force:
        raise EcoflowsError(f"{outpath} {exists}; --force overwrites it")


def _write(file: Path, data: bytes) -> None:
    """Write a file whole or not at all, by renaming; one that is there keeps its permissions."""
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
        if file.exists():
            shutil.copymode(file, temporary)
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
