"""Tasks whose runs can be counted, spoilt and slowed; numbers in, numbers out."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import Field

from ecoflows.annotations import AnyDataFrame, DataFrame
from ecoflows.decorators import distributed
from sample_tasks import FixesSchema

RUNS: Counter[str] = Counter()
FAILURES: Counter[str] = Counter()
"""How often a task is still to fail."""


def note(name: str) -> None:
    """Count a run, and fail if that is what is wanted."""
    RUNS[name] += 1
    if FAILURES[name] > 0:
        FAILURES[name] -= 1
        raise RuntimeError(f"{name} fails, {FAILURES[name]} left")


@distributed(tags=["io"])
def read(path: str) -> DataFrame[FixesSchema]:
    """Read a table."""
    note("read")
    return pd.read_csv(Path(path)).astype({"x": float, "y": float})


@distributed
def clean(
    table: DataFrame[FixesSchema], least: Annotated[float, Field(ge=0)] = 0.0
) -> DataFrame[FixesSchema]:
    """Drop rows."""
    note("clean")
    return table[table["x"] >= least].reset_index(drop=True)


@distributed
def total(table: AnyDataFrame, factor: float = 1.0) -> float:
    """Add up."""
    note("total")
    return float(table["x"].sum() * factor)


@distributed
def count(table: AnyDataFrame) -> int:
    """Count rows."""
    note("count")
    return len(table)


@distributed
def add(numbers: list[float]) -> float:
    """Add numbers."""
    note("add")
    return sum(numbers)


@distributed
def nap(seconds: float) -> float:
    """Take time."""
    note("nap")
    time.sleep(seconds)
    return seconds


@distributed
def lie(x: int) -> DataFrame[FixesSchema]:
    """Return what was not promised."""
    note("lie")
    return pd.DataFrame({"x": [x]})
