"""What commands share: the spec argument, loading, problems, exit codes."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ecoflows.exits import Exit as Exit

if TYPE_CHECKING:
    from ecoflows.errors import Problem
    from ecoflows.source import Source
    from ecoflows.store import Store
    from ecoflows.workflow.model import Workflow

F = TypeVar("F", bound=Callable[..., Any])


def spec_argument(command: F) -> F:
    """Take the spec as the first argument or as ``--spec``."""
    command = click.option("--spec", "spec_option", metavar="SPEC", help="The spec file, instead of SPEC.")(
        command
    )
    return click.argument("spec", required=False)(command)


def spec_arguments(command: F) -> F:
    """Take the spec as the first argument or as ``--spec``, and ids after ``--mock-tasks``."""
    command = click.option("--spec", "spec_option", metavar="SPEC", help="The spec file, instead of SPEC.")(
        command
    )
    return click.argument("names", nargs=-1, metavar="[SPEC]")(command)


def spec_and_ids(
    names: tuple[str, ...], spec_option: str | None, mock_tasks: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """The one spec that was named, and all ids of mocks: ``--mock-tasks a b`` names two.

    Raises:
        click.UsageError: If no spec was named, or two were.
    """
    spec = None if spec_option and mock_tasks else next(iter(names), None)
    more = names if spec is None else names[1:]
    if more and not mock_tasks:
        raise click.UsageError(f"one spec is expected; '{more[0]}' is one more")
    return chosen_spec(spec, spec_option), (*mock_tasks, *more)


def chosen_spec(spec: str | None, spec_option: str | None) -> str:
    """The one spec that was named.

    Raises:
        click.UsageError: If none was, or two were.
    """
    if spec and spec_option and spec != spec_option:
        raise click.UsageError(f"two specs are named: '{spec}' and '{spec_option}'")
    found = spec or spec_option
    if not found:
        raise click.UsageError("name a spec: SPEC or --spec SPEC")
    return found


params_option = click.option("--params", metavar="FILE", help="The params file: what the spec leaves open.")
set_option = click.option(
    "--set", "overrides", multiple=True, metavar="ID.ARG=VALUE", help="Set one parameter; wins over --params."
)
mock_io_option = click.option(
    "--mock-io",
    is_flag=True,
    help="Let packaged examples stand in for what tasks tagged 'io' would read.",
)
mock_tasks_option = click.option(
    "--mock-tasks",
    "mock_tasks",
    multiple=True,
    metavar="ID",
    help="Let the packaged example stand in for what ID would return; may be repeated.",
)
cache_root_option = click.option(
    "--cache-root", metavar="URL", help="Where results live; wins over the spec."
)


def load_workflow(spec: str) -> Workflow:
    """Load and resolve a spec, showing its warnings.

    Raises:
        ProblemError: If it has problems.
    """
    from ecoflows import registry
    from ecoflows import spec as specs
    from ecoflows.workflow.resolve import resolve

    workflow, warnings = resolve(specs.load(spec), registry.installed())
    show_problems(warnings)
    return workflow


def mocked(workflow: Workflow, mock_io: bool, mock_tasks: tuple[str, ...]) -> Workflow:
    """The workflow with the mocks that were asked for, told loudly."""
    if not (mock_io or mock_tasks):
        return workflow
    from ecoflows.workflow.mocks import mocked_ids, with_mocks

    found = with_mocks(workflow, io=mock_io, ids=mock_tasks)
    for name in mocked_ids(found):
        text = f"MOCK: '{name}' gives the example packaged with its task, which is no real data"
        click.secho(text, err=True, fg="yellow", bold=True)
    return found


def load_params(params: str | None) -> Source | None:
    """Read the params file, if one was named."""
    from ecoflows import source

    return source.load(params) if params else None


def open_store(cache_root: str | None, workflow: Workflow | None = None, *, writes: bool = True) -> Store:
    """The store at the cache root that was named, that the spec names, or the usual one."""
    from ecoflows.settings import DEFAULT_CACHE_ROOT
    from ecoflows.store import Store

    if cache_root == "":
        raise click.UsageError("--cache-root is empty; is the variable set that it came from?")
    root = cache_root or (workflow.cache_root if workflow else None) or DEFAULT_CACHE_ROOT
    return Store(root, writes=writes)


def show_problems(problems: Iterable[Problem], *, to_stdout: bool = False) -> None:
    """Print problems, each with its place."""
    for problem in problems:
        click.echo(problem.render(), err=not to_stdout)


def echo_json(data: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=False, default=str))


@contextlib.contextmanager
def stdout_kept_clean() -> Iterator[None]:
    """Send what tasks print to stderr, also what their child processes print.

    It must not get between a reader of the JSON and the JSON.
    """
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def show_warnings_of_ecoflows() -> None:
    """Let ecoflows' own warnings, such as a damaged result, reach the terminal."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    log = logging.getLogger("ecoflows")
    log.setLevel(logging.WARNING)
    log.handlers = [handler]
    log.propagate = False
