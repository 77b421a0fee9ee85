"""Simulated elephants, with the habits and the faulty fixes of real ones.

Each animal is a two-state correlated random walk (rest and travel, after Morales et al. 2004,
Ecology 85, 2436-2445) that a home range pulls back, with a fix about every 15 minutes. The draws
are seeded: the same arguments give the same fixes, and one animal more leaves the others as they
are.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ecoflows.annotations import DataFrame
    from ecoflows.tasks.schemas import SubjectGroupObservationsGDFSchema

DEFAULT_SEED = 2024
"""The seed of the example data."""

_NAMES = (
    ("Salama", "female"),
    ("Tumaini", "male"),
    ("Zawadi", "female"),
    ("Jabali", "male"),
    ("Nyota", "female"),
    ("Baraka", "male"),
    ("Imara", "female"),
    ("Shujaa", "male"),
)
PARK = (37.56, 0.57)  # Samburu, Kenya: longitude and latitude in degrees
_HOMES_APART = 6_000.0  # standard deviation of the home ranges' centres (m)
_START = "2024-01-01T03:00:00"  # UTC, early morning in Kenya
_INTERVAL = 900.0  # s
_JITTER = 15.0  # s
_METERS_PER_DEGREE = 111_195.0

_NULL_ISLANDS = ((0.0, 0.0), (180.0, 90.0))
_FIXES_PER_FAULT = 250


@dataclass(frozen=True)
class _Gait:
    """How an animal moves in one of its two states.

    Attributes:
        mean_speed: The mean of the speed (km/h).
        regularity: The shape of the gamma distribution of speeds.
        turning: The standard deviation of the change of direction from fix to fix (radians).
        leaving: The probability to change to the other state at a fix.
    """

    mean_speed: float
    regularity: float
    turning: float
    leaving: float


_REST = _Gait(mean_speed=0.18, regularity=1.2, turning=1.2, leaving=0.06)
_TRAVEL = _Gait(mean_speed=1.0, regularity=2.8, turning=0.3, leaving=0.11)
_HOME_RADIUS = 12_000.0  # m, where the pull home is half as strong as the will to go on


def simulate_observations(
    *, subjects: int = 3, fixes: int = 1500, seed: int = DEFAULT_SEED
) -> DataFrame[SubjectGroupObservationsGDFSchema]:
    """Simulate the fixes of some elephants in a Kenyan park.

    Among every 250 fixes of an animal there are about one at a null island (0, 0 or 180, 90) and
    one that is far off and marked as junk, as collars and their software give them.

    Args:
        subjects: The number of animals, at least 1.
        fixes: The number of fixes per animal, at least 1, faulty ones included.
        seed: The seed of all draws, not negative.

    Returns:
        The fixes by animal and time, in longitude and latitude (EPSG:4326) with times in UTC. The
        index holds ids; the columns beyond those of the schema are ``extra__subject__name``,
        ``extra__subject__subject_subtype`` and ``extra__subject__sex``.

    Raises:
        ValueError: If an argument is too small.
    """
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    for name, value, least in (("subjects", subjects, 1), ("fixes", fixes, 1), ("seed", seed, 0)):
        if value < least:
            raise ValueError(f"{name} is at least {least}, not {value}")
    animals = [_simulate_subject(number, fixes, seed) for number in range(subjects)]
    merged: dict[str, Any] = {key: np.concatenate([animal[key] for animal in animals]) for key in animals[0]}
    longitude, latitude = merged.pop("longitude"), merged.pop("latitude")
    index = pd.Index(merged.pop("id"), name="id").astype(str)
    merged["fixtime"] = pd.DatetimeIndex(merged["fixtime"]).tz_localize("UTC")
    observations: DataFrame[SubjectGroupObservationsGDFSchema] = gpd.GeoDataFrame(
        merged,
        index=index,
        geometry=gpd.points_from_xy(longitude, latitude),
        crs="EPSG:4326",
    )
    return observations


def write_observations(
    path: str | os.PathLike[str], *, subjects: int = 3, fixes: int = 1500, seed: int = DEFAULT_SEED
) -> Path:
    """Write simulated fixes as GeoParquet: the whole file or, where that fails, nothing.

    Args:
        path: The file to write; one that exists is replaced.
        subjects: As in ``simulate_observations``.
        fixes: As in ``simulate_observations``.
        seed: As in ``simulate_observations``.

    Returns:
        The file.

    Raises:
        ValueError: If an argument is too small.
        OSError: If the file cannot be written.
    """
    target = Path(path).expanduser()
    observations = simulate_observations(subjects=subjects, fixes=fixes, seed=seed)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        observations.to_parquet(temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def _simulate_subject(number: int, fixes: int, seed: int) -> dict[str, NDArray[Any]]:
    """The columns of one animal's fixes, from draws of its own."""
    import numpy as np

    draws = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(number,))))
    name, sex = _name(number)
    home = draws.normal(0.0, _HOMES_APART, 2)
    seconds = np.arange(fixes) * _INTERVAL + np.clip(draws.normal(0.0, _JITTER, fixes), -60, 60)
    x, y = _walk(draws, np.diff(seconds))
    latitude = PARK[1] + (home[1] + y) / _METERS_PER_DEGREE
    longitude = PARK[0] + (home[0] + x) / (_METERS_PER_DEGREE * math.cos(math.radians(PARK[1])))
    junk = _spoil(draws, longitude, latitude)
    times = np.datetime64(_START, "us") + np.rint(seconds).astype("timedelta64[s]")
    return {
        "id": np.array([str(UUID(bytes=draws.bytes(16), version=4)) for _ in range(fixes)]),
        "groupby_col": np.full(fixes, name),
        "fixtime": times,
        "junk_status": junk,
        "extra__subject__name": np.full(fixes, name),
        "extra__subject__subject_subtype": np.full(fixes, "elephant"),
        "extra__subject__sex": np.full(fixes, sex),
        "longitude": longitude.round(7),
        "latitude": latitude.round(7),
    }


def _name(number: int) -> tuple[str, str]:
    round_, place = divmod(number, len(_NAMES))
    name, sex = _NAMES[place]
    return (f"{name} {round_ + 1}" if round_ else name), sex


def _walk(
    draws: np.random.Generator, durations: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions relative to the home range's centre (m), one more than there are durations (s)."""
    import numpy as np

    count = durations.size
    chance = draws.random(count)
    turns = draws.standard_normal(count)
    speeds = {
        gait: draws.gamma(gait.regularity, gait.mean_speed / gait.regularity, count)
        for gait in (_REST, _TRAVEL)
    }
    gait, heading = _REST, float(draws.uniform(-math.pi, math.pi))
    x, y = (float(value) for value in draws.normal(0.0, _HOME_RADIUS / 12, 2))
    xs, ys = np.empty(count + 1), np.empty(count + 1)
    xs[0], ys[0] = x, y
    for step in range(count):
        if chance[step] < gait.leaving:
            gait = _TRAVEL if gait is _REST else _REST
        homeward = math.atan2(-y, -x)
        pull = 0.5 * math.hypot(x, y) / _HOME_RADIUS
        heading += gait.turning * turns[step]
        heading = math.atan2(
            math.sin(heading) + pull * math.sin(homeward), math.cos(heading) + pull * math.cos(homeward)
        )
        meters = speeds[gait][step] / 3.6 * durations[step]
        x += meters * math.cos(heading)
        y += meters * math.sin(heading)
        xs[step + 1], ys[step + 1] = x, y
    return xs, ys


def _spoil(
    draws: np.random.Generator, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Put some fixes at null islands and some far off, in place; the latter are marked as junk."""
    import numpy as np

    count = longitude.size // _FIXES_PER_FAULT
    faulty = draws.permutation(longitude.size)[: 2 * count]
    lost, far = faulty[:count], faulty[count:]
    islands = np.array(_NULL_ISLANDS)[draws.integers(0, len(_NULL_ISLANDS), count)]
    longitude[lost], latitude[lost] = islands[:, 0], islands[:, 1]
    longitude[far] += draws.uniform(0.5, 2.0, count)
    latitude[far] += draws.uniform(0.5, 2.0, count)
    junk = np.zeros(longitude.size, dtype=bool)
    junk[far] = True
    return junk
