"""``ecoflows example``: make an example of what a task returns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecoflows.cli.common import Exit
from ecoflows.cli.writing import put_file, refuse_existing

if TYPE_CHECKING:
    from ecoflows.decorators import Task
    from ecoflows.errors import ExampleError, Problem


@click.command()
@click.argument("task")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="ARG=VALUE",
    help="Give an argument, or as TASK.ARG=VALUE one of another task that is run; may be repeated.",
)
@click.option("--outpath", metavar="FILE", help="Write to this file or folder instead of the current folder.")
@click.option(
    "--rows",
    type=click.IntRange(1, 100_000),
    default=120,
    show_default=True,
    help="How many rows a table has that is simulated or made up.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=7, show_default=True, help="The same seed, the same example."
)
@click.option("--force", is_flag=True, help="Overwrite the file if it exists.")
def example(
    task: str, settings: tuple[str, ...], outpath: str | None, rows: int, seed: int, force: bool
) -> int:
    """Make an example of what TASK returns, to be packaged beside it.

    What a task tagged io returns is simulated, or made up from its schema. Any other task is run on
    such tables: simulated ones, packaged examples, or what other tasks make of them. Name the task
    that gives a table with --set ARG=TASK.
    """
    from ecoflows import registry
    from ecoflows.errors import ExampleError, Problem, ProblemError
    from ecoflows.examples import example_folder
    from ecoflows.registry import UnknownTaskError
    from ecoflows.simulate.making import make_example

    installed = registry.installed()
    try:
        found = installed.find(task)
    except UnknownTaskError as error:
        raise ProblemError([Problem("unknown-task", str(error), hint=error.hint)]) from error
    target = Path(outpath or ".")
    into_folder = target.is_dir() or not target.suffix
    if not into_folder:
        refuse_existing(str(target), force=force)  # what takes long is not to be for nothing
    try:
        made = make_example(found, installed, settings, rows=rows, seed=seed)
    except ExampleError as error:
        raise ProblemError([_located(found, error)]) from error
    file = target / made.example.name if into_folder else target
    if file.suffix != Path(made.example.name).suffix:
        suffix = Path(made.example.name).suffix
        text = f"--outpath {file}: the example is a {suffix} file; write {file.with_suffix(suffix)}"
        raise click.UsageError(text)
    put_file(made.example.data, str(file), force=force)
    click.echo(f"made of: {made.origin}")
    folder = example_folder(found)
    if folder is not None and file.resolve() != (folder / made.example.name).resolve():
        click.echo(f"it belongs beside the task: {folder / made.example.name}")
    return Exit.DONE


def _located(task: Task[..., Any], error: ExampleError) -> Problem:
    """The problem at the place of the task's function."""
    from ecoflows.errors import Problem

    file, _, line = task.location.rpartition(":")
    number = int(line) if line.isdigit() else None
    return Problem("task-example", error.message, file or None, number, hint=error.hint)
