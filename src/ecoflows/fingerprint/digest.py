"""The digest, taken once per function for as long as the code it reaches stays loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from ecoflows.fingerprint.collector import Collector, Scope
from ecoflows.fingerprint.modules import is_same, state


@dataclass(frozen=True)
class _Taken:
    """A digest with the modules that it was read from, as they were loaded then."""

    digest: str
    states: Mapping[str, object]

    @property
    def holds(self) -> bool:
        return all(is_same(state(name), before) for name, before in self.states.items())


_TAKEN: WeakKeyDictionary[Callable[..., Any], _Taken] = WeakKeyDictionary()


def code_digest(function: Callable[..., Any]) -> str:
    """The sha256 of a function's code.

    Args:
        function: A plain Python function, wrapped by decorators or not.

    Returns:
        64 hexadecimal digits; equal in every process that has the same source. A function that
        closes over an object that cannot be compared has another digest in each process, so
        that its results are never taken for those of another.
    """
    taken = _TAKEN.get(function)
    if taken is not None and taken.holds:
        return taken.digest
    collector = Collector(Scope.of(function))
    collector.function(function)
    digest = hashlib.sha256("\n".join(collector.parts).encode("utf-8", "surrogatepass")).hexdigest()
    if not collector.volatile:
        _TAKEN[function] = _Taken(digest, {name: state(name) for name in collector.modules})
    return digest
