"""``ecoflows schema``: JSON Schemas that help editors with specs and params files."""

from __future__ import annotations

import click

from ecoflows.cli.common import spec_argument
from ecoflows.cli.params import get_params
from ecoflows.cli.writing import output_options, put


@click.group()
def schema() -> None:
    """Show JSON Schemas, with which an editor completes and checks YAML files."""


@schema.command("spec")
@output_options
def spec(outpath: str | None, force: bool) -> None:
    """Show the JSON Schema of specs and fragments, with the tasks that are installed.

    Write it anew when tasks change.
    """
    import json

    from ecoflows import registry
    from ecoflows.workflow.spec_schema import spec_schema

    found = registry.installed()
    text = json.dumps(spec_schema(found), indent=1, ensure_ascii=False) + "\n"
    for broken in found.broken:
        click.echo(
            f"warning: {broken.package}: {broken.module} cannot be imported, its tasks are not in the schema "
            "('ecoflows tasks --broken' says why)",
            err=True,
        )
    put(text, outpath, force=force)


@schema.command("params")
@spec_argument
@output_options
@click.pass_context
def params(
    context: click.Context, spec: str | None, spec_option: str | None, outpath: str | None, force: bool
) -> None:
    """Show the JSON Schema of a spec's params files, as 'get-params --format json' does."""
    context.invoke(get_params, spec=spec, spec_option=spec_option, form="json", outpath=outpath, force=force)
