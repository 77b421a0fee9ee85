"""What annotations tell of a value's parts: the elements of a list, the halves of a pair."""

from __future__ import annotations

import collections.abc
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from typing_extensions import is_typeddict

from ecoflows.annotations import is_frame, unaliased
from ecoflows.skipped import Skipped

UNKNOWN = Any
"""What is said of a part of which the annotation says nothing."""

_LISTS = (
    list,
    tuple,
    collections.abc.Sequence,
    collections.abc.MutableSequence,
    collections.abc.Iterable,
    collections.abc.Collection,
)
_MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)


def bare(annotation: Any) -> Any:
    """An annotation without its metadata, and without what else it may be besides a value.

    Args:
        annotation: Any annotation; ``None`` and ``Skipped`` as alternatives are taken away.
    """
    while True:
        annotation = unaliased(annotation)
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, UnionType):
            choices = [item for item in get_args(annotation) if item not in (NoneType, Skipped)]
            if len(choices) != 1:
                return annotation
            annotation = choices[0]
        else:
            return annotation


def is_mapping(annotation: Any) -> bool:
    """Whether values of an annotation are mappings."""
    found = bare(annotation)
    kind = get_origin(found) or found
    return is_typeddict(found) or (isinstance(kind, type) and issubclass(kind, collections.abc.Mapping))


def element_of(annotation: Any) -> Any:
    """The annotation of a list's elements.

    Args:
        annotation: What is to be gone over.

    Returns:
        The elements' annotation, ``UNKNOWN`` where nothing is known of them, and ``None`` where
        the values of the annotation have no elements: tables, texts, numbers, mappings.
    """
    found = bare(annotation)
    origin, arguments = get_origin(found), get_args(found)
    if found in _LISTS:
        return UNKNOWN
    if origin in _LISTS:
        if origin is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
            return Union[arguments] if arguments else UNKNOWN  # noqa: UP007  # of as many as there are
        return arguments[0] if arguments else UNKNOWN
    if isinstance(found, type) and issubclass(found, list | tuple | range | collections.abc.Sequence):
        return int if found is range else None if issubclass(found, str | bytes) else UNKNOWN
    return UNKNOWN if _may_be_anything(found) else None


def parts_of(annotation: Any) -> tuple[Any, ...] | None:
    """The annotations of the parts that an element can be unpacked to.

    Args:
        annotation: The element's.

    Returns:
        One annotation per part; an empty tuple where their number is not known, and ``None``
        where there are none.
    """
    found = bare(annotation)
    if get_origin(found) is tuple:
        arguments = get_args(found)
        return () if Ellipsis in arguments else arguments
    if isinstance(found, type) and issubclass(found, tuple):
        return ()  # a named tuple
    return () if element_of(found) is not None else None


def pair_of(annotation: Any) -> tuple[Any, Any] | None:
    """The annotations of a pair's key and value, or ``None`` where it is none.

    Args:
        annotation: The annotation of what should be a pair.
    """
    parts = parts_of(annotation)
    if parts is None:
        return None
    if not parts:
        return UNKNOWN, UNKNOWN
    return (parts[0], parts[1]) if len(parts) == 2 else None


def _may_be_anything(found: Any) -> bool:
    """Whether some values of an annotation may have elements although it does not say so."""
    if get_origin(found) in (Union, UnionType):
        return any(element_of(choice) is not None for choice in get_args(found))
    if found is Any or found is object or not isinstance(found, type):
        return not is_frame(found) and get_origin(found) not in (*_MAPPINGS, set, frozenset)
    return False
