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

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class PassesThrough:
    """Every column of an argument's table comes out again, as it was.

    With a mark for each of several tables, the columns of all come out. A task tagged ``io`` may bring
    further ones.

    Attributes:
        argument: The argument that takes the table.
    """

    argument: str


@dataclass(frozen=True)
class Keeps:
    """Of the columns so far only those that an argument names come out.

    A task that is asked for a column that is not there fails.

    Attributes:
        argument: An argument whose value is a list of names; an empty one keeps all.
    """

    argument: str


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


@dataclass(frozen=True)
class NothingElse:
    """No columns come out but those of the schema and of the marks.

    Attributes:
        like: A regular expression that the names of further columns begin with; none by default.
    """

    like: str | None = None


Effect = PassesThrough | Keeps | Drops | Renames | Adds | NothingElse
"""Any mark."""
EFFECTS = (PassesThrough, Keeps, Drops, Renames, Adds, NothingElse)
"""The classes of marks."""
