"""What is known of the columns of a table at one place of a workflow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pandera.api.pandas.model import DataFrameModel

from ecoflows.annotations import Geometry
from ecoflows.workflow.typecheck.schemas import schema_of

Names = frozenset[str]


@dataclass(frozen=True)
class Step:
    """One thing that happened to a table, for the story of a column.

    Attributes:
        instance: The task instance that did it.
        what: What it did, such as ``dropped``.
        argument: The argument that says so, if one does.
    """

    instance: str
    what: str
    argument: str | None = None

    def but(self, what: str) -> Step:
        """The same doing with another outcome."""
        return replace(self, what=what)


@dataclass(frozen=True)
class Column:
    """What is known of one column.

    Attributes:
        dtype: The pandera type that it has been checked against; ``None`` for any.
        nullable: Whether it may have nulls.
        required: Whether it is there for sure.
        unique: Whether no value stands in it twice.
        checks: The pandera checks that its values have passed.
        story: Who made it, and what became of it.
    """

    dtype: Any
    nullable: bool = True
    required: bool = True
    unique: bool = False
    checks: tuple[Any, ...] = ()
    story: tuple[Step, ...] = ()

    @classmethod
    def of(cls, column: Any, story: tuple[Step, ...] = ()) -> Column:
        """What a pandera column says."""
        return cls(
            column.dtype,
            bool(column.nullable),
            bool(column.required),
            bool(column.unique),
            tuple(column.checks),
            story,
        )

    def or_else(self, other: Column) -> Column:
        """What is known where this column stands or another of the same name, or both."""
        same = self.dtype is not None and self.dtype == other.dtype
        return Column(
            self.dtype if same else None,
            self.nullable or other.nullable,
            self.required or other.required,
            story=(*self.story, *other.story),
        )


@dataclass(frozen=True)
class Table:
    """What is known of a table.

    Attributes:
        columns: Its columns by name, those that may be there included.
        others: The names of columns that it may have besides; ``None`` where it may have any.
        like: A regular expression that the names of such others begin with.
        patterns: Whether its schema also speaks of columns by a pattern.
        schema: The pandera schema that it has been checked against as a whole.
        model: The schema's name.
        is_geo: Whether it has geometries for sure.
        gone: What became of columns that are not there any more, by name.
        story: Who made the table.
    """

    columns: Mapping[str, Column] = field(default_factory=dict)
    others: Names | None = None
    like: str | None = None
    patterns: bool = False
    schema: Any = None
    model: str = "the table"
    is_geo: bool = False
    gone: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    story: tuple[Step, ...] = ()

    def may_have(self, name: str) -> bool:
        """Whether a column that is not known may be there all the same."""
        if self.like is not None and re.match(self.like, name) is None:
            return False
        return self.patterns or self.others is None or name in self.others

    @property
    def is_closed(self) -> bool:
        """Whether it has no columns but the known ones."""
        return not self.patterns and self.others == frozenset()

    def checked(self, model: type[DataFrameModel], step: Step | None = None) -> Table:
        """The same table once a schema has been checked.

        Args:
            model: The schema.
            step: Who checks it.
        """
        schema = schema_of(model)
        story = (step,) if step else ()
        own = {
            str(name): Column.of(column, story) for name, column in schema.columns.items() if not column.regex
        }
        patterns = any(column.regex for column in schema.columns.values())
        kept = dict(self.columns)
        if schema.strict:
            kept = {} if not patterns else {name: replace(one, required=False) for name, one in kept.items()}
        return replace(
            self,
            columns={**kept, **own},
            others=frozenset() if schema.strict and not patterns else self.others,
            patterns=self.patterns or patterns,
            schema=schema,
            model=model.__name__,
            gone={name: story for name, story in self.gone.items() if name not in own},
        )

    def taken_as(self, model: type[DataFrameModel]) -> Table:
        """The same table as a task gets it by the schema of its parameter.

        Args:
            model: The parameter's schema.
        """
        schema = schema_of(model)
        own = {name: Column.of(one) for name, one in schema.columns.items() if not one.regex}
        if _converts(schema):
            table = self.unsure(more=True)
            return replace(table, columns={**table.columns, **own})
        # It has been checked: what was not known of its columns is known now.
        new = {
            name: column
            for name, column in own.items()
            if column.required and (name not in self.columns or self.columns[name].dtype is None)
        }
        return replace(self, columns={**self.columns, **new})

    def passed_on(self, step: Step) -> Table:
        """The same table from another task's hands: what holds of the whole does not any more."""
        return replace(self, schema=None, model=f"the table of '{step.instance}'", story=(*self.story, step))

    def without(self, names: Iterable[str], step: Step) -> Table:
        """The table without some columns."""
        lost = set(names)
        gone = {name: (*self.columns[name].story, step) for name in lost if name in self.columns}
        gone |= {name: (step,) for name in lost if name not in self.columns}
        return replace(
            self,
            columns={name: column for name, column in self.columns.items() if name not in lost},
            others=None if self.others is None else self.others - lost,
            gone={**self.gone, **gone},
            is_geo=self.is_geo and self._keeps_geometries(lost),
        )

    def _keeps_geometries(self, lost: set[str]) -> bool:
        """Whether a table of geometries is one still without some columns."""
        known = {name for name, column in self.columns.items() if isinstance(column.dtype, Geometry)}
        return bool(known - lost)

    def only(self, names: Iterable[str], step: Step) -> Table:
        """The table with some columns alone."""
        kept = list(names)
        lost = self.without([name for name in self.columns if name not in kept], step.but("left out"))
        # A column that is asked for and not known is there, or the task has failed.
        added = {
            name: Column(None, story=(step,))
            for name in kept
            if name not in lost.columns and self.may_have(name) and name not in self.gone
        }
        return replace(
            lost,
            columns={**lost.columns, **added},
            others=frozenset(),
            patterns=False,
            like=None,
            is_geo=self.is_geo and any(isinstance(one.dtype, Geometry) for one in lost.columns.values()),
        )

    def renamed(self, names: Mapping[str, str], step: Step) -> Table:
        """The table with some columns under other names."""
        moved = {old: new for old, new in names.items() if old != new}
        rest = self.without(moved, step)
        columns = dict(rest.columns)
        for old, new in moved.items():
            column = self.columns.get(old)
            if column is None and (not self.may_have(old) or (old in self.gone and not self.patterns)):
                continue
            column = column or Column(None, required=False)
            if new in columns:  # two of one name
                column = columns[new].or_else(column)
            columns[new] = replace(column, story=(*column.story, step))
        gone = {name: story for name, story in rest.gone.items() if name not in columns}
        return replace(rest, columns=columns, gone=gone)

    def joined(self, other: Table) -> Table:
        """The table that has the columns of this one and of another."""
        columns = dict(self.columns)
        for name, column in other.columns.items():
            columns[name] = columns[name].or_else(column) if name in columns else column
        both = None if self.others is None or other.others is None else self.others | other.others
        unknown = self.patterns or other.patterns or self.like is not None or other.like is not None
        return replace(
            self,
            columns=columns,
            others=None if unknown else both,
            like=None,
            patterns=False,
            gone={name: story for name, story in self.gone.items() if name in other.gone},
            story=(*self.story, *other.story),
            is_geo=False,
        )

    def with_column(self, name: str, column: Column) -> Table:
        """The table with one column more."""
        gone = {other: story for other, story in self.gone.items() if other != name}
        return replace(self, columns={**self.columns, name: column}, gone=gone)

    def unsure(self, *, more: bool) -> Table:
        """The table after something unknown was done to its columns.

        Args:
            more: Whether columns may have come in, not only gone.
        """
        columns = {name: replace(column, required=False) for name, column in self.columns.items()}
        table = replace(self, columns=columns, schema=None, is_geo=False)
        return replace(table, others=None, like=None, gone={}) if more else table


def _converts(schema: Any) -> bool:
    """Whether checking a table by a schema changes the table."""
    whole = schema.coerce or schema.strict == "filter" or schema.parsers or schema.dtype is not None
    more = getattr(schema, "add_missing_columns", False) or getattr(schema, "drop_invalid_rows", False)
    columns = schema.columns.values()
    each = any(one.coerce or one.parsers or getattr(one, "default", None) is not None for one in columns)
    return bool(whole or more or each)


def table_of(model: type[DataFrameModel] | None, *, closed: bool = False, step: Step | None = None) -> Table:
    """What a schema alone says of a table.

    Args:
        model: The schema; ``None`` for any table.
        closed: Whether the table has no other columns.
        step: Who made it.
    """
    blank = Table(others=frozenset() if closed else None, story=(step,) if step else ())
    return blank if model is None else blank.checked(model, step)
