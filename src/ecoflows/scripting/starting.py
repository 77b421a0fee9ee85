"""From the command line of a script to its run, and back to an exit code."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from ecoflows import source
from ecoflows.errors import EcoflowsError, NodeError, ProblemError, UsageError
from ecoflows.exits import Exit
from ecoflows.scripting.parameters import DEFAULT, REQUIRED, Parameters, checked
from ecoflows.scripting.places import place_of
from ecoflows.scripting.returned import Returned
from ecoflows.scripting.run import Run, printable
from ecoflows.settings import DEFAULT_CACHE_ROOT
from ecoflows.workflow.export import export_outcomes, make_folder
from ecoflows.workflow.params import type_text

_INTERRUPTED = 130
"""How shells know a process that Ctrl-C ended."""

_SHOWN = 5

Main = Callable[[Run, dict[str, dict[str, Any]]], Mapping[str, Returned] | None]


def start(
    main: Main,
    name: str,
    parameters: Mapping[str, Parameters],
    *,
    cache_root: str = DEFAULT_CACHE_ROOT,
    argv: Sequence[str] | None = None,
) -> NoReturn:
    """Run a script's steps as its command line says, and end the process.

    The exit code is 0, 1 for problems of what is given, 2 for wrong usage, 3 for a step that failed.

    Args:
        main: Runs the steps with the arguments that the parameters give; returns what the user
            wants to see.
        name: The workflow's name.
        parameters: What may be given, by step.
        cache_root: Where results live, where the command line does not say.
        argv: The command line, without the script's name.
    """
    names = main.__globals__ if hasattr(main, "__globals__") else {}
    options = _parser(names.get("__doc__"), parameters, cache_root).parse_args(argv)
    sys.exit(_ended(lambda: _run(main, name, parameters, names, options), verbose=options.verbose))


def _run(
    main: Main,
    name: str,
    parameters: Mapping[str, Parameters],
    names: Mapping[str, Any],
    options: argparse.Namespace,
) -> None:
    place = place_of(main.__code__.co_filename, names, parameters) if hasattr(main, "__code__") else None
    file = source.load(options.config) if options.config else None
    values = checked(parameters, file, options.overrides, place)
    if not options.cache_root:
        raise UsageError("--cache-root is empty; is the variable set that it came from?")
    folder = make_folder(options.outputs) if options.outputs else None
    run = Run(name, cache_root=options.cache_root, names=names, quiet=options.quiet, once=True)
    found = main(run, values) or {}
    copies = {}
    if folder is not None:
        outcomes = {label: one.outcome for label, one in found.items()}
        copies = export_outcomes(outcomes, run.store, folder)
    for label, one in found.items():
        for line in _ending(label, one, copies.get(label)):
            sys.stdout.write(f"{printable(line)}\n")
    for label in [label for label in values if label not in values.taken]:
        run.tell(f"warning: the parameters for '{label}' were used by no step")


def _ending(label: str, found: Returned, copy: str | None) -> Iterator[str]:
    """Where the value of a step is: its copy, else its file, of a map the files of its elements."""
    if found.skipped:
        yield f"{label}: skipped: {found.reason}"
    elif copy is not None or found.outcome.elements is None:
        yield f"{label}: {copy or found.uri}"
    else:
        elements = [(key, one) for key, one in found.elements.items() if one.outcome.artifact is not None]
        for key, one in elements[:_SHOWN]:
            yield f"{label}[{key}]: {one.uri}"
        if len(elements) > _SHOWN:
            yield f"{label}: {len(elements) - _SHOWN} more; --outputs FOLDER copies all"
        if not elements:
            yield f"{label}: {found.uri}"


def _ended(work: Callable[[], None], *, verbose: bool) -> int:
    """The exit code, with every error told that a user can mend."""
    try:
        work()
    except ProblemError as error:
        return _told(Exit.PROBLEMS, str(error))
    except UsageError as error:
        return _told(Exit.USAGE, f"Error: {error}")
    except NodeError as error:
        if verbose:
            return _told(Exit.TASK_FAILED, f"{''.join(traceback.format_exception(error))}\nfailed: {error}")
        return _told(Exit.TASK_FAILED, f"failed: {error} (--verbose shows the traceback)")
    except EcoflowsError as error:
        return _told(Exit.PROBLEMS, f"error: {error}")
    except KeyboardInterrupt:
        return _told(_INTERRUPTED, "interrupted")
    return Exit.DONE


def _told(code: int, text: str) -> int:
    sys.stdout.flush()
    sys.stderr.write(f"{printable(text.rstrip())}\n")
    return code


def _parser(
    description: str | None, parameters: Mapping[str, Parameters], cache_root: str
) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=_unformatted(description or ""),
        epilog=_unformatted(_listing(parameters)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--config", "--params", metavar="FILE", help="a params file, as of 'ecoflows run --params'"
    )
    parser.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="ID.ARG=VALUE",
        help="set one parameter; wins over --config; may be repeated",
    )
    parser.add_argument("--cache-root", default=cache_root, metavar="URL", help="where results live")
    parser.add_argument(
        "--outputs", metavar="FOLDER", help="copy the results that no other step takes to FOLDER"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="tell nothing of steps that went well")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="show the traceback of a step that fails"
    )
    return parser


def _unformatted(text: str) -> str:
    """A text in which argparse finds nothing to fill in."""
    return text.replace("%", "%%") if "%(prog)" in text else text


def _listing(parameters: Mapping[str, Parameters]) -> str:
    """Every parameter with its type and what holds now."""
    lines = []
    for name, section in parameters.items():
        for key, value in section.items():
            known = section.task.parameters.get(key)
            words = type_text(known) if known else ""
            shown = value if value in (REQUIRED, DEFAULT) else repr(value)
            text = f"{name}.{key}: {words}; {shown}" + (
                f". {known.description}" if known and known.description else ""
            )
            lines += textwrap.wrap(
                printable(text), width=_width(), initial_indent="  ", subsequent_indent="      "
            )
    exits = "exit codes: 0 done, 1 problems in what is given, 2 wrong usage, 3 a step failed"
    return "\n".join([*(["parameters:", *lines, ""] if lines else []), exits])


def _width() -> int:
    found = os.environ.get("COLUMNS", "")
    return max(40, int(found) - 2) if found.isdecimal() else 98
