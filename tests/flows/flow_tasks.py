"""Tasks for tests of flows; counters and barriers work because all run in one process."""

from __future__ import annotations

import functools
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any

import pandera.pandas as pa
from pandera.typing import Series
from pydantic import AfterValidator, Field

from ecoflows.annotations import DataFrame
from ecoflows.decorators import distributed

calls: Counter[str] = Counter()
barrier = threading.Barrier(2)


class NumbersSchema(pa.DataFrameModel):
    """Numbers."""

    value: Series[float]


@distributed(tags=["io"])
def read_numbers(count: Annotated[int, Field(description="How many.", ge=0)] = 5) -> DataFrame[NumbersSchema]:
    """Read numbers from outside."""
    import geopandas as gpd
    import numpy as np

    calls["read_numbers"] += 1
    values = np.arange(count, dtype=float)
    # Geometries are what makes a frame's hash in memory differ after a round trip.
    return gpd.GeoDataFrame(
        {"value": values}, geometry=gpd.points_from_xy(values / 3, values / 7), crs="EPSG:4326"
    )


@distributed
def scale(numbers: DataFrame[NumbersSchema], k: float) -> DataFrame[NumbersSchema]:
    """Multiply by k."""
    calls["scale"] += 1
    return numbers.assign(value=numbers["value"] * k)


def _reported(function: Callable[..., float]) -> Callable[..., float]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> float:
        calls[function.__name__] += 1
        return function(*args, **kwargs)

    return wrapper


@distributed
@_reported
def mean(numbers: DataFrame[NumbersSchema]) -> float:
    """The mean."""
    return numbers["value"].mean()


@distributed
@_reported
def maximum(numbers: DataFrame[NumbersSchema]) -> float:
    """The maximum."""
    return numbers["value"].max()


@distributed
def fail(numbers: DataFrame[NumbersSchema]) -> float:
    """Fail."""
    raise ValueError(f"cannot work with {len(numbers)} numbers")


@distributed
def add(a: float, b: float) -> float:
    """Add two numbers."""
    return a + b


@distributed
def fail_twice(seed: int) -> int:
    """Fail two times, then return."""
    calls["fail_twice"] += 1
    if calls["fail_twice"] < 3:
        raise ConnectionError("not yet")
    return seed


@distributed
def dawdle(seconds: float) -> float:
    """Sleep in small steps, so that a time limit can end it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(0.02)
    return seconds


@distributed
def meet_left() -> int:
    """Return only if the other branch runs at the same time."""
    return barrier.wait(30)


@distributed
def meet_right() -> int:
    """Return only if the other branch runs at the same time."""
    return barrier.wait(30)


@distributed
def meet(x: int) -> int:
    """Return only if another element is worked on at the same time."""
    barrier.wait(30)
    return x


@distributed
def exclaim(text: Annotated[str, AfterValidator(lambda text: text + "!")]) -> str:
    """Return the text as it arrives."""
    return text


@distributed
def fail_then_dawdle() -> float:
    """Fail at first, then take too long."""
    calls["fail_then_dawdle"] += 1
    if calls["fail_then_dawdle"] == 1:
        raise ConnectionError("not yet")
    until = time.monotonic() + 20
    while time.monotonic() < until:
        time.sleep(0.02)
    return 1.0
