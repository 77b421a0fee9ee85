"""``ecoflows get-params``: what a spec leaves open, as a form to fill in or as JSON Schema."""

from __future__ import annotations

import click

from ecoflows.cli.common import chosen_spec, load_workflow, spec_argument
from ecoflows.cli.writing import output_options, put


@click.command("get-params")
@spec_argument
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@output_options
def get_params(
    spec: str | None, spec_option: str | None, form: str, outpath: str | None, force: bool
) -> None:
    """Show what a spec leaves open: a YAML file to fill in, or its JSON Schema."""
    import json

    from ecoflows.workflow.params import json_schema, template

    workflow = load_workflow(chosen_spec(spec, spec_option))
    text = template(workflow) if form == "yaml" else json.dumps(json_schema(workflow), indent=2) + "\n"
    put(text, outpath, force=force, exists="exists and may be filled in already")
