"""Checking a spec of 500 instances, every edge decided: how long it takes beyond imports.

Tables of 20 columns go through tasks that hand them on, rename and add columns, and through maps.
Target: at most 1 s.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from typing import Annotated, Any

import pandera.pandas as pa
from pandera.typing import Series

from ecoflows.annotations import AnyDataFrame, DataFrame
from ecoflows.decorators import distributed
from ecoflows.effects import Adds, PassesThrough, Renames

_COLUMNS = [f"column_{number}" for number in range(20)]
WideSchema: Any = type(
    "WideSchema",
    (pa.DataFrameModel,),
    {
        "__annotations__": dict.fromkeys(_COLUMNS, Series[float]),
        **{name: pa.Field(ge=0) for name in _COLUMNS},
    },
)


class NarrowSchema(pa.DataFrameModel):
    """Some of them, and one more."""

    column_3: Series[float] = pa.Field(ge=-1)
    column_7: Series[float]
    speed: Series[float] = pa.Field(nullable=True)


@distributed
def make() -> DataFrame[WideSchema]:
    """Make a table."""
    raise AssertionError("nothing is run here")


@distributed
def rename(
    df: AnyDataFrame, names: dict[str, str]
) -> Annotated[AnyDataFrame, PassesThrough("df"), Renames(argument="names")]:
    """Rename columns."""
    return df.rename(columns=names)


@distributed
def add_speed(
    df: AnyDataFrame, column_name: str = "speed"
) -> Annotated[AnyDataFrame, PassesThrough("df"), Adds(argument="column_name", dtype=float)]:
    """Add a column."""
    return df.assign(**{column_name: 1.0})


@distributed
def split(df: AnyDataFrame) -> list[tuple[str, Annotated[AnyDataFrame, PassesThrough("df")]]]:
    """Split a table."""
    return [("all", df)]


@distributed
def measure(df: DataFrame[NarrowSchema]) -> float:
    """Take a number from a table."""
    return float(df["speed"].max())


def spec_text(instances: int) -> str:
    """A spec of so many instances, in chains of five."""
    lines = ["name: typed", "workflow:"]
    for chain in range(instances // 5):
        names = [f"{word}{chain}" for word in ("made", "renamed", "fast", "groups", "measured")]
        refs = ["${{ workflow." + name + ".return }}" for name in names]
        lines += [
            f"  - {{id: {names[0]}, task: make}}",
            f"  - {{id: {names[1]}, task: rename, partial: {{df: '{refs[0]}', names: {{column_1: c}}}}}}",
            f"  - {{id: {names[2]}, task: add_speed, partial: {{df: '{refs[1]}'}}}}",
            f"  - {{id: {names[3]}, task: split, partial: {{df: '{refs[2]}'}}}}",
            f"  - {{id: {names[4]}, task: measure, mapvalues: {{argnames: df, argvalues: '{refs[3]}'}}}}",
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the benchmark and print a small table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()

    from ecoflows import source, spec
    from ecoflows.registry import RegisteredTask, Registry
    from ecoflows.workflow.resolve import resolve
    from ecoflows.workflow.typecheck import check_edges

    tasks: list[Any] = [make, rename, add_speed, split, measure]
    registry = Registry([RegisteredTask(task, "benchmarks") for task in tasks])
    text = spec_text(arguments.instances)
    times, verdicts = [], []
    for _round in range(arguments.rounds):
        started = time.perf_counter()
        workflow, _ = resolve(spec.from_source(source.loads(text)), registry)
        verdicts = check_edges(workflow)
        times.append(time.perf_counter() - started)
    counts = Counter(found.verdict.value for found in verdicts)
    if set(counts) != {"proved"}:
        raise SystemExit(f"every edge should be proved: {counts}")
    print(f"a spec of {len(workflow.nodes)} instances, {len(verdicts)} edges, all proved")
    median = statistics.median(times)
    print(f"  first check {times[0]:.2f} s, median of {len(times)} {median:.2f} s (target: at most 1 s)")


if __name__ == "__main__":
    main()
