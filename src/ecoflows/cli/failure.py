"""What a failed run ends with: the error, where its arguments came from, how to go on."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ecoflows.workflow.execution import Run
    from ecoflows.workflow.report import Report


def explain(job: Run, report: Report, resume: str, *, verbose: bool) -> None:
    """Say what failed, with which arguments, and how to go on."""
    from ecoflows.workflow.outcome import count_text

    for outcome in report.failed:
        click.secho(f"\nfailed: {outcome.error}", err=True, fg="red")
        if verbose and outcome.exception is not None:
            click.echo("".join(traceback.format_exception(outcome.exception)), err=True)
        node = job.workflow.nodes[outcome.id]
        if node.map is not None and outcome.elements:
            click.echo(f"  {count_text(outcome.elements, what='elements')}", err=True)
        for argument, value in node.arguments.items():
            origin = node.origins.get(argument, "default")
            shown = job.workflow.spec.as_written(_argument_text(value))
            click.echo(f"  {argument} = {shown}  ({origin})", err=True)
    click.echo(f"\nto resume once it is mended: {resume}", err=True)
    if not verbose:
        click.echo("with --verbose the whole traceback is shown", err=True)


def _argument_text(value: Any, limit: int = 80) -> str:
    from ecoflows.spec import Reference

    def plain(part: Any) -> Any:
        if isinstance(part, Reference):
            return _Said(f"what '{part.instance}' returned")
        if isinstance(part, dict):
            return {key: plain(item) for key, item in part.items()}
        return [plain(item) for item in part] if isinstance(part, list) else part

    text = repr(plain(value))
    return text if len(text) <= limit else text[: limit - 3] + "..."


class _Said(str):
    """A text that shows without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def resume_command(
    spec: str,
    report: Report,
    given: Mapping[str, str | None],
    overrides: Sequence[str],
    *,
    engine: str,
    end: Sequence[str],
    only: Sequence[str],
    kept: Sequence[str] = (),
) -> str:
    """The command that goes on where a run stopped.

    Args:
        spec: The spec as it was named.
        report: What became of the run.
        given: Options with the values that they had, if any.
        overrides: The ``--set`` texts.
        engine: The engine.
        end: What ``--to`` named.
        only: What ``--only`` named.
        kept: The options without a value that say what tasks read: mocks, --offline.
    """
    import shlex

    words = ["ecoflows", "run", spec, *kept]
    for option, value in given.items():
        words += [option, value] if value else []
    pairs = [("--set", overrides), ("--to", end), ("--only", only)]
    pairs.append(("--from", [outcome.id for outcome in report.failed]))
    for option, values in pairs:
        for value in values:
            words += [option, value]
    return shlex.join([*words, *(["--engine", engine] if engine != "prefect" else [])])
