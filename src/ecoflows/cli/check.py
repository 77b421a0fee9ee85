"""``ecoflows check``: every problem of a spec and its params file, at once."""

from __future__ import annotations

import click

from ecoflows.cli.common import (
    Exit,
    chosen_spec,
    echo_json,
    params_option,
    set_option,
    show_problems,
    spec_argument,
)


@click.command()
@spec_argument
@params_option
@set_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def check(
    spec: str | None, spec_option: str | None, params: str | None, overrides: tuple[str, ...], form: str
) -> int:
    """Check a spec, and a params file with it.

    Nothing is run. All problems are shown at once, each with its place.
    """
    from ecoflows import registry
    from ecoflows import spec as specs
    from ecoflows.cli.common import load_params
    from ecoflows.errors import Problem, ProblemError, errors_only, in_order
    from ecoflows.workflow.params import bind
    from ecoflows.workflow.resolve import resolve

    name = chosen_spec(spec, spec_option)
    problems: list[Problem] = []
    workflow = source = None
    try:
        workflow, warnings = resolve(specs.load(name), registry.installed())
        problems += warnings
    except ProblemError as error:
        problems += error.problems
    try:
        source = load_params(params)
        if workflow is not None and (source is not None or overrides):
            bind(workflow, source, overrides)
    except ProblemError as error:
        problems += error.problems
    problems = in_order(problems)
    errors = errors_only(problems)
    if form == "json":
        echo_json({"problems": [problem.as_json() for problem in problems]})
    else:
        show_problems(problems, to_stdout=True)
        count = len(workflow.nodes) if workflow else 0
        found = f"{len(errors)} problem{'s' if len(errors) != 1 else ''}"
        click.echo(found if errors else f"{name}: {count} task instances, no problems")
    return Exit.PROBLEMS if errors else Exit.DONE
