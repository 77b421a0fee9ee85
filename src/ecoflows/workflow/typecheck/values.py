"""Whether a value of which something is known is taken by a parameter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from typing_extensions import TypeAliasType

from ecoflows.annotations import frame_schema, is_frame, needs_frame, requires_geo
from ecoflows.keys import type_name
from ecoflows.skipped import Skipped
from ecoflows.workflow.shapes import element_of
from ecoflows.workflow.typecheck.assignable import assignable
from ecoflows.workflow.typecheck.classes import container_into_class, is_record
from ecoflows.workflow.typecheck.dtypes import may_be_geometry
from ecoflows.workflow.typecheck.frames import compare_frames
from ecoflows.workflow.typecheck.known import (
    Choice,
    FrameValue,
    ListValue,
    MappingValue,
    Plain,
    TupleValue,
    Value,
    annotation_of,
    is_table_class,
    never_a_frame,
)
from ecoflows.workflow.typecheck.restrictions import opened
from ecoflows.workflow.typecheck.sentences import described, told
from ecoflows.workflow.typecheck.tables import Table
from ecoflows.workflow.typecheck.verdict import Finding, Verdict, overall


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
    given = annotation_of(value)
    restrictions = opened(annotation)[1]
    if given is None and (restrictions.marks or restrictions.converts):
        asked = f"more than the type is asked of it{f': {restrictions}' if str(restrictions) else ''}"
        found = compare(value, bare)
        if restrictions.converts:
            found = [one for one in found if one.verdict is not Verdict.REFUTED]
        return [*found, Finding(Verdict.UNKNOWN, asked)]
    if isinstance(value, Choice):
        return _from_choice(value, annotation)
    if is_frame(annotation):
        return _to_frame(value, annotation)
    if get_origin(bare) in (Union, UnionType):
        return _to_choice(value, given, bare, annotation)
    if given is not None:
        return [_plain(assignable(given, annotation), given, annotation)]
    return _to_structure(value, bare, annotation)


def _plain(verdict: Verdict, given: Any, annotation: Any) -> Finding:
    return Finding(verdict, told(verdict, given, annotation))


_NULL = Finding(Verdict.REFUTED, "what is given may be null")


def _part_of_choice(value: Value, annotation: Any) -> list[Finding]:
    found = compare(value, annotation)
    is_null = isinstance(value, Plain) and value.annotation in (None, NoneType)
    return [_NULL] if is_null and overall(found) is Verdict.REFUTED else found


def _from_choice(value: Choice, annotation: Any) -> list[Finding]:
    """Of one of several: what holds of all of them; else it depends."""
    tried = [_part_of_choice(one, annotation) for one in value.values]
    verdicts = {overall(found) for found in tried}
    findings = [finding for found in tried for finding in found]
    if len(verdicts) == 1:
        return [found for found in dict.fromkeys(findings) if found != _NULL] or [_NULL]
    unmet = [finding for finding in findings if finding.verdict is not Verdict.PROVED]
    return [replace(finding, verdict=Verdict.UNKNOWN) for finding in dict.fromkeys(unmet)]


def _to_frame(value: Value, annotation: Any) -> list[Finding]:
    if isinstance(value, FrameValue):
        model = frame_schema(annotation)
        found = [Finding(Verdict.PROVED, "any table is taken")] if model is None else []
        if requires_geo(annotation) and not value.table.is_geo:
            found.append(_geometries(value.table))
        return found if model is None else [*found, *compare_frames(value.table, model)]
    if isinstance(value, Plain) and not never_a_frame(value.annotation):
        return [Finding(Verdict.UNKNOWN, f"a table is needed, and {_kind(value)} may be something else")]
    return [Finding(Verdict.REFUTED, f"a table is needed, and this is {_kind(value)}")]


def _geometries(table: Table) -> Finding:
    if table.is_geo:
        return Finding(Verdict.PROVED, f"{table.model} has geometries")
    if table.is_closed and not any(may_be_geometry(column.dtype) for column in table.columns.values()):
        return Finding(Verdict.REFUTED, f"a table with geometries is needed, and {table.model} has none")
    return Finding(Verdict.UNKNOWN, f"a table with geometries is needed, and {table.model} need not have any")


def _to_choice(value: Value, given: Any, bare: Any, annotation: Any) -> list[Finding]:
    choices = [choice for choice in get_args(bare) if choice not in (NoneType, Skipped)]
    if given is not None:
        verdict = assignable(given, annotation)
        frames = [choice for choice in choices if needs_frame(choice)]
        if verdict is Verdict.REFUTED and frames and not never_a_frame(given):
            verdict = Verdict.UNKNOWN
        return [_plain(verdict, given, annotation)]
    tried = [compare(value, choice) for choice in choices]
    verdicts = [overall(found) for found in tried]
    if Verdict.PROVED in verdicts:
        return tried[verdicts.index(Verdict.PROVED)]
    if Verdict.UNKNOWN in verdicts:
        return tried[verdicts.index(Verdict.UNKNOWN)]
    if not tried:
        return [Finding(Verdict.REFUTED, f"nothing (null) is needed, and this is {_kind(value)}")]
    # What tells most is the choice of the same kind, which is refuted by more than its kind.
    return next((found for found in tried if any(finding.column for finding in found)), tried[0])


def _is_class(annotation: Any) -> bool:
    return isinstance(annotation, type) and get_origin(annotation) is None and not is_record(annotation)


def _to_class(value: FrameValue, kind: type) -> Finding:
    """A table as a class that its annotation names, pandas' own for one."""
    if is_table_class(kind):
        needs_geometries = kind.__name__ == "GeoDataFrame"
        return _geometries(value.table) if needs_geometries else Finding(Verdict.PROVED, "any table is taken")
    return Finding(
        container_into_class("table", kind), f"{type_name(kind)} is needed, and this is {_kind(value)}"
    )


def _to_structure(value: Value, bare: Any, annotation: Any) -> list[Finding]:
    origin, arguments = get_origin(bare), get_args(bare)
    inner = element_of(annotation)
    if isinstance(value, FrameValue) and _is_class(bare):
        return [_to_class(value, bare)]
    if isinstance(value, ListValue) and inner is not None:
        if origin is tuple and Ellipsis not in arguments and arguments:
            return [Finding(Verdict.UNKNOWN, f"the list need not have {len(arguments)} elements")]
        return compare(value.element, inner)
    if isinstance(value, TupleValue) and inner is not None:
        if origin is tuple and arguments and Ellipsis not in arguments:
            if len(arguments) != len(value.parts):
                return [
                    Finding(Verdict.REFUTED, f"{len(arguments)} parts are needed, not {len(value.parts)}")
                ]
            pairs = zip(value.parts, arguments, strict=True)
            return [finding for one, other in pairs for finding in compare(one, other)]
        return [finding for one in value.parts for finding in compare(one, inner)]
    if isinstance(value, MappingValue) and origin in (dict, Mapping) and len(arguments) == 2:
        keys = _plain(assignable(value.key, arguments[0]), value.key, arguments[0])
        return [keys, *compare(value.value, arguments[1])]
    if isinstance(bare, type) and bare in (list, tuple, dict) and not isinstance(value, FrameValue):
        same = (bare is dict) == isinstance(value, MappingValue)
        verdict = Verdict.PROVED if same else Verdict.REFUTED
        return [Finding(verdict, f"{type_name(annotation)} is needed, and this is {_kind(value)}")]
    if isinstance(bare, type):
        shape = (
            "mapping"
            if isinstance(value, MappingValue)
            else "list"
            if isinstance(value, ListValue)
            else "tuple"
        )
        verdict = container_into_class(shape, bare)
        return [Finding(verdict, f"{type_name(annotation)} is needed, and this is {_kind(value)}")]
    if origin in (list, tuple, dict, set, frozenset):
        return [Finding(Verdict.REFUTED, f"{type_name(annotation)} is needed, and this is {_kind(value)}")]
    return [Finding(Verdict.UNKNOWN, f"{_kind(value)} may not be taken as {type_name(annotation)}")]


def _kind(value: Value) -> str:
    if isinstance(value, FrameValue):
        return "a table"
    if isinstance(value, ListValue):
        return f"a list of {_kinds(value.element)}"
    if isinstance(value, TupleValue):
        return f"a tuple of {len(value.parts)}"
    if isinstance(value, Choice):
        return " or ".join(dict.fromkeys(map(_kind, value.values)))
    return "a mapping" if isinstance(value, MappingValue) else described(value.annotation)


def _kinds(value: Value) -> str:
    return "tables" if isinstance(value, FrameValue) else _kind(value)
