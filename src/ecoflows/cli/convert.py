"""``ecoflows convert``: a spec in the mapping form as the same spec in the instance form."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

import click

from ecoflows.cli.common import chosen_spec, spec_argument


@click.command()
@spec_argument
@click.option("--outpath", metavar="FILE", help="Write to a file instead of the terminal.")
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists; it may be SPEC itself.")
def convert(spec: str | None, spec_option: str | None, outpath: str | None, force: bool) -> None:
    """Rewrite the mapping form of a spec as the instance form.

    'tasks:' becomes 'workflow:'. Comments are kept, and so is how values are written. Nothing is
    run, and the tasks need not be installed.
    """
    from ecoflows import source
    from ecoflows.errors import EcoflowsError
    from ecoflows.spec.conversion import converted

    data = converted(source.load(chosen_spec(spec, spec_option))).encode()
    if outpath is None:
        click.echo(data, nl=False)
        return
    if os.path.lexists(outpath) and not force:
        raise EcoflowsError(f"{outpath} exists; --force overwrites it")
    try:
        _write(Path(outpath).resolve(), data)
    except OSError as error:
        raise EcoflowsError(f"{outpath} cannot be written: {error.strerror}") from error
    click.echo(f"wrote {outpath}", err=True)


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
