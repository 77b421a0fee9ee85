"""Every user error has a place and a way out: problems, and the errors that carry them."""

from __future__ import annotations

import difflib
import traceback
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Severity = Literal["error", "warning"]

_RELATED_SHOWN = 10


@dataclass(frozen=True)
class Related:
    """Another place that a problem has to do with, and how.

    Attributes:
        message: What is there, such as ``used here as 'mean_speed'``.
        file: The file as the user named it.
        line: The line, counted from 1.
        col: The column, counted from 1.
    """

    message: str
    file: str
    line: int
    col: int

    @property
    def place(self) -> str:
        """``file:line:col``."""
        return f"{self.file}:{self.line}:{self.col}"

    def as_json(self) -> dict[str, str | int]:
        """The place as the command line's JSON shows it."""
        return {"message": self.message, "file": self.file, "line": self.line, "col": self.col}


@dataclass(frozen=True)
class Problem:
    """One located finding about something a user wrote.

    Attributes:
        code: A short stable name for this kind of finding, such as ``unknown-task``.
        message: What is wrong, in one sentence.
        file: The file as the user named it, or ``None`` where there is none.
        line: The line, counted from 1.
        col: The column, counted from 1.
        severity: ``error`` stops the command, ``warning`` does not.
        hint: What was expected, or what to do.
        excerpt: The line of the file, shown with a caret under ``col``.
        related: Where what stands here is used, the innermost use first.
    """

    code: str
    message: str
    file: str | None = None
    line: int | None = None
    col: int | None = None
    severity: Severity = "error"
    hint: str | None = None
    excerpt: str | None = None
    related: tuple[Related, ...] = ()

    @property
    def place(self) -> str:
        """``file:line:col``, as far as known."""
        return ":".join(str(part) for part in (self.file, self.line, self.col) if part is not None)

    def as_json(self) -> dict[str, Any]:
        """The finding as the command line's JSON shows it."""
        return {
            "file": self.file,
            "line": self.line,
            "col": self.col,
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "related": [other.as_json() for other in self.related],
        }

    def render(self) -> str:
        """The finding as text: place and message, the line with a caret, the hint, related places."""
        head = f"{self.place}: " if self.place else ""
        lines = [f"{head}{self.severity}[{self.code}]: {_printable(self.message)}"]
        if self.excerpt is not None and self.col is not None:
            shown, caret = _window(self.excerpt, self.col)
            lines += [f"  | {shown}", f"  | {' ' * caret}^"]
        if self.hint:
            lines.append(f"  = {_printable(self.hint)}")
        lines += [f"  {_printable(other.message)}: {other.place}" for other in self.related[:_RELATED_SHOWN]]
        if len(self.related) > _RELATED_SHOWN:
            lines.append(f"  ... ({len(self.related)} places in all)")
        return "\n".join(lines)


def _window(excerpt: str, col: int, width: int = 72) -> tuple[str, int]:
    """Cut a long line to the part around ``col``; the caret's offset comes with it."""
    text, caret = excerpt.replace("\t", " "), col - 1
    start = 0 if caret < width else caret - width // 2
    shown = text[start : start + width]
    before = shown[: caret - start]
    # Chinese characters and emoji take two columns of a terminal.
    return shown, caret - start + sum(unicodedata.east_asian_width(char) in "WF" for char in before)


def _printable(text: str) -> str:
    """A text that cannot move a terminal's cursor, whatever a user's file has put into it."""
    return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)


class EcoflowsError(Exception):
    """The root of all errors that ecoflows raises on purpose."""

    def _render_traceback_(self) -> list[str]:
        """How a notebook shows it: what is wrong and the way out, without the frames of ecoflows."""
        return [f"{type(self).__name__}: {self}"]


class ProblemError(EcoflowsError):
    """Raised where a user's input has problems; it carries all of them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(problem.render() for problem in self.problems))


class ConnectionSettingsError(EcoflowsError):
    """Raised where a connection is not known or its settings are wrong; no value is repeated."""


class ConnectionFailedError(EcoflowsError):
    """Raised where a service cannot be reached or refuses; the message says why and what to do."""


class TaskDefinitionError(EcoflowsError):
    """Raised where a function cannot become a task; the message names its file and line."""


class FrameValidationError(EcoflowsError):
    """Raised where a table breaks its schema; the report is bounded, the cause is complete."""


class StoreError(EcoflowsError):
    """Raised where the cache root cannot be read or written."""


class SerializationError(StoreError):
    """Raised where a value cannot be stored without loss."""


class CorruptArtifactError(StoreError):
    """Raised where a stored artifact is missing, truncated or altered."""


class NodeError(EcoflowsError):
    """Raised where a task instance fails; the task's own error is the cause."""

    def _render_traceback_(self) -> list[str]:
        frames = traceback.extract_tb(self.__cause__.__traceback__) if self.__cause__ else []
        places = [f"  at {frame.filename}:{frame.lineno}: {frame.line}" for frame in frames[-1:]]
        return [*super()._render_traceback_(), *places]


class ExampleError(EcoflowsError):
    """Raised where an example of what a task returns is missing, wrong, or cannot be made.

    Attributes:
        message: What is wrong.
        hint: The way out.
    """

    def __init__(self, message: str, hint: str) -> None:
        self.message, self.hint = message, hint
        super().__init__(f"{message}; {hint}")


class TimeLimitError(NodeError):
    """Raised where an attempt took longer than its task instance allows."""


class UsageError(EcoflowsError):
    """Raised where options contradict each other or name something that does not exist."""


def did_you_mean(name: str, known: Iterable[str], *, what: str = "known") -> str | None:
    """A hint with the nearest valid name, or the list of names where none is near.

    Args:
        name: The name that was not found.
        known: The valid names.
        what: What the names are, for the list.

    Returns:
        A sentence fit for ``Problem.hint``, or ``None`` where nothing is known.
    """
    names = sorted(set(known))
    if match := nearest(name, names):
        return f"did you mean '{match}'?"
    if not names:
        return None
    shown = ", ".join(names[:8])
    return f"{what}: {shown}{f', ... ({len(names)} in all)' if len(names) > 8 else ''}"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The valid name closest to ``name``, or ``None`` where none is close."""
    folded = {candidate.casefold(): candidate for candidate in known}
    found = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by file, line and column, each once; one that was met through several uses names them all."""
    found: dict[Problem, dict[Related, None]] = {}
    for problem in problems:
        found.setdefault(replace(problem, related=()), {}).update(dict.fromkeys(problem.related))
    unique = [replace(problem, related=tuple(related)) for problem, related in found.items()]
    return sorted(unique, key=lambda p: (p.file or "", p.line or 0, p.col or 0, p.message))


def errors_only(problems: Sequence[Problem]) -> list[Problem]:
    """The problems that stop a command."""
    return [problem for problem in problems if problem.severity == "error"]


def as_warning(problem: Problem) -> Problem:
    """The same finding, as one that does not stop a command."""
    return replace(problem, severity="warning")
