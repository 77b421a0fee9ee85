"""What is known of a value at one place of a workflow: tables by their columns, the rest by annotation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from typing_extensions import TypeAliasType

from ecoflows.annotations import frame_schema, is_frame, needs_frame, requires_geo
from ecoflows.keys import type_name
from ecoflows.skipped import Skipped
from ecoflows.workflow.shapes import element_of
from ecoflows.workflow.typecheck.assignable import assignable
from ecoflows.workflow.typecheck.frames import compare_frames
from ecoflows.workflow.typecheck.tables import Table
from ecoflows.workflow.typecheck.verdict import Finding, Verdict, overall


@dataclass(frozen=True)
class FrameValue:
    """A table."""

    table: Table


@dataclass(frozen=True)
class ListValue:
    """A list, of elements of which one thing is known."""

    element: Value


@dataclass(frozen=True)
class TupleValue:
    """So many parts."""

    parts: tuple[Value, ...]


@dataclass(frozen=True)
class MappingValue:
    """A mapping, of values of which one thing is known."""

    key: Any
    value: Value


@dataclass(frozen=True)
class Plain:
    """Anything else, known by its annotation."""

    annotation: Any


Value = FrameValue | ListValue | TupleValue | MappingValue | Plain

ANYTHING = Plain(Any)
"""What is said of a value of which nothing is known."""


def value_of(annotation: Any, table: Callable[[Any], Table]) -> Value:
    """What an annotation says of a value.

    Args:
        annotation: The annotation.
        table: Gives what is known of a table with an annotation.
    """
    bare = annotation
    while isinstance(bare, TypeAliasType):
        bare = bare.__value__
    if is_frame(bare):
        return FrameValue(table(bare))
    inner = get_args(bare)[0] if get_origin(bare) is Annotated else bare
    if is_frame(inner):  # Annotated twice
        return FrameValue(table(bare))
    origin, arguments = get_origin(inner), get_args(inner)
    if origin is list:
        return ListValue(value_of(arguments[0], table))
    if origin is dict:
        return MappingValue(arguments[0], value_of(arguments[1], table))
    if origin is tuple and arguments:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return ListValue(value_of(arguments[0], table))
        return TupleValue(tuple(value_of(part, table) for part in arguments))
    return Plain(annotation)


def element(value: Value, *, keyed: bool) -> Value:
    """What is known of one element that a map goes over, of pairs the value's half.

    Args:
        value: What the map goes over.
        keyed: Whether it goes over pairs or a mapping and keeps the keys.
    """
    if isinstance(value, MappingValue):
        return value.value if keyed else ANYTHING
    if isinstance(value, ListValue):
        one = value.element
    elif isinstance(value, Plain):
        found = element_of(value.annotation)
        one = Plain(Any if found is None else found)
    else:
        return ANYTHING
    return part(one, 1, 2) if keyed else one


def part(value: Value, index: int, count: int) -> Value:
    """What is known of one part of an element that is unpacked.

    Args:
        value: The element.
        index: Which part.
        count: How many there are.
    """
    if isinstance(value, TupleValue) and len(value.parts) == count:
        return value.parts[index]
    if isinstance(value, ListValue):
        return value.element
    return ANYTHING


def compare(value: Value, annotation: Any) -> list[Finding]:
    """Whether a value is taken by a parameter.

    Args:
        value: What is known of it.
        annotation: The parameter's annotation, or that of a place in it.
    """
    while isinstance(annotation, TypeAliasType):
        annotation = annotation.__value__
    bare = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    if bare is Any or bare is object:
        return [Finding(Verdict.PROVED, "anything is taken")]
    if is_frame(annotation):
        return _to_frame(value, annotation)
    if get_origin(bare) in (Union, UnionType):
        return _to_choice(value, bare, annotation)
    if isinstance(value, Plain):
        verdict = assignable(value.annotation, annotation)
        return [_plain(verdict, type_name(value.annotation), annotation)]
    return _to_structure(value, bare, annotation)


def _plain(verdict: Verdict, given: str, annotation: Any) -> Finding:
    said = {
        Verdict.PROVED: f"{given} is taken as {type_name(annotation)}",
        Verdict.UNKNOWN: f"{given} may be no {type_name(annotation)}",
        Verdict.REFUTED: f"{given} is no {type_name(annotation)}",
    }
    return Finding(verdict, said[verdict])


def _to_frame(value: Value, annotation: Any) -> list[Finding]:
    if isinstance(value, FrameValue):
        model = frame_schema(annotation)
        found = [Finding(Verdict.PROVED, "any table is taken")] if model is None else []
        if requires_geo(annotation) and not value.table.is_geo:
            found.append(Finding(Verdict.UNKNOWN, f"{value.table.model} need not have geometries"))
        return found if model is None else [*found, *compare_frames(value.table, model)]
    if isinstance(value, Plain) and not _never_a_frame(value.annotation):
        return [Finding(Verdict.UNKNOWN, f"{type_name(value.annotation)} may be no table")]
    return [Finding(Verdict.REFUTED, f"a table is taken, and this is {_kind(value)}")]


def _never_a_frame(annotation: Any) -> bool:
    found = annotation
    while get_origin(found) is Annotated:
        found = get_args(found)[0]
    if get_origin(found) in (Union, UnionType):
        return all(_never_a_frame(choice) for choice in get_args(found))
    if isinstance(found, type):
        return found is not object and found.__name__ not in ("DataFrame", "GeoDataFrame")
    return found is not Any and not needs_frame(found) and get_origin(found) is not None


def _to_choice(value: Value, bare: Any, annotation: Any) -> list[Finding]:
    choices = [choice for choice in get_args(bare) if choice not in (NoneType, Skipped)]
    if isinstance(value, Plain):
        verdict = assignable(value.annotation, annotation)
        frames = [choice for choice in choices if needs_frame(choice)]
        if verdict is Verdict.REFUTED and frames and not _never_a_frame(value.annotation):
            verdict = Verdict.UNKNOWN
        return [_plain(verdict, type_name(value.annotation), annotation)]
    tried = [compare(value, choice) for choice in choices]
    verdicts = [overall(found) for found in tried]
    if Verdict.PROVED in verdicts:
        return tried[verdicts.index(Verdict.PROVED)]
    if Verdict.UNKNOWN in verdicts:
        return tried[verdicts.index(Verdict.UNKNOWN)]
    return tried[0] if tried else [Finding(Verdict.REFUTED, f"{_kind(value)} is no null")]


def _to_structure(value: Value, bare: Any, annotation: Any) -> list[Finding]:
    origin, arguments = get_origin(bare), get_args(bare)
    inner = element_of(annotation)
    if isinstance(value, ListValue) and inner is not None:
        if origin is tuple and Ellipsis not in arguments and arguments:
            return [Finding(Verdict.UNKNOWN, f"the list need not have {len(arguments)} elements")]
        return compare(value.element, inner)
    if isinstance(value, TupleValue) and inner is not None:
        if origin is tuple and arguments and Ellipsis not in arguments:
            if len(arguments) != len(value.parts):
                return [Finding(Verdict.REFUTED, f"{len(arguments)} parts are taken, not {len(value.parts)}")]
            pairs = zip(value.parts, arguments, strict=True)
            return [finding for one, other in pairs for finding in compare(one, other)]
        return [finding for one in value.parts for finding in compare(one, inner)]
    if isinstance(value, MappingValue) and origin is dict:
        keys = _plain(assignable(value.key, arguments[0]), type_name(value.key), arguments[0])
        return [keys, *compare(value.value, arguments[1])]
    if isinstance(bare, type) and bare in (list, tuple, dict) and not isinstance(value, FrameValue):
        same = (bare is dict) == isinstance(value, MappingValue)
        return [_plain(Verdict.PROVED if same else Verdict.REFUTED, _kind(value), annotation)]
    if isinstance(bare, type) or origin in (list, tuple, dict, set, frozenset):
        return [Finding(Verdict.REFUTED, f"{type_name(annotation)} is taken, and this is {_kind(value)}")]
    return [Finding(Verdict.UNKNOWN, f"{_kind(value)} may be no {type_name(annotation)}")]


def _kind(value: Value) -> str:
    if isinstance(value, FrameValue):
        return "a table"
    if isinstance(value, ListValue):
        return f"a list of {_kinds(value.element)}"
    if isinstance(value, TupleValue):
        return f"a tuple of {len(value.parts)}"
    return "a mapping" if isinstance(value, MappingValue) else type_name(value.annotation)


def _kinds(value: Value) -> str:
    return "tables" if isinstance(value, FrameValue) else _kind(value)
