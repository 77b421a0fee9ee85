"""A document with positions: what problems point at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from ecoflows.errors import Problem, Related, Severity

DataPath = tuple[str | int, ...]
Side = Literal["key", "value"]

NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""The characters that YAML does not allow, and that no terminal should be sent."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file.

    Attributes:
        line: The line, counted from 1.
        col: The column, counted from 1.
        origin: The file, where it is not the one of the document that has the mark.
    """

    line: int
    col: int
    origin: Origin | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Origin:
    """Where something was written that stands in another document, and what brought it there.

    Attributes:
        document: The document in which it was written.
        related: The places that brought it, the innermost first.
    """

    document: Source
    related: tuple[Related, ...] = ()


@dataclass(frozen=True)
class Source:
    """A YAML document as plain data with positions.

    Attributes:
        name: The file as the user named it.
        text: The whole text.
        data: Mappings, lists and scalars.
        keys: Where the key of each entry stands, by the entry's path.
        values: Where each value starts, by its path; ``()`` is the document.
    """

    name: str
    text: str = ""
    data: Any = None
    keys: Mapping[DataPath, Mark] = field(default_factory=dict)
    values: Mapping[DataPath, Mark] = field(default_factory=dict)

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, as YAML counts them."""
        return self.text.splitlines()

    def mark(self, path: Sequence[str | int] = (), side: Side = "value") -> Mark:
        """Where a path stands; of a path that does not exist, where its nearest parent does."""
        here = tuple(path)
        while here:
            places = (self.keys, self.values) if side == "key" else (self.values, self.keys)
            for place in places:
                if here in place:
                    return place[here]
            here, side = here[:-1], "key"
        return self.values.get((), Mark(1, 1))

    def place(self, path: Sequence[str | int] = (), side: Side = "value") -> str:
        """``file:line:col`` of a path, in the file in which it was written."""
        return self.problem(path, "", "", side=side).place

    def related(self, path: Sequence[str | int], message: str, side: Side = "value") -> Related:
        """A path as a related place of a problem elsewhere."""
        mark = self.mark(path, side)
        document = mark.origin.document if mark.origin else self
        return Related(message, document.name, mark.line, mark.col)

    def problem(
        self,
        path: Sequence[str | int],
        code: str,
        message: str,
        *,
        hint: str | None = None,
        side: Side = "value",
        severity: Severity = "error",
    ) -> Problem:
        """A problem at a path of this document."""
        return self.problem_at(self.mark(path, side), code, message, hint=hint, severity=severity)

    def problem_at(
        self, mark: Mark, code: str, message: str, *, hint: str | None = None, severity: Severity = "error"
    ) -> Problem:
        """A problem at a place of this document, told of the file in which it was written."""
        document, related = (mark.origin.document, mark.origin.related) if mark.origin else (self, ())
        if not document.text:
            return Problem(code, message, document.name, severity=severity, hint=hint, related=related)
        line = document.lines[mark.line - 1] if mark.line <= len(document.lines) else None
        excerpt = None if line is None else NOT_YAML.sub("\ufffd", line)
        return Problem(
            code, message, document.name, mark.line, mark.col, severity, hint, excerpt, related=related
        )
