"""``ecoflows verify``: run a spec in every way there is, and compare."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecoflows.cli.common import (
    Exit,
    echo_json,
    load_params,
    load_workflow,
    mock_io_option,
    mock_tasks_option,
    mocked,
    params_option,
    set_option,
    show_warnings_of_ecoflows,
    spec_and_ids,
    spec_arguments,
    stdout_kept_clean,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecoflows.verification import Comparison, NodeComparison

_DIGITS = 12


@click.command()
@spec_arguments
@params_option
@set_option
@mock_io_option
@mock_tasks_option
@click.option(
    "--targets",
    "chosen",
    multiple=True,
    metavar="NAME,...",
    help="Only these of sequential, prefect, script, notebook, airflow.",
)
@click.option("--keep", metavar="FOLDER", help="Keep programs, logs and results in FOLDER.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, nothing else on stdout.")
def verify(
    names: tuple[str, ...],
    spec_option: str | None,
    params: str | None,
    overrides: tuple[str, ...],
    mock_io: bool,
    mock_tasks: tuple[str, ...],
    chosen: tuple[str, ...],
    keep: str | None,
    as_json: bool,
) -> int:
    """Run a spec in every way there is here, on the same inputs, and compare the results.

    Each way has an empty cache root of its own. The digests of what each task instance gave must
    be the same; where they are not, the instance is named.
    """
    from ecoflows.verification import WAYS, Subject, compare
    from ecoflows.workflow.params import bind
    from ecoflows.workflow.typecheck import require_no_refuted

    # '--targets script notebook' names two, like '--targets script,notebook'.
    more = tuple(name for name in names if chosen and name in WAYS)
    ways = _ways((*chosen, *more), list(WAYS))
    names = tuple(name for name in names if name not in more)
    spec, ids = spec_and_ids(names, spec_option, mock_tasks)
    workflow = mocked(load_workflow(spec), mock_io, ids)
    bound = bind(workflow, load_params(params), overrides)
    require_no_refuted(bound)
    show_warnings_of_ecoflows()
    with contextlib.ExitStack() as stack:
        folder = Path(keep) if keep else Path(stack.enter_context(tempfile.TemporaryDirectory("-ecoflows")))
        subject = Subject(workflow, bound, _empty(folder) if keep else folder)
        found = {}
        with stdout_kept_clean():
            for name in ways:
                click.echo(f"{name}: started", err=True)
                found[name] = WAYS[name](subject)
                one = found[name]
                why = f" ({one.reason})" if one.reason else ""
                click.echo(f"{name}: {one.state}, {one.seconds:.2f} s{why}", err=True)
    comparison = compare(list(workflow.nodes), found)
    if as_json:
        echo_json(comparison.as_json())
    else:
        _show(workflow.name, comparison, keep)
    return _exit_code(comparison)


def _empty(folder: Path) -> Path:
    """The folder to keep things in, which must not hold results already: they would be reused."""
    from ecoflows.errors import EcoflowsError

    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_used = any(folder.iterdir())
    except OSError as error:
        raise EcoflowsError(f"{folder} is no folder to keep things in: {error.strerror}") from error
    if is_used:
        raise click.BadParameter(f"{folder} is not empty", param_hint="--keep")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise EcoflowsError(f"{folder} is no folder to keep things in: it cannot be written to")
    return folder.resolve()


def _ways(chosen: Sequence[str], known: Sequence[str]) -> list[str]:
    from ecoflows.errors import did_you_mean

    names = [name.strip() for text in chosen for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known, what="there are")
            raise click.BadParameter(f"there is no target '{name}' to run; {hint}", param_hint="--targets")
    return [name for name in known if name in names or not names]


def _exit_code(comparison: Comparison) -> int:
    if comparison.differing or 0 < len(comparison.failed) < len(comparison.ran):
        return Exit.PROBLEMS
    return Exit.TASK_FAILED if comparison.failed else Exit.DONE


def _show(name: str, comparison: Comparison, kept: str | None) -> None:
    from ecoflows.cli.tables import print_table

    ways = comparison.ran
    rows = [
        (node.id, _agreement(node), _digest(next(filter(None, node.digests.values()), None)))
        for node in comparison.nodes
    ]
    click.echo(f"{name}: {', '.join(ways)}")
    print_table(("Task instance", "Equal", "Digest"), rows)
    for node in comparison.nodes:
        if not node.equal:
            found = ", ".join(f"{way} {_digest(digest)}" for way, digest in node.digests.items())
            click.secho(f"{node.id} differs: {found}", err=True, fg="red")
    for way, one in comparison.found.items():
        if one.reason:
            click.echo(f"{way}: {one.state}: {one.reason}", err=True)
    if kept and comparison.failed:
        click.echo(f"logs and programs are in {kept}", err=True)
    if len(ways) < 2:
        click.echo("fewer than two targets ran: nothing was compared")
    elif not comparison.differing and not comparison.failed:
        click.echo(f"{len(ways)} targets agree on {len(comparison.nodes)} task instances")


def _agreement(node: NodeComparison) -> str:
    if not node.equal:
        return "NO"
    return "yes" if node.compared > 1 else "-"


def _digest(digest: str | None) -> str:
    return digest[:_DIGITS] if digest else "nothing"
