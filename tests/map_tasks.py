"""Tasks for tests of maps and skips: lists, pairs and tables whose runs can be counted."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from ecoflows.annotations import AnyDataFrame, Skipped
from ecoflows.conditions import condition
from ecoflows.decorators import distributed

CALLS: Counter[Any] = Counter()
FAILING: set[Any] = set()
"""The values on which ``square`` fails."""
AT_ONCE: list[int] = [0, 0]
"""How many ``slow`` run now, and how many did at most."""
_LOCK = threading.Lock()


def reset() -> None:
    """Forget what ran and what is to fail."""
    CALLS.clear()
    FAILING.clear()
    AT_ONCE[:] = [0, 0]


@distributed
def numbers(count: int, offset: int = 0) -> list[int]:
    """Give whole numbers."""
    return list(range(offset, offset + count))


@distributed
def pairs(keys: list[str], values: list[int]) -> list[tuple[str, int]]:
    """Give pairs."""
    return list(zip(keys, values, strict=True))


@distributed
def mapping(keys: list[str]) -> dict[str, int]:
    """Give a mapping."""
    return {key: len(key) for key in keys}


@distributed
def anything(value: Any) -> Any:
    """Give what is given."""
    return value


@distributed
def table(rows: int = 3) -> AnyDataFrame:
    """Give a table."""
    return pd.DataFrame({"group": [f"g{row % 3}" for row in range(rows)], "value": range(rows)})


@distributed(tags=["io"])
def read_table(path: str) -> AnyDataFrame:
    """Read a table from outside."""
    return pd.read_csv(path)


@distributed
def split(df: AnyDataFrame, column: str = "group") -> list[tuple[str, AnyDataFrame]]:
    """Give a table per value of a column."""
    CALLS["split"] += 1
    return [(str(key), part.reset_index(drop=True)) for key, part in df.groupby(column)]


@distributed
def square(x: int) -> int:
    """Square a number."""
    CALLS[x] += 1
    if x in FAILING:
        raise ValueError(f"no square of {x} today")
    return x * x


@distributed
def power(x: int, exponent: int = 1) -> int:
    """Raise a number."""
    return int(x**exponent)


@distributed
def total(df: AnyDataFrame, factor: int = 1) -> int:
    """Add up."""
    CALLS[f"total {df['value'].sum()}"] += 1
    return int(df["value"].sum()) * factor


@distributed
def keep_above(df: AnyDataFrame, least: int) -> AnyDataFrame:
    """Drop rows."""
    return df[df["value"] >= least].reset_index(drop=True)


@distributed
def label(view: Any, data: Any) -> str:
    """Name a value."""
    return f"{view}: {data}"


@distributed
def add_up(values: list[int]) -> int:
    """Add numbers."""
    return sum(values)


@distributed
def count_gaps(values: list[int | Skipped]) -> int:
    """Count what was skipped."""
    return sum(isinstance(value, Skipped) for value in values)


@distributed
def or_zero(value: int | Skipped) -> int:
    """Make up for what was skipped."""
    return 0 if isinstance(value, Skipped) else value


@distributed
def slow(x: int, seconds: float = 0.1) -> int:
    """Take time."""
    with _LOCK:
        AT_ONCE[0] += 1
        AT_ONCE[1] = max(AT_ONCE)
    time.sleep(seconds)
    with _LOCK:
        AT_ONCE[0] -= 1
    return x


@distributed
def fail_at_first(x: int) -> int:
    """Fail once per number."""
    CALLS[x] += 1
    if CALLS[x] == 1:
        raise ConnectionError("not yet")
    return x


class Keyed(NamedTuple):
    """A table with a key."""

    key: str
    df: AnyDataFrame


@dataclass
class Layer:
    """A table with a style."""

    data: AnyDataFrame
    color: str = "red"


@distributed
def layer(df: AnyDataFrame) -> Layer:
    """Make a layer."""
    return Layer(df)


@distributed
def layers(df: AnyDataFrame) -> list[Layer]:
    """Make several layers."""
    return [Layer(part, key) for key, part in df.groupby("group")]


@distributed
def rows_of(item: Layer) -> int:
    """Count the rows of a layer."""
    return len(item.data)


@condition
def any_is_odd(*values: Any) -> bool:
    """Skip where a number is odd."""
    return any(isinstance(value, int) and value % 2 == 1 for value in values)


@condition
def breaks(*values: Any) -> bool:
    """Fail."""
    raise KeyError("no such thing")


@distributed(tags=["io"])
def read_text(name: str) -> str:
    """Read a text from outside."""
    from pathlib import Path

    return Path(name).read_text()


@distributed
def draw(x: int) -> float:
    """Give another number each time."""
    import random

    return random.random()


@distributed
def joined(values: list[Any]) -> str:
    """Put values side by side."""
    return " ".join(map(str, values))


@distributed
def table_or_gap(data: list[tuple[str, AnyDataFrame | Skipped]]) -> list[str]:
    """Tell what is a table and what is not there."""
    return [f"{key}: {type(value).__name__}" for key, value in data]


@distributed
def take_pair(pair: tuple[str, int]) -> str:
    """Take a pair."""
    return f"{pair[0]}={pair[1]}"


@condition
def exits(*values: Any) -> bool:
    """End the process."""
    raise SystemExit(0)


@distributed
def give_up(x: int) -> int:
    """Raise what no task should."""
    if x == 2:
        raise GeneratorExit("no more")
    return x


@distributed
def keys_and_tables() -> list[Keyed]:
    """Give pairs with names."""
    return [Keyed("a", pd.DataFrame({"value": [1, 2]})), Keyed("b", pd.DataFrame({"value": [5]}))]
