"""What is proved of two schemas holds for every table; what is refuted, for none with rows."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest
from hypothesis import assume, event, given, note, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors
from pandera.typing import Series

from ecoflows.annotations import Text, UtcTime
from ecoflows.workflow.typecheck import Verdict, compare_frames, overall
from ecoflows.workflow.typecheck.tables import table_of

NAMES = ["a", "b", "c"]
TYPES: dict[str, Any] = {
    "int64": np.int64,
    "float64": np.float64,
    "float32": np.float32,
    "Int64": pd.Int64Dtype,
    "bool": bool,
    "str": str,
    "Text": Text,
    "UtcTime": UtcTime,
    "object": object,
}
NUMBERS = ("int64", "float64", "float32", "Int64")
BOUNDS = st.integers(-2, 3)


@st.composite
def fields(draw: st.DrawFn) -> tuple[str, dict[str, Any], bool]:
    """A column: the name of its type, its pandera options, whether it may be missing."""
    kind = draw(st.sampled_from(sorted(TYPES)))
    options: dict[str, Any] = {
        "nullable": draw(st.booleans()),
        "coerce": draw(st.sampled_from([False, False, True])),
    }
    if draw(st.integers(0, 5)) == 0:
        options["unique"] = True
    if kind in NUMBERS:
        for check in draw(
            st.sets(st.sampled_from(["ge", "gt", "le", "lt", "isin", "eq", "in_range"]), max_size=2)
        ):
            if check == "isin":
                options[check] = draw(st.lists(BOUNDS, min_size=1, max_size=3))
            elif check == "in_range":
                low = draw(BOUNDS)
                options[check] = {"min_value": low, "max_value": low + draw(st.integers(0, 3))}
            else:
                options[check] = draw(BOUNDS)
    return kind, options, draw(st.integers(0, 3)) == 0


@st.composite
def models(draw: st.DrawFn, name: str) -> type[pa.DataFrameModel]:
    """A pandera model of some of the columns."""
    chosen = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))
    annotations: dict[str, Any] = {}
    namespace: dict[str, Any] = {}
    for column in chosen:
        kind, options, optional = draw(fields())
        series = Series[TYPES[kind]]  # type: ignore[misc]  # made here
        annotations[column] = Optional[series] if optional else series  # noqa: UP045  # pandera's spelling
        namespace[column] = pa.Field(**options)
    config = type(
        "Config",
        (),
        {
            "strict": draw(st.sampled_from([False, False, True, "filter"])),
            "ordered": draw(st.sampled_from([False, False, True])),
            "coerce": draw(st.sampled_from([False, False, True])),
        },
    )
    return type(name, (pa.DataFrameModel,), {"__annotations__": annotations, "Config": config, **namespace})


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int64": BOUNDS,
    "float64": BOUNDS.map(float),
    "float32": BOUNDS.map(float),
    "Int64": BOUNDS,
    "bool": st.booleans(),
    "str": st.sampled_from(["x", "y"]),
    "Text": st.sampled_from(["x", "y"]),
    "UtcTime": st.sampled_from([pd.Timestamp("2024-01-01", tz="UTC"), pd.Timestamp("2025-01-01", tz="UTC")]),
    "object": st.sampled_from(["x", 1]),
}


@st.composite
def columns(draw: st.DrawFn, kind: str, rows: int) -> pd.Series[Any]:
    """Values of a type, some of them missing."""
    values = [draw(st.one_of(VALUES[kind], VALUES[kind], st.none())) for _ in range(rows)]
    if kind in ("int64", "bool"):
        values = [draw(VALUES[kind]) for _ in range(rows)]
    dtype = {"UtcTime": "datetime64[us, UTC]", "Text": "str", "Int64": "Int64"}.get(kind, kind)
    return pd.Series(values, dtype=dtype)


@st.composite
def tables(draw: st.DrawFn, model: type[pa.DataFrameModel]) -> pd.DataFrame:
    """A table that keeps to a model, as a task returns it."""
    rows = draw(st.integers(1, 3))
    schema = model.to_schema()
    found: dict[str, Any] = {}
    kinds = {name: draw(st.sampled_from(sorted(TYPES))) for name in NAMES}
    names = draw(st.permutations(NAMES)) if not schema.ordered else [*schema.columns]
    for name in [*names, *(set(NAMES) - set(names))]:
        column = schema.columns.get(name)
        if column is None:
            if not schema.strict and draw(st.booleans()):
                found[name] = draw(columns(kinds[name], rows))
        elif column.required or draw(st.booleans()):
            same = [kind for kind in TYPES if column.dtype.check(_engine(kind))]
            found[name] = draw(columns(draw(st.sampled_from(same or sorted(TYPES))), rows))
    try:
        return model.validate(pd.DataFrame(found, index=range(rows)), lazy=True)
    except SchemaErrors:
        assume(False)
        raise AssertionError from None


def _engine(kind: str) -> Any:
    from pandera.engines.pandas_engine import Engine

    return Engine.dtype("str" if kind == "Text" else "datetime64[us, UTC]" if kind == "UtcTime" else kind)


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_what_is_proved_holds_and_what_is_refuted_does_not(data: st.DataObject) -> None:
    produced, needed = data.draw(models("Produced")), data.draw(models("Needed"))
    findings = compare_frames(table_of(produced), needed)
    verdict = overall(findings)
    event(verdict.value)
    if verdict is Verdict.UNKNOWN:
        return
    table = data.draw(tables(produced))
    note(f"{findings}\n{table.dtypes}")
    if verdict is Verdict.PROVED:
        needed.validate(table, lazy=True)
    else:
        with pytest.raises(SchemaErrors):
            needed.validate(table, lazy=True)
