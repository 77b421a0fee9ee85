"""What is wrong with a task's docstring (Google style)."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType
from typing import Any

from ecoflows.decorators import Task
from ecoflows.errors import Problem, TaskDefinitionError, did_you_mean
from ecoflows.testing.findings import finding

_SECTION = re.compile(r"(?P<name>[A-Z][a-z]+(?: [A-Za-z][a-z]+)?):")
_ENTRY = re.compile(r"\*{0,2}(?P<name>\w+)(?:\s*\(.*?\))?:(?:\s+(?P<text>.*))?")
_SENTENCE = re.compile(r"[^a-z\s].*[.!?]")


@dataclass(frozen=True)
class _Args:
    """An ``Args:`` section.

    Attributes:
        entries: Each name with what is said of it, in order.
        strays: Lines in the place of an entry that are none.
    """

    entries: tuple[tuple[str, str], ...]
    strays: tuple[str, ...]


def docstring_findings(task: Task[..., Any]) -> Iterator[Problem]:
    """What is wrong with the docstring of a task.

    Args:
        task: The task.
    """
    if not task.docstring:
        message = f"task '{task.name}' has no docstring"
        yield finding(task, "task-docstring", message, "write one, with a first line that is a sentence")
        return
    first = task.docstring.splitlines()[0].strip()
    if not _SENTENCE.fullmatch(first):
        message = f"the docstring of task '{task.name}' begins with '{first:.60}', which is no sentence"
        hint = "begin with a line that has a capital letter at its start and a full stop at its end"
        yield finding(task, "task-docstring", message, hint)
    sections = _sections(task.docstring)
    yield from _of_args(task, sections.get("Args"))
    if not _returns_nothing(task) and not "".join(sections.get("Returns", [])).strip():
        message = f"the docstring of task '{task.name}' does not say what it returns"
        yield finding(task, "task-docstring", message, "add 'Returns:' with the value below it, indented")


def _of_args(task: Task[..., Any], lines: list[str] | None) -> Iterator[Problem]:
    expected = list(inspect.signature(task.function).parameters)
    if lines is None:
        if expected:
            message = f"the docstring of task '{task.name}' has no 'Args:'"
            hint = f"add 'Args:' with a line for each of {', '.join(expected)}"
            yield finding(task, "task-docstring", message, hint)
        return
    args = _read_args(lines)
    where = f"'Args:' of task '{task.name}'"
    for line in args.strays:
        message = f"{where} has the line '{line:.60}', which begins no entry"
        yield finding(task, "task-docstring", message, "write 'name: what it is', and indent what follows")
    names = [name for name, _ in args.entries]
    for name in dict.fromkeys(names):
        if name not in expected:
            hint = did_you_mean(name, expected, what="its parameters") or "take it out"
            message = f"{where} has '{name}', which is no parameter"
            yield finding(task, "task-docstring", message, hint)
        elif names.count(name) > 1:
            yield finding(task, "task-docstring", f"{where} has '{name}' twice", "keep one of them")
    for name in expected:
        if name not in names:
            message = f"{where} lacks parameter '{name}'"
            yield finding(task, "task-docstring", message, f"add '{name}: what it is'")
    for name, text in dict(args.entries).items():
        if name in expected and not text:
            message = f"{where} says nothing of parameter '{name}'"
            yield finding(task, "task-docstring", message, f"write '{name}: what it is'")


def _returns_nothing(task: Task[..., Any]) -> bool:
    try:
        return task.returns in (None, NoneType)
    except TaskDefinitionError:  # told where the signature is checked
        return False


def _sections(docstring: str) -> dict[str, list[str]]:
    """The lines of each section, by its name; a section ends where a line is not indented."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in docstring.splitlines():
        if line[:1].strip():
            head = _SECTION.fullmatch(line.rstrip())
            lines = found.setdefault(head["name"], []) if head else []
        else:
            lines.append(line)
    return found


def _read_args(lines: list[str]) -> _Args:
    """The entries of an ``Args:`` section; what is indented further belongs to the entry above it."""
    written = [line for line in lines if line.strip()]
    indent = min((len(line) - len(line.lstrip()) for line in written), default=0)
    entries: list[tuple[str, str]] = []
    strays: list[str] = []
    for line in written:
        text = line[indent:].rstrip()
        entry = _ENTRY.fullmatch(text)
        if text[0].isspace():
            if entries:
                name, said = entries[-1]
                entries[-1] = (name, f"{said} {text.strip()}".strip())
        elif entry:
            entries.append((entry["name"], (entry["text"] or "").strip()))
        else:
            strays.append(text)
    return _Args(tuple(entries), tuple(strays))
