"""Whether values of one annotation are taken by another, as pydantic's lax mode does."""

from __future__ import annotations

import collections.abc
import dataclasses
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, is_typeddict

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from ecoflows.workflow.typecheck.verdict import Verdict

_LISTS = {
    list,
    set,
    frozenset,
    collections.abc.Sequence,
    collections.abc.Iterable,
    collections.abc.Collection,
    collections.abc.MutableSequence,
}
_MAPPINGS = {dict, collections.abc.Mapping, collections.abc.MutableMapping}
_PLAIN = (bool, int, float, str, bytes, datetime, date, time, timedelta, Decimal, Path)
_LAX: dict[tuple[type, type], Verdict] = {
    (bool, int): Verdict.PROVED,
    (bool, float): Verdict.PROVED,
    (int, float): Verdict.PROVED,
    (int, Decimal): Verdict.PROVED,
    (float, int): Verdict.UNKNOWN,
    (int, bool): Verdict.UNKNOWN,
    (float, bool): Verdict.UNKNOWN,
    (str, bool): Verdict.UNKNOWN,
    (str, int): Verdict.UNKNOWN,
    (str, float): Verdict.UNKNOWN,
    (str, Decimal): Verdict.UNKNOWN,
    (float, Decimal): Verdict.UNKNOWN,
    (str, bytes): Verdict.UNKNOWN,
    (bytes, str): Verdict.UNKNOWN,
    (Decimal, int): Verdict.UNKNOWN,
    (Decimal, float): Verdict.UNKNOWN,
    (str, Path): Verdict.PROVED,
    (datetime, date): Verdict.UNKNOWN,
    (date, datetime): Verdict.UNKNOWN,
}
"""What becomes of a plain value; a text or a number may be read as a time, all else is refused."""
_TIMES = (datetime, date, time, timedelta)


def assignable(source: Any, target: Any) -> Verdict:
    """Whether values of one annotation are taken by another.

    Args:
        source: The annotation of what is given.
        target: The annotation of what is taken.
    """
    source, source_marks = _opened(source)
    target, target_marks = _opened(target)
    verdict = _bare(source, target)
    # Bounds and validators look at the value itself.
    if verdict is Verdict.PROVED and not target_marks <= source_marks:
        return Verdict.UNKNOWN
    return verdict


def _opened(annotation: Any) -> tuple[Any, frozenset[str]]:
    """An annotation without its metadata, and the metadata that restricts values."""
    marks: set[str] = set()
    while True:
        if isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        elif get_origin(annotation) is Annotated:
            annotation, *found = get_args(annotation)
            for mark in found:
                if isinstance(mark, FieldInfo):
                    marks |= {repr(item) for item in mark.metadata}
                elif hasattr(mark, "__get_pydantic_core_schema__") or type(mark).__module__.startswith(
                    ("pydantic", "annotated_types")
                ):
                    marks.add(repr(mark))
        else:
            return annotation, frozenset(marks)


def _bare(source: Any, target: Any) -> Verdict:
    if target is Any or target is object or source == target:
        return Verdict.PROVED
    if get_origin(source) in (Union, UnionType):
        return _of_all(assignable(choice, target) for choice in get_args(source))
    if get_origin(target) in (Union, UnionType):
        return _of_any(assignable(source, choice) for choice in get_args(target))
    if source is Any or source is object:
        return Verdict.UNKNOWN
    if get_origin(source) is Literal:
        return _of_all(_literal(value, target) for value in get_args(source))
    if get_origin(target) is Literal:
        kinds = {type(value) for value in get_args(target)}
        return Verdict.UNKNOWN if source in kinds or not isinstance(source, type) else Verdict.REFUTED
    if source in (None, NoneType) or target in (None, NoneType):
        same = source in (None, NoneType) and target in (None, NoneType)
        return Verdict.PROVED if same else Verdict.REFUTED
    shapes = _shape(source), _shape(target)
    if shapes[0] != "other" or shapes[1] != "other":
        return _containers(source, target, *shapes)
    return _classes(source, target)


def _of_all(verdicts: Any) -> Verdict:
    found = set(verdicts)
    return found.pop() if len(found) == 1 else Verdict.UNKNOWN


def _of_any(verdicts: Any) -> Verdict:
    found = set(verdicts)
    if Verdict.PROVED in found:
        return Verdict.PROVED
    return Verdict.REFUTED if found == {Verdict.REFUTED} else Verdict.UNKNOWN


def _literal(value: Any, target: Any) -> Verdict:
    try:
        TypeAdapter(target).validate_python(value)
    except ValidationError:
        return Verdict.REFUTED
    except Exception:  # noqa: BLE001  # a class that pydantic does not know
        return Verdict.UNKNOWN
    return Verdict.PROVED


def _shape(annotation: Any) -> str:
    found = get_origin(annotation) or annotation
    if found is tuple:
        return "tuple"
    if found in _LISTS:
        return "list"
    return "mapping" if found in _MAPPINGS else "other"


def _containers(source: Any, target: Any, given: str, taken: str) -> Verdict:
    if "other" in (given, taken):
        other = source if given == "other" else target
        bare = get_origin(other) or other
        if isinstance(bare, type) and (taken == "other" or given == "other"):
            return _class_and_container(bare, given if taken == "other" else taken, into=taken == "other")
        return Verdict.UNKNOWN
    if "mapping" in (given, taken):
        if given != taken:
            return Verdict.REFUTED
        pairs = zip(_arguments(source, 2), _arguments(target, 2), strict=True)
        return _weakest(assignable(one, other) for one, other in pairs)
    if given == "tuple" and taken == "tuple":
        return _tuples(get_args(source), get_args(target))
    if given == "tuple":
        wanted = _arguments(target, 1)[0]
        given_parts = [part for part in get_args(source) if part is not Ellipsis] or [Any]
        return _weakest(assignable(part, wanted) for part in given_parts)
    element = _arguments(source, 1)[0]
    if taken == "tuple":
        parts = get_args(target)
        if Ellipsis in parts or not parts:
            return assignable(element, parts[0] if parts else Any)
        return Verdict.REFUTED if _refuted(element, parts) else Verdict.UNKNOWN
    return assignable(element, _arguments(target, 1)[0])


def _refuted(element: Any, parts: tuple[Any, ...]) -> bool:
    return any(assignable(element, part) is Verdict.REFUTED for part in parts)


def _tuples(given: tuple[Any, ...], taken: tuple[Any, ...]) -> Verdict:
    if not taken or not given:
        return Verdict.PROVED if not taken else Verdict.UNKNOWN
    if Ellipsis in taken:
        return _weakest(assignable(part, taken[0]) for part in given if part is not Ellipsis)
    if Ellipsis in given:
        return Verdict.REFUTED if _refuted(given[0], taken) else Verdict.UNKNOWN
    if len(given) != len(taken):
        return Verdict.REFUTED
    return _weakest(assignable(one, other) for one, other in zip(given, taken, strict=True))


def _weakest(verdicts: Any) -> Verdict:
    found = set(verdicts)
    for verdict in (Verdict.REFUTED, Verdict.UNKNOWN):
        if verdict in found:
            return verdict
    return Verdict.PROVED


def _arguments(annotation: Any, count: int) -> tuple[Any, ...]:
    found = get_args(annotation)
    return found if len(found) == count else (Any,) * count


def _class_and_container(kind: type, container: str, *, into: bool) -> Verdict:
    """A class that is no container on one side, a container on the other."""
    if kind in _PLAIN:
        return Verdict.REFUTED
    if into:
        built = container == "mapping" and (
            issubclass(kind, BaseModel) or dataclasses.is_dataclass(kind) or is_typeddict(kind)
        )
        return Verdict.UNKNOWN if built or issubclass(kind, tuple | list | dict) else Verdict.REFUTED
    if is_typeddict(kind) or issubclass(kind, tuple | list | dict | set):
        return Verdict.UNKNOWN
    return (
        Verdict.UNKNOWN if hasattr(kind, "__iter__") and not issubclass(kind, BaseModel) else Verdict.REFUTED
    )


def _classes(source: Any, target: Any) -> Verdict:
    one, other = get_origin(source) or source, get_origin(target) or target
    if not (isinstance(one, type) and isinstance(other, type)):
        return Verdict.UNKNOWN
    if is_typeddict(one) or is_typeddict(other):
        return Verdict.UNKNOWN if not (one in _PLAIN or other in _PLAIN) else Verdict.REFUTED
    if (one, other) in _LAX:
        return _LAX[one, other]
    if issubclass(one, other):
        return Verdict.PROVED if source == one and target == other else Verdict.UNKNOWN
    if other in _TIMES and one in (str, int, float, bytes, Decimal):
        return Verdict.UNKNOWN
    if issubclass(other, one) or (hasattr(other, "__get_pydantic_core_schema__") and one in _PLAIN):
        return Verdict.UNKNOWN
    if _takes_values(other) and one in _PLAIN:
        return Verdict.UNKNOWN  # an enum is read from its value
    return Verdict.REFUTED


def _takes_values(kind: type) -> bool:
    import enum

    return issubclass(kind, enum.Enum)
