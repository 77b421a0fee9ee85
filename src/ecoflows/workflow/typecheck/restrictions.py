"""What the metadata of annotations says of values besides their type: bounds, lengths, validators."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, NewType, get_args, get_origin

import annotated_types as at
from pydantic import AfterValidator
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from ecoflows.annotations import requires_geo
from ecoflows.workflow.typecheck.ranges import Range
from ecoflows.workflow.typecheck.verdict import Verdict

_WORDS = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
_CONVERTING = ("BeforeValidator", "PlainValidator", "WrapValidator")


@dataclass(frozen=True)
class Restrictions:
    """What is asked of a value beyond its type.

    Attributes:
        marks: The bounds, lengths and other limits, which refuse values and change none.
            A validator that sees the value after its type counts as one of these.
        converts: Whether code of the annotation's author sees the value first and may change it.
    """

    marks: tuple[Any, ...] = ()
    converts: bool = False

    def within(self, wanted: Restrictions, *, same_value: bool, same_length: bool) -> Verdict:
        """Whether values that keep these restrictions keep others.

        Args:
            wanted: The others.
            same_value: Whether the values stay the numbers that they are on the way.
            same_length: Whether they stay as long as they are.
        """
        known = {repr(mark) for mark in self.marks} if same_value and same_length else set()
        left = [mark for mark in wanted.marks if repr(mark) not in known]
        found = {Verdict.PROVED}
        for bounds, usable in ((_values, same_value), (_lengths, same_length)):
            asked = bounds(left)
            if asked is None:
                continue
            left = [mark for mark in left if bounds([mark]) is None]
            try:
                given = bounds(self.marks) or Range()
                found.add(given.within(asked) if usable else Verdict.UNKNOWN)
            except TypeError:  # bounds of kinds that cannot be compared
                found.add(Verdict.UNKNOWN)
        if left:
            found.add(Verdict.UNKNOWN)
        return next(one for one in (Verdict.REFUTED, Verdict.UNKNOWN, Verdict.PROVED) if one in found)

    def __str__(self) -> str:
        bounds = [
            f"{word} {getattr(mark, name)}"
            for mark in self.marks
            for name, word in _WORDS.items()
            if getattr(mark, name, None) is not None
        ]
        lengths = [
            f"{word} {getattr(mark, name)} long"
            for mark in self.marks
            for name, word in (("min_length", "at least"), ("max_length", "at most"))
            if getattr(mark, name, None)
        ]
        return " and ".join([*bounds, *lengths])


def opened(annotation: Any) -> tuple[Any, Restrictions]:
    """An annotation without its metadata, and what the metadata asks.

    Args:
        annotation: Any annotation.
    """
    marks: list[Any] = []
    converts = False
    while True:
        if isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        elif get_origin(annotation) is Annotated:
            annotation, *found = get_args(annotation)
            for mark in _flat(found):
                if isinstance(mark, at.GroupedMetadata | at.BaseMetadata | AfterValidator):
                    marks.append(mark)
                elif requires_geo(Annotated[Any, mark]):
                    continue  # of tables, which are looked at elsewhere
                elif type(mark).__name__ in _CONVERTING or hasattr(mark, "__get_pydantic_core_schema__"):
                    converts = True
                elif type(mark).__module__.startswith("pydantic"):
                    marks.append(mark)
        else:
            return annotation, Restrictions(tuple(marks), converts)


def _flat(marks: Iterable[Any]) -> list[Any]:
    """Marks, those inside pydantic's ``Field`` and inside groups of marks too."""
    found: list[Any] = []
    for mark in marks:
        if isinstance(mark, FieldInfo):
            found += _flat(mark.metadata)
        elif isinstance(mark, at.GroupedMetadata) and not hasattr(mark, "__get_pydantic_core_schema__"):
            found += _flat(mark)
        else:
            found.append(mark)
    return found


def _values(marks: Iterable[Any]) -> Range | None:
    return _range(marks, ((at.Ge, "ge"), (at.Gt, "gt"), (at.Le, "le"), (at.Lt, "lt")))


def _lengths(marks: Iterable[Any]) -> Range | None:
    return _range(marks, ((at.MinLen, "min_length"), (at.MaxLen, "max_length")), low=0)


def _range(marks: Iterable[Any], kinds: Iterable[tuple[type, str]], **usual: Any) -> Range | None:
    found = None
    for mark in marks:
        for kind, name in kinds:
            if not isinstance(mark, kind):
                continue
            value = getattr(mark, name)
            lower = name in ("ge", "gt", "min_length")
            one = (
                Range(low=value, low_open=name == "gt")
                if lower
                else Range(high=value, high_open=name == "lt")
            )
            found = (found or Range(**usual)).both(one)
    return found
