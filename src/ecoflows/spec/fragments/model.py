"""Fragments as data: their parameters, their ids, their uses of one another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ecoflows.errors import Problem
from ecoflows.source import DataPath, Source
from ecoflows.spec.shapes import Id

_MAX_ID = 500


class FragmentTop(BaseModel):
    """What may stand at the top of a fragment."""

    model_config = ConfigDict(extra="forbid")

    fragment: Id
    description: str | None = None
    parameters: dict[Any, Any] | None = None
    workflow: Annotated[list[Any], Field(min_length=1)]
    returns: Annotated[str | None, Field(alias="return")] = None


class ParameterShape(BaseModel):
    """What may be said of a fragment's parameter."""

    model_config = ConfigDict(extra="forbid")

    description: str | None = None
    default: Any = None


class UseEntry(BaseModel):
    """An entry that uses a fragment."""

    model_config = ConfigDict(extra="forbid")

    id: Id
    use: Any
    name: str | None = None


class UseShape(BaseModel):
    """Which fragment is used, and what it is given."""

    model_config = ConfigDict(extra="forbid")

    fragment: Annotated[str, Field(min_length=1)]
    given: Annotated[dict[str, Any] | None, Field(alias="with")] = None


@dataclass(frozen=True)
class FragmentParameter:
    """A parameter of a fragment.

    Attributes:
        description: What it is for.
        has_default: Whether there is a default.
        is_required: Whether a use has to give it.
    """

    description: str
    has_default: bool
    is_required: bool


@dataclass(frozen=True)
class Use:
    """An entry that uses a fragment.

    Attributes:
        id: Its id; empty where it has none.
        path: Where it stands.
        title: What it is called, if anything.
        given: The names of the parameters that it gives.
        unit: The fragment; ``None`` where there is none, or none that can be used here.
        problems: What is wrong with the use.
    """

    id: str
    path: DataPath
    title: str | None = None
    given: tuple[str, ...] = ()
    unit: Unit | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Unit:
    """A document with instances and uses: a spec or a fragment.

    Attributes:
        name: The fragment's name; empty for a spec.
        source: The document.
        parameters: The fragment's parameters by name.
        ids: The ids of its instances.
        uses: Its uses by their path.
        returns: The id that a reference to the fragment means, if it is known.
        size: How many instances, groups and uses it comes to, expanded.
        height: How many levels of fragments it uses.
        problems: What is wrong with it.
        is_broken: Whether nothing can be made of it.
    """

    name: str
    source: Source = field(repr=False)
    parameters: Mapping[str, FragmentParameter] = field(default_factory=dict)
    ids: frozenset[str] = frozenset()
    uses: Mapping[DataPath, Use] = field(default_factory=dict)
    returns: str = ""
    size: int = 0
    height: int = 0
    problems: tuple[Problem, ...] = ()
    is_broken: bool = False

    @cached_property
    def by_id(self) -> dict[str, Use]:
        """Its uses by id."""
        return {use.id: use for use in self.uses.values() if use.id}

    def meaning(self, name: str) -> str | None:
        """The id, seen from this document, of the instance that a reference means.

        Args:
            name: An instance's id, a use's, or a use's followed by ``.`` and an id in its fragment.

        Returns:
            The id; empty where a problem of which was told already stands in the way, ``None`` where
            there is no such instance.
        """
        if name in self.ids:
            return name
        uses = self.by_id
        if name in uses:
            found = uses[name].unit
            return _joined(name, found.meaning(found.returns) if found and found.returns else "")
        for dot in re.finditer(r"\.", name[: _MAX_ID + 1]):
            use = uses.get(name[: dot.start()])
            if use is not None:
                inner = "" if use.unit is None or use.unit.is_broken else use.unit.meaning(name[dot.end() :])
                if inner is not None:
                    return _joined(use.id, inner)
        return None


def _joined(use: str, inner: str | None) -> str:
    return f"{use}.{inner}" if inner else ""


def entries_of(entries: list[Any], path: DataPath) -> Iterator[tuple[DataPath, Any]]:
    """The instances and uses of a list, those in task groups too, with their paths."""
    for index, entry in enumerate(entries):
        if is_group(entry):
            yield from entries_of(entry["tasks"], (*path, index, "tasks"))
        else:
            yield (*path, index), entry


def is_group(entry: Any) -> bool:
    """Whether an entry is a task group, whose tasks are a list."""
    return isinstance(entry, dict) and not is_use(entry) and isinstance(entry.get("tasks"), list)


def is_use(entry: Any) -> bool:
    """Whether an entry uses a fragment, or tries to."""
    return isinstance(entry, dict) and "use" in entry
