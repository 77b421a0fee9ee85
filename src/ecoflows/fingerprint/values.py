"""Values that no source shows, noted by content: closures, defaults, a notebook's globals."""

from __future__ import annotations

import functools
import logging
import uuid
import weakref
from collections.abc import Callable
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from ecoflows.decorators import Task
from ecoflows.store.canonical import canonical_json, encode

if TYPE_CHECKING:
    from ecoflows.fingerprint.collector import Collector

_PLAIN = (bool, int, float, complex, str, bytes)
_MAX_DEPTH = 20


def note_value(collector: Collector, value: Any, depth: int = 0) -> None:
    """Note a value so that equal ones give equal notes, in every process.

    Args:
        collector: Takes the notes.
        value: The value. One that cannot be compared is noted by a number of its own, so that no
            other object and no other process has an equal note.
        depth: How deep it is in lists and mappings.
    """
    kind = type(value)
    if value is None or value is Ellipsis or kind in _PLAIN:
        collector.note(kind.__name__, repr(value))
    elif isinstance(value, type):
        collector.of_class(value)
    elif isinstance(value, ModuleType):
        collector.note("module", value.__name__)
        collector.whole_module(value.__name__)
    elif depth > _MAX_DEPTH:
        _note_opaque(collector, value)
    elif kind in (list, tuple, dict, set, frozenset):
        _note_container(collector, value, depth)
    elif not _note_callable(collector, value):
        _note_object(collector, value)


def _note_container(collector: Collector, value: Any, depth: int) -> None:
    collector.note(type(value).__name__, str(len(value)))
    if isinstance(value, dict):
        items = [part for pair in value.items() for part in pair]
    elif isinstance(value, list | tuple):
        items = list(value)
    else:
        items = sorted(value, key=lambda item: (type(item).__name__, repr(item)))
    for item in items:
        note_value(collector, item, depth + 1)


def _note_callable(collector: Collector, value: Any) -> bool:
    """Note a function, a task, a method, a partial; tells whether it was one."""
    if isinstance(value, FunctionType):
        home = str(value.__globals__.get("__name__", ""))
        if collector.scope.has(home):
            collector.function(value)
        else:
            collector.note("function", f"{home}:{value.__code__.co_qualname}")
            collector.contents(value)
    elif isinstance(value, Task):
        note_value(collector, value.function)
    elif isinstance(value, MethodType):
        note_value(collector, value.__func__)
        note_value(collector, value.__self__)
    elif isinstance(value, functools.partial):
        collector.note("partial")
        note_value(collector, [value.func, list(value.args), value.keywords])
    elif isinstance(value, BuiltinFunctionType):
        collector.note("builtin", f"{value.__module__}:{value.__qualname__}")
        if value.__self__ is not None and not isinstance(value.__self__, ModuleType):
            note_value(collector, value.__self__)
    elif callable(value) and hasattr(value, "__wrapped__"):
        collector.note("wrapper", type(value).__qualname__)
        note_value(collector, value.__wrapped__)
    elif type(value).__name__ == "ufunc":
        collector.note("ufunc", value.__name__)
    else:
        return False
    return True


def _note_object(collector: Collector, value: Any) -> None:
    if isinstance(value, logging.Logger):
        collector.note("logger", value.name)
        return
    if getattr(value, "__origin__", None) is not None:  # list[int], Annotated[...]
        collector.note("type", repr(value))
        return
    if isinstance(value, Enum):
        collector.of_class(type(value))
        collector.note("member", value.name)
        return
    try:
        text = canonical_json(encode(value)).decode()
    except Exception:  # noqa: BLE001  # whatever the store cannot write
        _note_opaque(collector, value)
        return
    collector.of_class(type(value))
    collector.note("value", text)


def _note_opaque(collector: Collector, value: Any) -> None:
    collector.volatile = True
    collector.note("opaque", f"{type(value).__module__}.{type(value).__qualname__} {_number(value)}")


_NUMBERS: dict[int, tuple[Callable[[], Any], str]] = {}


def _number(value: Any) -> str:
    """A number that no other object has, in this process or in another."""
    found, number = _NUMBERS.get(id(value), (None, ""))
    if found is None or found() is not value:
        number = uuid.uuid4().hex
        try:
            _NUMBERS[id(value)] = weakref.ref(value), number
        except TypeError:  # kept, so that its place in memory is not another's one day
            _NUMBERS[id(value)] = (lambda: value), number
    return number
