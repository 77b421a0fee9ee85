"""``ecoflows get-params``: what a spec leaves open, as a form to fill in or as JSON Schema."""

from __future__ import annotations

from pathlib import Path

import click

from ecoflows.cli.common import chosen_spec, load_workflow, spec_argument


@click.command("get-params")
@spec_argument
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@click.option("--outpath", metavar="FILE", help="Write to a file instead of the terminal.")
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
def get_params(
    spec: str | None, spec_option: str | None, form: str, outpath: str | None, force: bool
) -> None:
    """Show what a spec leaves open: a YAML file to fill in, or its JSON Schema."""
    import json

    from ecoflows.errors import EcoflowsError
    from ecoflows.workflow.params import json_schema, template

    workflow = load_workflow(chosen_spec(spec, spec_option))
    text = template(workflow) if form == "yaml" else json.dumps(json_schema(workflow), indent=2) + "\n"
    if outpath is None:
        click.echo(text, nl=False)
        return
    try:
        with Path(outpath).open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise EcoflowsError(
            f"{outpath} exists and may be filled in already; --force overwrites it"
        ) from error
    except OSError as error:
        raise EcoflowsError(f"{outpath} cannot be written: {error.strerror}") from error
    click.echo(f"wrote {outpath}", err=True)
