"""What a task does to the columns of a table, as marks in its return annotation.

A schema says which columns come out. Where a task hands on what it is given, a mark says so, and
what is known of the table before is known of it after::

    def keep_columns(
        df: AnyDataFrame, columns: list[str]
    ) -> Annotated[AnyDataFrame, PassesThrough("df"), Keeps("columns")]: ...

Marks hold in the order in which they stand. They are promises, like the schema: a task that does not
keep them misleads ``ecoflows check``, and a run still checks every table by its schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args


def _require_texts(mark: str, names: Iterable[object]) -> None:
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"{mark} takes names as texts, not {name!r}")


@dataclass(frozen=True)
class PassesThrough:
    """Every column of an argument's table comes out again, as it was.

    With a mark for each of several tables, the columns of all come out. A task tagged ``io`` may bring
    further ones.

    Attributes:
        argument: The argument that takes the table.
    """

    argument: str

    def __post_init__(self) -> None:
        _require_texts("PassesThrough", (self.argument,))


@dataclass(frozen=True)
class Keeps:
    """Of the columns so far only those that an argument names come out.

    A task that is asked for a column that is not there fails.

    Attributes:
        argument: An argument whose value is a list of names; an empty one keeps all.
    """

    argument: str

    def __post_init__(self) -> None:
        _require_texts("Keeps", (self.argument,))


@dataclass(frozen=True, init=False)
class Drops:
    """Some columns do not come out.

    Attributes:
        columns: Their names.
        argument: An argument whose value is a list of further names.
    """

    columns: tuple[str, ...]
    argument: str | None

    def __init__(self, *columns: str, argument: str | None = None) -> None:
        _require_texts("Drops", columns)
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "argument", argument)


@dataclass(frozen=True)
class Renames:
    """Some columns come out under another name.

    Attributes:
        columns: New names by old ones.
        argument: An argument whose value is a mapping of further ones.
        prefixes: What is taken off the start of every name, one after the other.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    argument: str | None = None
    prefixes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.columns, Mapping):
            raise TypeError(f"Renames takes a mapping of old names to new ones, not {self.columns!r}")
        _require_texts("Renames", (*self.columns.keys(), *self.columns.values()))
        prefixes: object = self.prefixes  # a text is easily taken for a tuple
        if isinstance(prefixes, str):
            raise TypeError(f"Renames takes a tuple of prefixes: write prefixes=({prefixes!r},)")
        _require_texts("Renames", self.prefixes)


@dataclass(frozen=True)
class Adds:
    """A column comes out besides those of the schema.

    Attributes:
        column: Its name; empty where an argument has it.
        dtype: Its type, as pandera takes it; ``None`` for any.
        argument: An argument whose value is the name.
        nullable: Whether it may have nulls.
    """

    column: str = ""
    dtype: Any = None
    argument: str | None = None
    nullable: bool = True

    def __post_init__(self) -> None:
        if bool(self.column) == bool(self.argument):
            raise TypeError("Adds takes the name of a column, or argument=... that has it")
        _require_texts("Adds", (self.column, self.argument or ""))


@dataclass(frozen=True)
class NothingElse:
    """No columns come out but those of the schema and of the marks.

    Attributes:
        like: A regular expression that the names of further columns begin with; none by default.
    """

    like: str | None = None

    def __post_init__(self) -> None:
        if self.like is not None:
            try:
                re.compile(self.like)
            except (re.error, TypeError) as error:
                raise TypeError(
                    f"NothingElse(like={self.like!r}) is no regular expression: {error}"
                ) from error


Effect = PassesThrough | Keeps | Drops | Renames | Adds | NothingElse
"""Any mark."""
EFFECTS = (PassesThrough, Keeps, Drops, Renames, Adds, NothingElse)
"""The classes of marks."""


def arguments_of(annotation: Any) -> Iterator[str]:
    """The arguments that the marks in an annotation name, however deep they stand.

    Args:
        annotation: A return annotation.
    """
    ahead = [annotation]
    while ahead:
        found = ahead.pop()
        if isinstance(found, EFFECTS):
            name = getattr(found, "argument", None)
            if name is not None:
                yield name
        ahead += [*get_args(found), *getattr(found, "__metadata__", ())]
