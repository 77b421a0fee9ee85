"""What the texts of a fragment come to in one use of it: references, parameters, ids, titles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ecoflows.errors import Problem, Related
from ecoflows.source import DataPath, flow_text
from ecoflows.source.model import Origin
from ecoflows.source.splicing import Change, Part, Splicing, by_way_of
from ecoflows.spec.expressions import (
    Hole,
    completed,
    has_expression,
    is_plain,
    parameter_in,
    parameters_in,
    reference_in,
    reference_to,
    references_in,
)
from ecoflows.spec.fragments.model import Unit
from ecoflows.validation import shown

_GIVEN = "goes into the fragment here"


@dataclass(frozen=True)
class Scope:
    """One use of a fragment, or the spec itself: what its texts mean.

    Attributes:
        unit: The document.
        origin: The document with the uses that brought it.
        prefix: What stands in front of its ids.
        title: What stands in front of its titles.
        given: What is given for its parameters.
    """

    unit: Unit
    origin: Origin
    prefix: str = ""
    title: str = ""
    given: Mapping[str, Part] = field(default_factory=dict)

    @property
    def is_spec(self) -> bool:
        """Whether this is the spec itself."""
        return not self.unit.name

    def related(self, path: DataPath, message: str, *, key: bool = False) -> Related:
        """A place in its document as a related one."""
        return self.unit.source.related(path, message, "key" if key else "value")


class Texts:
    """Replaces texts, collecting problems in a list."""

    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems

    def change(self, scope: Scope, into: Splicing, entry: DataPath = ()) -> Change:
        """What becomes of each text that is put into a document.

        Args:
            scope: The use to which the texts belong.
            into: The document.
            entry: Where the instance or group of the texts stands, whose id and titles are known by that.
        """
        return partial(self._text, scope, entry, into)

    def _text(self, scope: Scope, entry: DataPath, into: Splicing, part: Part, to: DataPath) -> Any:
        """What becomes of a text that stands in an entry."""
        if entry and part.path == (*entry, "id"):
            return f"{scope.prefix}{part.data}"
        value = self._value(scope, into, part, to)
        if not entry or not isinstance(value, str):
            return value
        if part.path == (*entry, "title"):
            # Titles of groups are distinct, so an unnamed use gives its id.
            return f"{scope.title or f'{scope.prefix[:-1]}: '}{value}" if scope.prefix else value
        return f"{scope.title}{value}" if part.path == (*entry, "name") else value

    def _value(self, scope: Scope, into: Splicing, part: Part, to: DataPath) -> Any:
        text: str = part.data
        if not has_expression(text):
            return text
        reference = reference_in(text, to)
        if reference is not None:
            return _referring(scope, text, reference.instance)
        if scope.is_spec:
            return text
        name = parameter_in(text)
        if name is not None:
            given = scope.given.get(name)
            move = by_way_of(scope.related(part.path, _GIVEN))
            return Hole(text) if given is None else into.put(replace(given, move=move), to)
        if parameters_in(text) and references_in(text):
            return Hole(text)
        return completed(text, partial(self._text_of, scope, part.path))

    def _text_of(self, scope: Scope, path: DataPath, name: str) -> str | None:
        """What is given for a parameter as a part of a text."""
        given = scope.given.get(name)
        if given is None or isinstance(given.data, Hole):
            return None
        value = given.data
        if isinstance(value, str) and is_plain(value):
            return value
        if isinstance(value, bool | int | float):
            return flow_text(value)
        what = f"not {shown(value)}"
        if isinstance(value, str):
            what = "not what a task instance returns" if reference_in(value, ()) else "without expressions"
        message = f"'{name}' is put into a text: text, a number, true or false is expected, {what}"
        mark = by_way_of(scope.related(path, _GIVEN))(given.document.mark(given.path))
        self._problems.append(given.document.problem_at(mark, "wrong-type", message))
        return None


def _referring(scope: Scope, text: str, name: str) -> str:
    """A reference of a document as it stands in the expanded spec."""
    meaning = scope.unit.meaning(name)
    if meaning is None and scope.is_spec:
        return text  # the reader tells
    if not meaning:
        return Hole(text)
    full = f"{scope.prefix}{meaning}"
    return text if full == name else reference_to(full)
