"""What marks say of a table against what pandas makes of it."""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import Annotated, Any

import pandas as pd
import pandera.pandas as pa
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from pandera.typing.pandas import Series

import edge_tasks
from ecoflows.annotations import AnyDataFrame, DataFrame
from ecoflows.decorators import distributed
from ecoflows.effects import Adds, Drops, Keeps, NothingElse, PassesThrough, Renames
from ecoflows.registry import Registry
from ecoflows.workflow.typecheck import Verdict, check_edges, overall
from ecoflows.workflow.typecheck.frames import compare_frames
from ecoflows.workflow.typecheck.tables import Table
from support import registry_of, workflow_of

NAMES = ["a", "b", "c", "p_a", "p_b"]


class Both(pa.DataFrameModel):
    a: Series[float]
    b: Series[float]


def _needing(name: str) -> type[pa.DataFrameModel]:
    return type("Needing", (pa.DataFrameModel,), {"__annotations__": {name: Series[float]}})


NEEDING = {name: _needing(name) for name in NAMES}


@distributed
def closed() -> DataFrame[Both]:
    return pd.DataFrame(columns=["a", "b"], dtype=float)


@distributed(tags=["io"])
def opened() -> DataFrame[Both]:
    return pd.DataFrame(columns=["a", "b", "p_a"], dtype=float)


@distributed
def prefixed() -> Annotated[DataFrame[Both], NothingElse(like="p_")]:
    return pd.DataFrame(columns=["a", "b", "p_a"], dtype=float)


@distributed
def anything() -> AnyDataFrame:
    return pd.DataFrame(columns=["c"], dtype=float)


@distributed
def names() -> list[str]:
    return ["a"]


@distributed
def without_p(df: AnyDataFrame) -> Annotated[AnyDataFrame, PassesThrough("df"), Renames(prefixes=("p_",))]:
    return df.rename(columns=lambda name: name.removeprefix("p_"))


@distributed
def without_c(
    df: AnyDataFrame,
) -> Annotated[AnyDataFrame, PassesThrough("df"), Drops("c"), Adds("p_b", float)]:
    return df.drop(columns="c", errors="ignore").assign(p_b=1.0)


@distributed(tags=["io"])
def enrich(df: AnyDataFrame) -> Annotated[AnyDataFrame, PassesThrough("df")]:
    return df.assign(c=1.0)


@distributed
def pick(
    df: AnyDataFrame, columns: list[str] | None = None
) -> Annotated[AnyDataFrame, PassesThrough("df"), Keeps("columns")]:
    return df[columns] if columns else df


@distributed
def needs(df: AnyDataFrame) -> int:
    return len(df)


SOURCES: dict[str, tuple[list[str], list[str]]] = {
    "closed": (["a", "b"], []),
    "opened": (["a", "b"], ["c", "p_a", "p_b"]),
    "prefixed": (["a", "b"], ["p_a", "p_b"]),
    "anything": ([], NAMES),
}
"""The columns that a table of a source has for sure, and those that it may have."""

FUNCTIONS: dict[str, Any] = {
    **{name: getattr(edge_tasks, name) for name in ("keep", "drop", "rename", "add_number")},
    **{task.name: task for task in (without_p, without_c, enrich, pick)},
}
COLUMNS = st.lists(st.sampled_from(NAMES), unique=True, max_size=4)
ARGUMENTS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "keep": st.fixed_dictionaries({"columns": COLUMNS}),
    "drop": st.fixed_dictionaries({"columns": COLUMNS}),
    "rename": st.fixed_dictionaries(
        {"names": st.dictionaries(st.sampled_from(NAMES), st.sampled_from(NAMES), max_size=3)}
    ),
    "add_number": st.fixed_dictionaries({"name": st.sampled_from(NAMES)}),
    "pick": st.fixed_dictionaries({}, optional={"columns": COLUMNS}),
}


@cache
def registry() -> Registry:
    return registry_of(sys.modules[__name__], edge_tasks)


def table_after(instances: list[dict[str, Any]]) -> Table:
    """What is known of the table that the last of some instances returns."""
    reference = f"${{{{ workflow.{instances[-1]['id']}.return }}}}"
    last = {"id": "last", "task": "test_marks.needs", "partial": {"df": reference}}
    text = json.dumps({"name": "chain", "workflow": [*instances, last]})
    edge = check_edges(workflow_of(text, registry()))[-1]
    assert edge.table is not None
    return edge.table


def chain(*steps: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Instances of which each takes the table of the one before."""
    found: list[dict[str, Any]] = []
    for index, (task, arguments) in enumerate(steps):
        given = {"df": f"${{{{ workflow.s{index - 1}.return }}}}", **arguments} if index else arguments
        found.append({"id": f"s{index}", "task": task, "partial": given})
    return found


def presence(table: Table, name: str) -> Verdict:
    """Whether a column is there: proved, refuted or unknown."""
    findings = compare_frames(table, NEEDING[name])
    if overall(findings) is Verdict.REFUTED:
        return Verdict.REFUTED
    column = table.columns.get(name)
    return Verdict.PROVED if column is not None and column.required else Verdict.UNKNOWN


@st.composite
def frames(draw: st.DrawFn, source: str) -> pd.DataFrame:
    sure, perhaps = SOURCES[source]
    more = draw(st.lists(st.sampled_from(perhaps), unique=True)) if perhaps else []
    return pd.DataFrame({name: [1.0] for name in [*sure, *more]})


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_columns_are_where_marks_say(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(sorted(SOURCES)))
    frame = data.draw(frames(source))
    steps: list[tuple[str, dict[str, Any]]] = [(f"test_marks.{source}", {})]
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(sorted(FUNCTIONS)))
        arguments = data.draw(ARGUMENTS.get(name, st.just({})))
        steps.append((name, arguments))
        try:
            frame = FUNCTIONS[name].function(frame, **arguments)
        except KeyError:  # a column is asked for that is not there: the task fails
            assume(False)
        assume(frame.columns.is_unique)
    table = table_after(chain(*steps))
    for name in NAMES:
        found = presence(table, name)
        event(found.value)
        if found is not Verdict.UNKNOWN:
            assert (name in frame.columns) is (found is Verdict.PROVED), (
                f"{name}: {steps}, {list(frame.columns)}"
            )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_tables_of_two_arguments_are_joined(data: st.DataObject) -> None:
    sources = [data.draw(st.sampled_from(sorted(SOURCES))) for _ in range(2)]
    left, right = (data.draw(frames(source)) for source in sources)
    frame = edge_tasks.merge.function(left, right)
    inputs = [{"id": f"i{index}", "task": f"test_marks.{name}"} for index, name in enumerate(sources)]
    both = {"left": "${{ workflow.i0.return }}", "right": "${{ workflow.i1.return }}"}
    table = table_after([*inputs, {"id": "merged", "task": "merge", "partial": both}])
    for name in NAMES:
        found = presence(table, name)
        if found is not Verdict.UNKNOWN:
            assert (name in frame.columns) is (found is Verdict.PROVED), f"{name}: {sources}"


def test_a_chain_that_is_known_is_known_wholly() -> None:
    """Nothing is left open where all arguments are literal and the first table is closed."""
    steps = chain(
        ("test_marks.closed", {}),
        ("rename", {"names": {"a": "c", "p_a": "p_b"}}),
        ("add_number", {"name": "a"}),
        ("drop", {"columns": ["b"]}),
    )
    table = table_after(steps)
    assert table.is_closed
    assert sorted(table.columns) == ["a", "c"]
    assert [step.what for step in table.columns["c"].story] == ["made", "renamed"]
    assert [step.what for step in table.gone["b"]] == ["made", "dropped"]


@pytest.mark.parametrize(
    ("task", "arguments", "expected"),
    [
        ("keep", {"columns": "${{ workflow.names.return }}"}, {"a": "unknown", "c": "refuted"}),
        ("drop", {"columns": "${{ workflow.names.return }}"}, {"a": "unknown", "c": "refuted"}),
        ("keep", {}, {"a": "unknown", "c": "refuted"}),
        ("rename", {}, {"a": "unknown", "c": "unknown"}),
        ("pick", {}, {"a": "proved", "c": "refuted"}),
        ("add_number", {}, {"a": "proved", "c": "refuted"}),
        ("enrich", {}, {"a": "proved", "c": "unknown"}),
    ],
)
def test_arguments_count_as_far_as_they_are_known(
    task: str, arguments: dict[str, Any], expected: dict[str, str]
) -> None:
    steps = chain(("test_marks.closed", {}), (task, arguments))
    table = table_after([{"id": "names", "task": "test_marks.names"}, *steps])
    assert {name: presence(table, name).value for name in expected} == expected
