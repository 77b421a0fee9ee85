"""``ecoflows plan``: what a run would do, and why."""

from __future__ import annotations

import click

from ecoflows.cli.common import (
    cache_root_option,
    chosen_spec,
    echo_json,
    load_params,
    load_workflow,
    open_store,
    params_option,
    set_option,
    show_warnings_of_ecoflows,
    spec_argument,
)


@click.command()
@spec_argument
@params_option
@set_option
@cache_root_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def plan(
    spec: str | None,
    spec_option: str | None,
    params: str | None,
    overrides: tuple[str, ...],
    cache_root: str | None,
    form: str,
) -> None:
    """Tell what a run would do: which tasks run, which are cached, and why.

    Nothing is run.
    """
    from ecoflows.cli.tables import print_table
    from ecoflows.workflow.params import bind
    from ecoflows.workflow.plan import plan as make_plan
    from ecoflows.workflow.typecheck import require_no_refuted

    workflow = load_workflow(chosen_spec(spec, spec_option))
    bound = bind(workflow, load_params(params), overrides)
    require_no_refuted(bound)
    show_warnings_of_ecoflows()
    store = open_store(cache_root, workflow, writes=False)
    steps = make_plan(bound, store)
    if form == "json":
        echo_json(
            {
                "workflow": workflow.name,
                "cache_root": store.root,
                "nodes": [step.as_json() for step in steps],
            }
        )
        return
    rows = [(step.id, step.action.value.replace("_", " "), step.why) for step in steps]
    print_table(("Task instance", "Action", "Why"), rows)
