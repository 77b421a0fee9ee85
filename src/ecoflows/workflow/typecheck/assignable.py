"""Whether values of one annotation are taken by another, as pydantic's lax mode does."""

from __future__ import annotations

import collections.abc
import enum
from collections.abc import Iterable
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import BaseMetadata
from pydantic import TypeAdapter, ValidationError

from ecoflows.workflow.typecheck.classes import (
    NUMBERS,
    PLAIN,
    compare_classes,
    container_into_class,
    fields_of,
    is_named_tuple,
    is_record,
    required_of,
)
from ecoflows.workflow.typecheck.restrictions import opened
from ecoflows.workflow.typecheck.verdict import Verdict

_LISTS = {list: "list", set: "set", frozenset: "set", tuple: "tuple"}
_ABSTRACT = {
    collections.abc.Sequence: "sequence",
    collections.abc.Iterable: "iterable",
    collections.abc.MutableSequence: "collection",
    collections.abc.Collection: "collection",
    collections.abc.Set: "collection",
    collections.abc.Mapping: "mapping",
    collections.abc.MutableMapping: "mapping",
    dict: "mapping",
}
_KINDS: dict[Any, str] = {**_LISTS, **_ABSTRACT}


def assignable(source: Any, target: Any) -> Verdict:
    """Whether values of one annotation are taken by another.

    Of lists and mappings those without elements are left aside where something is refuted.

    Args:
        source: The annotation of what is given.
        target: The annotation of what is taken.
    """
    given, promised = opened(source)
    taken, asked = opened(target)
    members = _members(given)
    if members is not None and taken is not given:
        return _of_all(_literal(member, target) for member in members)
    verdict = _bare(given, taken)
    if asked.converts:
        return Verdict.UNKNOWN  # whatever it makes of the value
    if verdict is Verdict.REFUTED:
        return verdict
    same_value = given == taken or (given in NUMBERS and taken in NUMBERS)
    same_length = given == taken or (_kind(given), _kind(taken)) in (("list", "list"), ("mapping", "mapping"))
    return _weakest([verdict, promised.within(asked, same_value=same_value, same_length=same_length)])


def _members(annotation: Any) -> list[Any] | None:
    """The values of an annotation, where there are so many and no more."""
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    if _is_class(annotation) and issubclass(annotation, enum.Enum) and not issubclass(annotation, enum.Flag):
        return list(annotation) or None
    return [None] if annotation in (None, NoneType) else None


def _bare(source: Any, target: Any) -> Verdict:
    if target is Any or target is object or source == target:
        return Verdict.PROVED
    if get_origin(source) in (Union, UnionType):
        return _of_all(assignable(choice, target) for choice in get_args(source))
    if get_origin(target) in (Union, UnionType):
        return _of_any(assignable(source, choice) for choice in get_args(target))
    if source is Any or source is object:
        return Verdict.UNKNOWN
    if get_origin(target) is Literal:
        kinds = {type(value) for value in get_args(target)}
        alike = source in kinds or (source in NUMBERS and not kinds.isdisjoint(NUMBERS))
        return Verdict.UNKNOWN if alike or not _is_known(source) else Verdict.REFUTED
    if target in (None, NoneType):
        return Verdict.REFUTED if _is_known(source) else Verdict.UNKNOWN
    if isinstance(source, type) and is_named_tuple(source) and not _is_class(target):
        source = tuple[tuple(fields_of(source).values())]  # type: ignore[misc]  # made here
    if is_record(source) or is_record(target):
        return _records(source, target)
    given, taken = _kind(source), _kind(target)
    if given is None or taken is None:
        return _class_and_container(source, target, given, taken)
    return _containers(source, target, given, taken)


def _is_class(annotation: Any) -> bool:
    return isinstance(annotation, type) and get_origin(annotation) is None and annotation not in _KINDS


def _is_known(annotation: Any) -> bool:
    return _kind(annotation) is not None or annotation in PLAIN


def _kind(annotation: Any) -> str | None:
    """Which kind of container an annotation is, ``None`` for none."""
    try:
        return _KINDS.get(get_origin(annotation) or annotation)
    except TypeError:  # what is not hashable
        return None


def _of_all(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on a value that may be any of several kinds."""
    found = set(verdicts)
    return found.pop() if len(found) == 1 else Verdict.UNKNOWN


def _of_any(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on a value that may be taken in any of several ways."""
    found = set(verdicts)
    if Verdict.PROVED in found:
        return Verdict.PROVED
    return Verdict.REFUTED if found == {Verdict.REFUTED} else Verdict.UNKNOWN


def _weakest(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on a value of which every part has to be taken."""
    found = set(verdicts)
    for verdict in (Verdict.REFUTED, Verdict.UNKNOWN):
        if verdict in found:
            return verdict
    return Verdict.PROVED


def _adapter(target: Any) -> TypeAdapter[Any]:
    try:
        return _known_adapter(target)
    except TypeError:  # metadata that is not hashable
        return TypeAdapter(target)


@lru_cache(maxsize=1024)
def _known_adapter(target: Any) -> TypeAdapter[Any]:
    return TypeAdapter(target)


def _literal(value: Any, target: Any) -> Verdict:
    _bare, asked = opened(target)
    if asked.converts or any(_runs_code(mark) for mark in asked.marks):
        return Verdict.UNKNOWN  # a file, say, that is not there yet
    try:
        _adapter(target).validate_python(value)
    except ValidationError:
        return Verdict.REFUTED
    except Exception:  # noqa: BLE001  # a class that pydantic does not know
        return assignable(type(value), target) if not isinstance(value, enum.Enum | None) else Verdict.UNKNOWN
    return Verdict.PROVED


def _runs_code(mark: Any) -> bool:
    """Whether a restriction is code, and not a bound or a length."""
    return not isinstance(mark, BaseMetadata)


def _records(source: Any, target: Any) -> Verdict:
    """Typed dictionaries, of which the keys are known."""
    if not is_record(source):
        if _kind(source) == "mapping":
            return Verdict.UNKNOWN
        return Verdict.REFUTED if _is_known(source) or _is_no_mapping(source) else Verdict.UNKNOWN
    if _kind(target) == "mapping":
        key, value = _arguments(target, 2)
        found = [assignable(str, key)]
        for name, one in fields_of(source).items():
            found.append(_of_key(assignable(one, value), sure=name in required_of(source)))
        return _weakest(found)
    if not is_record(target):
        return container_into_class("mapping", target) if _is_class(target) else _refuted_if_list(target)
    given, taken = fields_of(source), fields_of(target)
    verdicts = [Verdict.PROVED if given.keys() <= taken.keys() else Verdict.UNKNOWN]
    for name, annotation in taken.items():
        needed = name in required_of(target)
        if name not in given:
            verdicts.append(Verdict.REFUTED if needed else Verdict.PROVED)
            continue
        sure = name in required_of(source)
        verdict = assignable(given[name], annotation)
        # Without the key nothing is refused, or the lack of it is.
        verdicts.append(_of_key(verdict, sure=sure or (needed and verdict is Verdict.REFUTED)))
        if needed and not sure:
            verdicts.append(Verdict.UNKNOWN)
    return _weakest(verdicts)


def _of_key(verdict: Verdict, *, sure: bool) -> Verdict:
    """The verdict on a key's value where the key may be missing."""
    return verdict if sure or verdict is not Verdict.REFUTED else Verdict.UNKNOWN


def _refuted_if_list(target: Any) -> Verdict:
    return Verdict.REFUTED if _kind(target) in ("list", "set", "tuple", "sequence") else Verdict.UNKNOWN


def _class_and_container(source: Any, target: Any, given: str | None, taken: str | None) -> Verdict:
    one, other = get_origin(source) or source, get_origin(target) or target
    if not (isinstance(one, type) and isinstance(other, type)):
        return Verdict.UNKNOWN
    if given is not None:
        return container_into_class(given, other)
    if taken is None:
        return compare_classes(source, target)
    if one in PLAIN:
        texts = one in (str, bytes) and taken in ("sequence", "iterable", "collection")
        return Verdict.UNKNOWN if texts else Verdict.REFUTED
    refused = _is_no_mapping(one) if taken == "mapping" else not hasattr(one, "__iter__")
    return Verdict.REFUTED if refused else Verdict.UNKNOWN


def _is_no_mapping(annotation: Any) -> bool:
    kind = get_origin(annotation) or annotation
    return isinstance(kind, type) and not issubclass(kind, collections.abc.Mapping)


def _containers(source: Any, target: Any, given: str, taken: str) -> Verdict:
    """Lists, sets, tuples and mappings."""
    concrete = (get_origin(source) or source) in (*_LISTS, dict)
    if taken in ("iterable", "collection") or not concrete:
        # Pydantic looks at the elements of these late, or not at all.
        inner = _arguments(target, 1)[0]
        easy = taken == "iterable" and inner is Any and concrete
        return Verdict.PROVED if easy else Verdict.UNKNOWN
    if "mapping" in (given, taken):
        if given != taken:
            return Verdict.REFUTED
        pairs = zip(_arguments(source, 2), _arguments(target, 2), strict=True)
        return _weakest(assignable(one, other) for one, other in pairs)
    if given == "set" and taken == "sequence":
        return Verdict.REFUTED
    parts = _parts(source) if given == "tuple" else [*_arguments(source, 1), ...]
    wanted = _parts(target) if taken == "tuple" else [*_arguments(target, 1), ...]
    verdict = _tuples(parts, wanted)
    if taken == "set" and given != "set" and verdict is Verdict.PROVED and not _hashes(wanted[0]):
        return Verdict.UNKNOWN  # a list, for one, cannot stand in a set
    return verdict


def _parts(annotation: Any) -> list[Any]:
    """The parts of a tuple; ``...`` as the last where there are as many as there are."""
    if get_origin(annotation) is None:
        return [Any, ...]
    return list(get_args(annotation))


def _tuples(given: list[Any], taken: list[Any]) -> Verdict:
    if taken[1:] == [...]:
        return _weakest(assignable(part, taken[0]) for part in given if part is not ...)
    if given[1:] == [...]:
        parts = [assignable(given[0], part) for part in taken]
        return Verdict.REFUTED if Verdict.REFUTED in parts else Verdict.UNKNOWN
    if len(given) != len(taken):
        return Verdict.REFUTED
    return _weakest(assignable(one, other) for one, other in zip(given, taken, strict=True))


def _hashes(annotation: Any) -> bool:
    """Whether every value of an annotation can stand in a set."""
    found, _asked = opened(annotation)
    if get_origin(found) in (Union, UnionType, tuple):
        return all(_hashes(part) for part in get_args(found) if part is not ...)
    return found in PLAIN or _members(found) is not None or get_origin(found) is frozenset


def _arguments(annotation: Any, count: int) -> tuple[Any, ...]:
    found = get_args(annotation)
    return found if len(found) == count else (Any,) * count
