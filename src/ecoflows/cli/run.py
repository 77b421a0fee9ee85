"""``ecoflows run``: run a spec, as a Prefect flow or sequentially."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from ecoflows.cli.common import (
    Exit,
    cache_root_option,
    echo_json,
    load_params,
    load_workflow,
    mock_io_option,
    mock_tasks_option,
    mocked,
    open_store,
    params_option,
    set_option,
    show_warnings_of_ecoflows,
    spec_and_ids,
    spec_arguments,
    stdout_kept_clean,
)

if TYPE_CHECKING:
    from ecoflows.store import Artifact
    from ecoflows.workflow.execution import Run
    from ecoflows.workflow.model import Workflow
    from ecoflows.workflow.outcome import Outcome
    from ecoflows.workflow.report import Report


@click.command()
@spec_arguments
@params_option
@set_option
@cache_root_option
@mock_io_option
@mock_tasks_option
@click.option(
    "--engine",
    type=click.Choice(["prefect", "sequential"]),
    default="prefect",
    show_default=True,
    help="How: as a Prefect flow, or one task after the other without Prefect.",
)
@click.option(
    "--from", "start", multiple=True, metavar="ID", help="Run ID and what depends on it; may be repeated."
)
@click.option(
    "--to", "end", multiple=True, metavar="ID", help="Run ID and what it depends on; may be repeated."
)
@click.option("--only", multiple=True, metavar="ID", help="Run ID alone; may be repeated.")
@click.option("--force", multiple=True, metavar="ID", help="Run ID even if it is cached; may be repeated.")
@click.option(
    "--offline",
    is_flag=True,
    help="Read nothing from outside: tasks that do give their last stored result, and its age is told.",
)
@click.option(
    "--outputs", metavar="FOLDER", help="Also write the last results to FOLDER, under the tasks' names."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object at the end, nothing else on stdout."
)
@click.option("-v", "--verbose", is_flag=True, help="Show Prefect's log and the traceback of a failing task.")
def run(
    names: tuple[str, ...],
    spec_option: str | None,
    params: str | None,
    overrides: tuple[str, ...],
    cache_root: str | None,
    mock_io: bool,
    mock_tasks: tuple[str, ...],
    engine: str,
    start: tuple[str, ...],
    end: tuple[str, ...],
    only: tuple[str, ...],
    force: tuple[str, ...],
    offline: bool,
    outputs: str | None,
    as_json: bool,
    verbose: bool,
) -> int:
    """Run a spec.

    What was computed before and did not change is not computed again. Where PREFECT_API_URL is
    not set, a local Prefect server is started once and stays: its address is where the UI is.
    """
    from ecoflows.cli.failure import explain, resume_command
    from ecoflows.cli.progress import following
    from ecoflows.errors import ProblemError
    from ecoflows.workflow.execution import Run, select
    from ecoflows.workflow.export import export, make_folder
    from ecoflows.workflow.offline import ages, require_stored
    from ecoflows.workflow.params import bind
    from ecoflows.workflow.typecheck import require_no_refuted

    name, mock_tasks = spec_and_ids(names, spec_option, mock_tasks)
    try:
        workflow = mocked(load_workflow(name), mock_io, mock_tasks)
        bound = bind(workflow, load_params(params), overrides)
        require_no_refuted(bound)
    except ProblemError as error:
        if as_json:
            found = [problem.as_json() for problem in error.problems]
            echo_json({"state": "invalid", "problems": found})
        raise
    selection = select(bound, start=start, end=end, only=only, force=force, offline=offline)
    show_warnings_of_ecoflows()
    store = open_store(cache_root, workflow)
    if offline:
        require_stored(Run(bound, store, selection))
    folder = make_folder(outputs) if outputs else None
    with (
        stdout_kept_clean() if as_json else contextlib.nullcontext(),
        following(bound, quiet=as_json) as listener,
    ):
        job = Run(bound, store, selection, listener)
        report = _sequential(job) if engine == "sequential" else _prefect(job, workflow, verbose=verbose)
    exported = export(job, report, folder) if folder else {}
    if as_json:
        times = {name: made.isoformat() for name, made in ages(job, report).items()}
        echo_json({**report.as_json(job), **({"offline": times} if offline else {})})
    else:
        _show(job, report, exported)
    if report.failed:
        given = {"--params": params, "--cache-root": cache_root, "--outputs": outputs}
        kept = [f"--mock-tasks={found}" for found in mock_tasks]
        kept += [option for option, on in (("--mock-io", mock_io), ("--offline", offline)) if on]
        resume = resume_command(name, report, given, overrides, engine=engine, end=end, only=only, kept=kept)
        explain(job, report, resume, verbose=verbose)
        return Exit.TASK_FAILED
    return Exit.DONE


def _sequential(job: Run) -> Report:
    from ecoflows.sequential import run_sequential

    return run_sequential(job)


def _prefect(job: Run, workflow: Workflow, *, verbose: bool) -> Report:
    from ecoflows.flows.environment import prepare

    prepare(verbose=verbose)
    from ecoflows.flows.engine import connected, run_prefect

    parameters = _given(job.workflow, workflow)
    with connected(lambda text: click.echo(text, err=True)) as server:
        click.echo(f"Prefect UI: {server.ui_url}", err=True)
        return run_prefect(job, workflow, parameters, server)


def _given(bound: Workflow, workflow: Workflow) -> Mapping[str, Mapping[str, Any]]:
    """What the parameters add to what the spec itself gives."""
    return {
        name: {
            key: value for key, value in node.arguments.items() if key not in workflow.nodes[name].arguments
        }
        for name, node in bound.nodes.items()
    }


def _kind(outcome: Outcome, artifact: Artifact | None) -> str:
    """What a result is; of a mapped instance how many elements it has is told with its rows."""
    if artifact is None:
        return ""
    mock = ", mock" if artifact.mock else ""
    if outcome.elements is None:
        return f"{artifact.type}{mock}"
    counts = Counter(element.state.value for element in outcome.elements)
    words = [f"{counts[state]} {state}" for state in ("skipped", "failed") if counts[state]]
    if counts["cached"] and counts["completed"]:
        words.insert(0, f"{counts['completed']} new")
    return ", ".join(["map", *words]) + mock


def _show(job: Run, report: Report, exported: Mapping[str, str]) -> None:
    from ecoflows.cli.gaps import tell_of_ages, tell_of_gaps, tell_of_mocks
    from ecoflows.cli.tables import bytes_text, print_table, seconds_text

    ending = "failed" if report.failed else "completed"
    rows = []
    for outcome in report.outcomes.values():
        artifact = outcome.result.artifact if outcome.result else None
        rows.append(
            (
                outcome.id,
                outcome.state.value.replace("_", " "),
                seconds_text(outcome.seconds) if outcome.seconds else "",
                "" if artifact is None or artifact.rows is None else f"{artifact.rows:,}",
                _kind(outcome, artifact),
                bytes_text(artifact.bytes) if artifact else "",
            )
        )
    print_table(
        ("Task instance", "State", "Time", "Rows", "Result", "Size"),
        rows,
        right=("Time", "Rows", "Size"),
        title=f"{job.workflow.name}: {ending} in {seconds_text(report.seconds)}",
    )
    for name in job.workflow.outputs:
        result = report.outcomes[name].result
        if result is not None:
            click.echo(f"{name}: {exported.get(name) or job.store.uri(result.artifact)}")
    tell_of_ages(job, report)
    tell_of_gaps(report)
    tell_of_mocks(job.workflow, report)
    if report.url:
        click.echo(f"flow run {report.name}: {report.url}")
