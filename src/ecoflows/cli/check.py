"""``ecoflows check``: every problem of a spec and its params file, at once, and the verdict on every edge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from ecoflows.errors import Problem
    from ecoflows.workflow.model import Workflow
    from ecoflows.workflow.typecheck import EdgeVerdict


@click.command()
@spec_argument
@params_option
@set_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="github: annotations of a pull request; sarif: for code scanning.",
)
@click.option("-v", "--verbose", is_flag=True, help="Also list the edges that only a run can decide.")
@click.option("--explain", metavar="ID.ARG", help="Tell the whole story of what one argument takes.")
def check(
    spec: str | None,
    spec_option: str | None,
    params: str | None,
    overrides: tuple[str, ...],
    form: str,
    verbose: bool,
    explain: str | None,
) -> int:
    """Check a spec, and a params file with it.

    Nothing is run. All problems are shown at once, each with its place. Every edge of the workflow
    is proved, refuted (an error) or unknown, which is then checked in the run.
    """
    from ecoflows.errors import errors_only

    if explain is not None and form != "text":
        raise click.UsageError("--explain tells its story as text; leave --format out")
    name = chosen_spec(spec, spec_option)
    problems, workflow, verdicts = _findings(name, params, overrides)
    errors = errors_only(problems)
    if explain is not None and workflow is not None:
        from ecoflows.cli.explanation import explain_argument

        explain_argument(workflow, verdicts, explain)
        return Exit.PROBLEMS if errors else Exit.DONE
    if form == "json":
        edges = [verdict.as_json() for verdict in verdicts]
        echo_json({"problems": [problem.as_json() for problem in problems], "edges": edges})
    elif form == "sarif":
        from ecoflows.cli.findings import sarif

        echo_json(sarif(problems))
    elif form == "github":
        from ecoflows.cli.findings import echo_github

        echo_github(problems)
    else:
        _show(name, problems, workflow, verdicts, verbose=verbose)
    return Exit.PROBLEMS if errors else Exit.DONE


def _findings(
    name: str, params: str | None, overrides: tuple[str, ...]
) -> tuple[list[Problem], Workflow | None, list[EdgeVerdict]]:
    """All problems, the workflow if there is one, and the verdicts on its edges."""
    from ecoflows import registry
    from ecoflows import spec as specs
    from ecoflows.cli.common import load_params
    from ecoflows.errors import ProblemError, in_order
    from ecoflows.workflow.params import bind
    from ecoflows.workflow.resolve import resolve
    from ecoflows.workflow.typecheck import check_edges, refutations

    problems: list[Problem] = []
    verdicts: list[EdgeVerdict] = []
    workflow = source = None
    try:
        workflow, warnings = resolve(specs.load(name), registry.installed())
        problems += warnings
    except ProblemError as error:
        problems += error.problems
    bound = workflow
    try:
        source = load_params(params)
        if workflow is not None and (source is not None or overrides):
            bound = bind(workflow, source, overrides)
    except ProblemError as error:
        problems += error.problems
    if bound is not None:
        verdicts = check_edges(bound)
        problems += refutations(bound, verdicts)
    return in_order(problems), bound, verdicts


def _show(
    name: str,
    problems: Sequence[Problem],
    workflow: Workflow | None,
    verdicts: Sequence[EdgeVerdict],
    *,
    verbose: bool,
) -> None:
    from ecoflows.errors import errors_only

    show_problems(problems, to_stdout=True)
    unknown = [found for found in verdicts if found.verdict == "unknown"]
    if verbose and workflow is not None:
        for found in unknown:
            place = workflow.source.place(found.path)
            click.echo(f"{place}: unknown: '{found.source}' -> {found.target}.{found.argument}")
            click.echo(f"  {found.reason}")
    errors = errors_only(problems)
    if errors or workflow is None:
        click.echo(f"{len(errors)} problem{'s' if len(errors) != 1 else ''}")
        return
    text = f"{name}: {len(workflow.nodes)} task instances, no problems"
    if verdicts:
        proved = sum(found.verdict == "proved" for found in verdicts)
        text += f"; {proved} of {len(verdicts)} edges proved"
        if unknown:
            text += f", {len(unknown)} checked in the run" + ("" if verbose else " (--verbose lists them)")
    click.echo(text)
