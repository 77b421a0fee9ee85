"""Whether every table of which something is known keeps to a pandera schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pandera.api.pandas.model import DataFrameModel

from ecoflows.workflow.typecheck.dtypes import compare_dtypes, dtype_name
from ecoflows.workflow.typecheck.ranges import compare_checks
from ecoflows.workflow.typecheck.schemas import schema_of
from ecoflows.workflow.typecheck.tables import Column, Table
from ecoflows.workflow.typecheck.verdict import Finding, Verdict


def compare_frames(table: Table, needed: type[DataFrameModel]) -> list[Finding]:
    """What each requirement of a schema comes to for the tables of which something is known.

    Args:
        table: What is known of them.
        needed: The schema that they are to keep to.

    Returns:
        A finding per requirement; all are proved where every such table is taken.
    """
    schema = schema_of(needed)
    if table.schema is schema:
        return [Finding(Verdict.PROVED, f"both keep to {needed.__name__}")]
    found = _Comparison(table, schema, needed.__name__).findings()
    if schema.parsers:  # they come first, and may make any column
        return [_softened(one) for one in found]
    return list(found)


class _Comparison:
    def __init__(self, table: Table, wanted: Any, taker: str) -> None:
        self.table, self.wanted, self.taker = table, wanted, taker
        self.giver = table.model

    def findings(self) -> Iterator[Finding]:
        for name, column in self.wanted.columns.items():
            if column.regex:
                yield from self._pattern(str(name), column)
            else:
                yield self._column(str(name), column)
        yield from self._whole()

    def _column(self, name: str, wanted: Any) -> Finding:
        given = self.table.columns.get(name)
        if given is None:
            return self._missing(name, wanted)
        if wanted.required and not given.required:
            found = self._values(name, replace(given, required=True), wanted)
            # Whether it is there or not; one that is missing may be added.
            if found.verdict is Verdict.REFUTED and not self.wanted.add_missing_columns:
                return found
            return Finding(Verdict.UNKNOWN, f"{self.giver} need not have a column '{name}'", name)
        return self._values(name, given, wanted)

    def _missing(self, name: str, wanted: Any) -> Finding:
        """A column of which nothing is known."""
        is_gone = name in self.table.gone and not self.table.patterns
        if self.table.may_have(name) and not (is_gone and wanted.required):
            what = "may have no column" if wanted.required else "may have something else as"
            return Finding(Verdict.UNKNOWN, f"{self.giver} {what} '{name}'", name)
        adds, filled = self.wanted.add_missing_columns, wanted.default is not None
        free = not (wanted.checks or wanted.unique)
        if (not wanted.required and not adds) or (adds and filled and free):
            return Finding(Verdict.PROVED, f"'{name}' need not be there", name)
        # What is added is filled with the default or with nulls, and looked at like the rest.
        unsure = adds and (filled or wanted.nullable or not wanted.required)
        verdict = Verdict.UNKNOWN if unsure else Verdict.REFUTED
        lost = " any more" if name in self.table.gone else ""
        return Finding(verdict, f"{self.giver} has no column '{name}'{lost}", name)

    def _values(self, name: str, given: Column, wanted: Any) -> Finding:
        found = self._kept_values(name, given, wanted)
        if wanted.parsers:
            reason = f"{self.taker} converts '{name}' in a way of its own before it looks at it"
            return Finding(Verdict.UNKNOWN, reason, name)
        if self.wanted.drop_invalid_rows and found.verdict is Verdict.REFUTED:
            return Finding(Verdict.UNKNOWN, f"{found.reason}, and {self.taker} leaves such rows out", name)
        return found

    def _kept_values(self, name: str, given: Column, wanted: Any) -> Finding:
        coerced = bool(wanted.coerce or self.wanted.coerce)
        verdict = compare_dtypes(given.dtype, wanted.dtype, coerced=coerced)
        if verdict is Verdict.REFUTED and not given.required and not wanted.required:
            verdict = Verdict.UNKNOWN  # there may be no such column
        if verdict is not Verdict.PROVED:
            kind = "of any type" if given.dtype is None else dtype_name(given.dtype)
            reason = f"'{name}' is {kind} in {self.giver}, and {self.taker} needs {dtype_name(wanted.dtype)}"
            return Finding(verdict, reason, name)
        if given.nullable and not wanted.nullable:
            return Finding(Verdict.UNKNOWN, f"'{name}' may have nulls in {self.giver}", name)
        if given.nullable and wanted.default is not None and (wanted.checks or wanted.unique):
            return Finding(
                Verdict.UNKNOWN, f"nulls of '{name}' in {self.giver} are filled before a check", name
            )
        if wanted.unique and not given.unique:
            return Finding(Verdict.UNKNOWN, f"'{name}' may have a value twice in {self.giver}", name)
        # Of what is converted, the values may change on the way.
        checks = () if coerced and given.dtype != wanted.dtype else given.checks
        for found, check in compare_checks(checks, wanted.checks):
            reason = f"'{name}' in {self.giver} need not be {check}"
            if found is Verdict.REFUTED and not given.nullable and given.required:
                return Finding(found, f"no value of '{name}' in {self.giver} is {check}", name)
            return Finding(Verdict.UNKNOWN, reason, name)  # nulls pass every check
        return Finding(Verdict.PROVED, f"{self.giver} gives '{name}' as {self.taker} needs it", name)

    def _pattern(self, pattern: str, wanted: Any) -> Iterator[Finding]:
        """The columns that a pattern is about."""
        matching = [name for name in self.table.columns if re.match(pattern, name)]
        for name in matching:
            yield self._values(name, self.table.columns[name], wanted)
        if wanted.required and not any(self.table.columns[name].required for name in matching):
            refuted = self.table.is_closed and not matching
            verdict = Verdict.REFUTED if refuted else Verdict.UNKNOWN
            yield Finding(verdict, f"{self.giver} promises no column like /{pattern}/", pattern)
        if not self.table.is_closed:
            yield Finding(Verdict.UNKNOWN, f"{self.giver} may have more columns like /{pattern}/", pattern)

    def _whole(self) -> Iterator[Finding]:
        """What is asked of the table as a whole."""
        given = self.table.schema
        if self.wanted.strict and self.wanted.strict != "filter":
            others = [name for name in self.table.columns if name not in self.wanted.columns]
            sure = [name for name in others if self.table.columns[name].required]
            if sure and not any(column.regex for column in self.wanted.columns.values()):
                reason = f"{self.taker} takes no other columns, and '{sure[0]}' is one"
                yield Finding(Verdict.REFUTED, reason, sure[0])
            elif others or not self.table.is_closed:
                yield Finding(Verdict.UNKNOWN, f"{self.giver} may have columns that {self.taker} refuses")
        if self.wanted.ordered:
            names = [str(name) for name in self.wanted.columns]
            same = given is not None and given.ordered and self.table.is_closed
            if not (same and list(self.table.columns) == names == [str(name) for name in given.columns]):
                reason = f"the columns may come in another order than in {self.taker}"
                yield Finding(Verdict.UNKNOWN, reason)
        if self.wanted.unique and (given is None or given.unique != self.wanted.unique):
            yield Finding(
                Verdict.UNKNOWN,
                f"{self.taker} needs rows that differ in {', '.join(map(str, self.wanted.unique))}",
            )
        index = None if given is None else given.index
        if self.wanted.index is not None and (index is None or self.wanted.index != index):
            yield Finding(Verdict.UNKNOWN, f"{self.taker} has an index that {self.giver} does not promise")
        known = () if given is None or self.wanted.coerce else given.checks
        unmet = compare_checks(known, self.wanted.checks)
        if unmet or self.wanted.parsers or self.wanted.dtype is not None:
            yield Finding(Verdict.UNKNOWN, f"{self.taker} checks the table as a whole")


def _softened(finding: Finding) -> Finding:
    """A finding where the consumer may mend what is wrong."""
    return replace(finding, verdict=Verdict.UNKNOWN) if finding.verdict is Verdict.REFUTED else finding
