"""What is known of a value at one place of a workflow: tables by their columns, the rest by annotation."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from typing_extensions import TypeAliasType

from ecoflows.annotations import is_frame, needs_frame
from ecoflows.skipped import Skipped
from ecoflows.workflow.shapes import element_of, parts_of
from ecoflows.workflow.typecheck.classes import PLAIN
from ecoflows.workflow.typecheck.tables import Table


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


@dataclass(frozen=True)
class Choice:
    """One of several, tables among them."""

    values: tuple[Value, ...]


Value = FrameValue | ListValue | TupleValue | MappingValue | Choice | Plain

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
    if is_table_class(inner):
        found = table(bare)
        return FrameValue(replace(found, is_geo=found.is_geo or inner.__name__ == "GeoDataFrame"))
    origin, arguments = get_origin(inner), get_args(inner)
    if not _holds_frames(inner):
        return Plain(annotation)
    if origin in (Union, UnionType):
        return Choice(tuple(value_of(choice, table) for choice in arguments))
    if origin is list:
        return ListValue(value_of(arguments[0], table))
    if origin is dict:
        return MappingValue(arguments[0], value_of(arguments[1], table))
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return ListValue(value_of(arguments[0], table))
        return TupleValue(tuple(value_of(part, table) for part in arguments))
    return Plain(annotation)


def is_table_class(annotation: Any) -> bool:
    """Whether an annotation is pandas' or geopandas' own class of tables.

    Args:
        annotation: The annotation, without metadata.
    """
    named = getattr(annotation, "__module__", ""), getattr(annotation, "__qualname__", "")
    package = str(named[0]).partition(".")[0]
    return (package, named[1]) in (("pandas", "DataFrame"), ("geopandas", "GeoDataFrame"))


def _holds_frames(annotation: Any) -> bool:
    """Whether there are tables somewhere in the values of an annotation."""
    while isinstance(annotation, TypeAliasType):
        annotation = annotation.__value__
    return is_frame(annotation) or is_table_class(annotation) or any(map(_holds_frames, get_args(annotation)))


def annotation_of(value: Value) -> Any:
    """The annotation of a value without tables; ``None`` of one that has some.

    Args:
        value: The value.
    """
    match value:
        case Plain(annotation=annotation):
            return annotation
        case ListValue(element=one):
            found = annotation_of(one)
            return None if found is None else list[found]  # type: ignore[valid-type]  # made here
        case TupleValue(parts=parts):
            several = [annotation_of(one) for one in parts]
            return None if None in several else tuple[tuple(several)]  # type: ignore[misc]  # made here
        case MappingValue(key=key, value=one):
            found = annotation_of(one)
            return None if found is None else dict[key, found]  # type: ignore[valid-type]  # made here
        case _:
            return None


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
    if isinstance(value, Plain):
        found = parts_of(value.annotation)
        if found and len(found) == count:
            return Plain(found[index])
        inner = element_of(value.annotation)
        return Plain(Any if found or inner is None else inner)
    return ANYTHING


def never_a_frame(annotation: Any) -> bool:
    """Whether no value of an annotation is a table.

    Args:
        annotation: The annotation of a value.
    """
    found = annotation
    while get_origin(found) is Annotated:
        found = get_args(found)[0]
    if get_origin(found) in (Union, UnionType):
        return all(never_a_frame(choice) for choice in get_args(found))
    if isinstance(found, type):
        return (
            found is not object and found is not Any and found.__name__ not in ("DataFrame", "GeoDataFrame")
        )
    return found is not Any and not needs_frame(found) and get_origin(found) is not None


def table_in(value: Value) -> Table | None:
    """The table that a value is, where it is one or none at all.

    Args:
        value: The value.
    """
    if isinstance(value, FrameValue):
        return value.table
    if isinstance(value, Choice):
        tables = [one.table for one in value.values if isinstance(one, FrameValue)]
        rest = [one for one in value.values if not isinstance(one, FrameValue | Plain)]
        return tables[0] if len(tables) == 1 and not rest else None
    return None


def tables_in(value: Value) -> list[Table]:
    """Every table in a value, however deep.

    Args:
        value: The value.
    """
    match value:
        case FrameValue(table=table):
            return [table]
        case ListValue(element=one) | MappingValue(value=one):
            return tables_in(one)
        case TupleValue(parts=several) | Choice(values=several):
            return [table for one in several for table in tables_in(one)]
        case Plain(annotation=annotation):
            return [Table()] if _may_be_anything(annotation) else []


def _may_be_anything(annotation: Any) -> bool:
    if annotation in (Any, object, list, tuple, dict):
        return True
    if isinstance(annotation, type) and get_origin(annotation) is None:
        # A class of somebody's own may hold a table.
        return not issubclass(annotation, (*PLAIN, NoneType, enum.Enum, Skipped))
    return not never_a_frame(annotation) or any(map(_may_be_anything, get_args(annotation)))
