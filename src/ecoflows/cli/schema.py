"""``ecoflows schema``: JSON Schemas that help editors with specs and params files."""

from __future__ import annotations

from pathlib import Path

import click

from ecoflows.cli.common import spec_argument
from ecoflows.cli.params import get_params


@click.group()
def schema() -> None:
    """Show JSON Schemas, with which an editor completes and checks YAML files."""


@schema.command("spec")
@click.option("--outpath", metavar="FILE", help="Write to a file instead of the terminal.")
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
def spec(outpath: str | None, force: bool) -> None:
    """Show the JSON Schema of specs and fragments, with the tasks that are installed.

    Write it anew when tasks change.
    """
    import json

    from ecoflows import registry
    from ecoflows.errors import EcoflowsError
    from ecoflows.workflow.spec_schema import spec_schema

    found = registry.installed()
    text = json.dumps(spec_schema(found), indent=1, ensure_ascii=False) + "\n"
    for broken in found.broken:
        click.echo(
            f"warning: {broken.package}: {broken.module} cannot be imported, its tasks are not in the schema "
            "('ecoflows tasks --broken' says why)",
            err=True,
        )
    if outpath is None:
        click.echo(text, nl=False)
        return
    try:
        with Path(outpath).open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise EcoflowsError(f"{outpath} exists; --force overwrites it") from error
    except OSError as error:
        raise EcoflowsError(f"{outpath} cannot be written: {error.strerror}") from error
    click.echo(f"wrote {outpath}", err=True)


@schema.command("params")
@spec_argument
@click.option("--outpath", metavar="FILE", help="Write to a file instead of the terminal.")
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
@click.pass_context
def params(
    context: click.Context, spec: str | None, spec_option: str | None, outpath: str | None, force: bool
) -> None:
    """Show the JSON Schema of a spec's params files, as 'get-params --format json' does."""
    context.invoke(get_params, spec=spec, spec_option=spec_option, form="json", outpath=outpath, force=force)
