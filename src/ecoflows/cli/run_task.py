"""``ecoflows run-task``: run one task instance, as a pod of its own does."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecoflows.cli.common import Exit, show_warnings_of_ecoflows, stdout_kept_clean

if TYPE_CHECKING:
    from ecoflows.errors import ProblemError
    from ecoflows.invocation import Answer, Elements, Invocation
    from ecoflows.store import Store

_CALL = "ECOFLOWS_CALL"
_ARGUMENTS = "ECOFLOWS_ARGUMENTS"
_CACHE_ROOT = "ECOFLOWS_CACHE_ROOT"
_WORST_FIRST = (Exit.TASK_FAILED, Exit.RETRYABLE)


@click.command(
    "run-task",
    epilog=(
        "Exit codes: 0 done, 1 bad input, 2 wrong usage, 3 the task failed, 75 it failed in a way that may "
        "go away by itself (network, disk, time limit), 99 skipped."
    ),
)
@click.argument("task", metavar="MODULE:TASK")
@click.option(
    "--call", "call_file", metavar="FILE", help=f"The whole call as JSON, a file or a URL; else in {_CALL}."
)
@click.option(
    "--arguments", "arguments_file", metavar="FILE", help=f"Its arguments as JSON; else in {_ARGUMENTS}."
)
@click.option(
    "--input", "inputs", multiple=True, metavar="ARG=URI", help="Give ARG an artifact; may be repeated."
)
@click.option("--cache-root", metavar="URL", help=f"Where results live; else the call's, or {_CACHE_ROOT}.")
@click.option("--elements", metavar="A-B", help="Run these elements of the map that the call has.")
@click.option("--collect", is_flag=True, help="Put together what the elements of the map gave in the run.")
@click.option("--answer", "answer_file", metavar="FILE", help="Also write the answer to FILE.")
def run_task(
    task: str,
    call_file: str | None,
    arguments_file: str | None,
    inputs: tuple[str, ...],
    cache_root: str | None,
    elements: str | None,
    collect: bool,
    answer_file: str | None,
) -> int:
    """Run one TASK with JSON arguments and stored inputs, and print one line of JSON.

    This is what a pod runs: it needs the task's package and the cache root, and neither the spec
    nor a server. An argument {"$artifact": URI} is a stored value. A JSON list of calls is made one
    after the other, with a line for each.
    """
    from ecoflows.errors import EcoflowsError, ProblemError
    from ecoflows.invocation import is_retryable, perform
    from ecoflows.spec.expressions import filled_from_environment
    from ecoflows.store import Store

    if elements and collect:
        raise click.UsageError("--elements and --collect are two things: run some, or put all together")
    wanted = _elements(elements)
    _heed_termination()
    show_warnings_of_ecoflows()
    codes: set[int] = set()
    try:
        calls = _invocations(call_file, arguments_file, inputs, cache_root)
        if len(calls) > 1 and (elements or collect):
            raise click.UsageError("--elements and --collect are about one call, and here are several")
        for where, invocation in calls:
            store = Store(filled_from_environment(invocation.cache_root))
            with stdout_kept_clean():
                answer = perform(task, invocation, store, where=where, elements=wanted, whole=collect)
            codes.add(_tell(answer, store, answer_file))
    except ProblemError:
        raise
    except EcoflowsError as error:
        if not is_retryable(error):
            raise
        click.echo(f"error: {error}", err=True)
        return Exit.RETRYABLE
    finally:
        _end_stdout()
    return next(code for code in (*_WORST_FIRST, Exit.DONE, Exit.SKIPPED) if code in codes)


def _end_stdout() -> None:
    """Send what the task's code still prints, as the interpreter ends, to stderr: the answer stays last."""
    sys.stdout.flush()
    with contextlib.suppress(OSError, ValueError):  # not a real file, as in tests
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


def _heed_termination() -> None:
    """End on SIGTERM, which the first process of a container would not hear else.

    At once: what is under way would take the end for the failure of a task. Nothing is left half-written.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda number, _frame: os._exit(128 + number))


def _elements(text: str | None) -> Elements | None:
    from ecoflows.invocation import Elements

    try:
        return Elements.parse(text) if text else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--elements") from error


def _invocations(
    call_file: str | None, arguments_file: str | None, inputs: tuple[str, ...], cache_root: str | None
) -> list[tuple[str, Invocation]]:
    """The calls from wherever their parts are, each with what messages call that place."""
    where, found = _json(call_file, _CALL)
    given_where, more = _json(arguments_file, _ARGUMENTS)
    if isinstance(more, list):
        raise _not_an_object(given_where)
    for text in inputs:
        name, equals, uri = text.partition("=")
        if not (name and equals and uri):
            raise click.BadParameter(f"'{text}' is not of the form ARG=URI", param_hint="--input")
        more = {**more, name: {"$artifact": uri}}
    place = where or given_where or "the command line"
    if not isinstance(found, list):
        return [(place, _invocation(found, more, place, cache_root))]
    if more:
        raise click.UsageError("several calls have their own arguments: leave out --arguments and --input")
    if not found or not all(isinstance(call, dict) for call in found):
        raise _not_an_object(place)
    places = [f"{place}[{index}]" for index in range(len(found))]
    return [(at, _invocation(call, {}, at, cache_root)) for at, call in zip(places, found, strict=True)]


def _invocation(call: dict[str, Any], more: dict[str, Any], place: str, cache_root: str | None) -> Invocation:
    from pydantic import ValidationError

    from ecoflows.errors import Problem, ProblemError
    from ecoflows.invocation import Invocation

    given = call.get("arguments", {})
    if more and isinstance(given, dict):  # of any other one the model tells what is wrong
        call["arguments"] = {**given, **more}
    root = cache_root or call.get("cache_root") or os.environ.get(_CACHE_ROOT)
    if not root:
        raise click.UsageError(f"name a cache root: --cache-root, or {_CACHE_ROOT}")
    call["cache_root"] = root
    try:
        return Invocation.model_validate(call)
    except ValidationError as error:
        problems = [
            Problem("bad-call", f"{'.'.join(map(str, found['loc']))}: {found['msg']}", place)
            for found in error.errors(include_url=False, include_input=False)
        ]
        raise ProblemError(problems) from error


def _json(file: str | None, variable: str) -> tuple[str | None, dict[str, Any] | list[Any]]:
    """A JSON object, or a list, from a file or from the environment; empty where there is neither."""
    from ecoflows.errors import EcoflowsError, Problem, ProblemError

    where = file or variable
    try:
        text = os.environ.get(variable) if file is None else _content(file)
    except (OSError, UnicodeDecodeError) as error:
        raise EcoflowsError(f"{file} cannot be read: {getattr(error, 'strerror', error)}") from error
    if not text:
        return None, {}
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ProblemError([Problem("not-json", "this JSON is nested too deeply", where)]) from error
    except json.JSONDecodeError as error:
        # The text may hold what no log should: it is not shown.
        problem = Problem("not-json", f"this is not JSON: {error.msg}", where, error.lineno, error.colno)
        raise ProblemError([problem]) from error
    except ValueError as error:
        message = "this JSON has a whole number of more digits than are read"
        raise ProblemError([Problem("not-json", message, where)]) from error
    if not isinstance(found, dict | list):
        raise _not_an_object(where)
    return where, found


def _not_an_object(where: str | None) -> ProblemError:
    from ecoflows.errors import Problem, ProblemError

    return ProblemError([Problem("not-json", "a JSON object is expected", where)])


def _content(file: str) -> str:
    """The text of a file, of standard input, or of what lies at a URL."""
    from ecoflows.errors import EcoflowsError
    from ecoflows.store.files import open_files

    if file == "-":
        return sys.stdin.read()
    if "://" not in file:
        return Path(file).read_text(encoding="utf-8")
    folder, _, name = file.rpartition("/")
    data = open_files(folder).read(name)
    if data is None:
        raise EcoflowsError(f"{file} cannot be read: there is no such file")
    return data.decode()


def _tell(answer: Answer, store: Store, file: str | None) -> int:
    """Print the answer as the last line, write it where that was asked for, and give the exit code."""
    from ecoflows.errors import EcoflowsError
    from ecoflows.workflow.outcome import State

    line = json.dumps(answer.as_json(store), ensure_ascii=True)
    if file is not None:
        try:
            Path(file).write_text(f"{line}\n", encoding="ascii")
        except OSError as error:
            raise EcoflowsError(f"{file} cannot be written: {error.strerror}") from error
    if answer.error and answer.state is State.FAILED:
        click.secho(f"failed: {answer.error}", err=True, fg="red")
    click.echo(line)
    match answer.state:
        case State.FAILED | State.NOT_RUN:
            return Exit.RETRYABLE if answer.retryable else Exit.TASK_FAILED
        case State.SKIPPED:
            return Exit.SKIPPED
    return Exit.DONE
