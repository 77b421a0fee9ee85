"""How long, and in how much memory, one long track becomes percentile areas.

``python benchmarks/time_density.py`` simulates one animal, runs the tasks on its fixes in a fresh
process and prints a row per step: its seconds, and the highest resident memory of the process so
far. With ``--load`` the fixes are read from GeoParquet by ``load_observations`` in that process,
which costs pyarrow's buffers on top; without, they come from plain arrays.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main() -> None:
    """Simulate and measure, each in a process of its own, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fixes", type=int, default=150_000, help="fixes of the track (default 150,000)")
    parser.add_argument("--pixel-size", type=float, default=250.0, help="side of a cell in m (default 250)")
    parser.add_argument("--seed", type=int, default=2024, help="seed of the simulation (default 2024)")
    parser.add_argument("--load", action="store_true", help="read the fixes from GeoParquet")
    parser.add_argument("--json", action="store_true", help="print the measurements as JSON")
    parser.add_argument("--stage", choices=["simulate", "measure"], help=argparse.SUPPRESS)
    parser.add_argument("--track", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stage == "simulate":
        simulate(options.track, options.fixes, options.seed)
    elif options.stage == "measure":
        print(json.dumps(measure(options.track, options.pixel_size)))
    else:
        with tempfile.TemporaryDirectory() as folder:
            track = Path(folder) / ("track.parquet" if options.load else "track.npz")
            own = [sys.executable, __file__, *sys.argv[1:], "--track", str(track), "--stage"]
            subprocess.run([*own, "simulate"], check=True)
            # This process stays small, because a child's peak memory begins at its parent's.
            output = subprocess.run([*own, "measure"], check=True, capture_output=True, text=True).stdout
        found = json.loads(output)
        print(output.strip() if options.json else table(found, options.fixes, options.pixel_size))


def simulate(track: Path, fixes: int, seed: int) -> None:
    """Write the fixes of one animal, as GeoParquet or as plain arrays."""
    from ecoflows.simulate import simulate_observations, write_observations

    if track.suffix == ".parquet":
        write_observations(track, subjects=1, fixes=fixes, seed=seed)
        return
    import numpy as np

    found = simulate_observations(subjects=1, fixes=fixes, seed=seed)
    times = found["fixtime"].dt.tz_localize(None).to_numpy()
    np.savez(track, x=found.geometry.x, y=found.geometry.y, times=times, junk=found["junk_status"])


def measure(track: Path, pixel_size: float) -> dict[str, Any]:
    """Run the tasks on a track; seconds and peak memory (MB) of each step."""
    steps: list[dict[str, Any]] = []

    def timed(name: str, call: Callable[[], Any]) -> Any:
        begun = time.perf_counter()
        value = call()
        steps.append({"step": name, "seconds": time.perf_counter() - begun, "peak_mb": peak_mb()})
        return value

    tasks = timed("imports", import_tasks)
    from_file = track.suffix == ".parquet"
    load = tasks["load_observations"] if from_file else from_arrays
    observations = timed("read the fixes", lambda: load(str(track)))
    relocations = timed("relocations", lambda: tasks["process_relocations"](observations))
    trajectory = timed("trajectory", lambda: tasks["relocations_to_trajectory"](relocations))
    density = tasks["calculate_time_density"]
    areas = timed("density and percentiles", lambda: density(trajectory, pixel_size=pixel_size))
    return {
        "steps": steps,
        "segments": len(trajectory),
        "max_speed_kmhr": float(trajectory["speed_kmhr"].max()),
        "area_sqkm": areas["area_sqkm"].tolist(),
    }


def import_tasks() -> dict[str, Any]:
    """The tasks, with everything that their bodies import."""
    import geopandas  # noqa: F401
    import pyproj  # noqa: F401
    import scipy.stats  # noqa: F401
    import shapely  # noqa: F401

    from ecoflows.tasks.analysis import calculate_time_density
    from ecoflows.tasks.io import load_observations
    from ecoflows.tasks.preprocessing import process_relocations, relocations_to_trajectory

    tasks = (load_observations, process_relocations, relocations_to_trajectory, calculate_time_density)
    return {task.name: task for task in tasks}


def from_arrays(track: str) -> Any:
    """The fixes as a frame, from the arrays that ``simulate`` wrote."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    with np.load(track) as arrays:
        columns = {
            "groupby_col": pd.Series("Salama", index=range(arrays["x"].size)),
            "fixtime": pd.DatetimeIndex(arrays["times"]).tz_localize("UTC"),
            "junk_status": arrays["junk"],
        }
        points = gpd.points_from_xy(arrays["x"], arrays["y"])
        return gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:4326")


def peak_mb() -> float:
    """The highest resident memory of this process so far (MB)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def table(found: dict[str, Any], fixes: int, pixel_size: float) -> str:
    """The measurements as text."""
    steps = found["steps"]
    total = {
        "step": "trajectory to percentiles",
        "seconds": sum(step["seconds"] for step in steps[-2:]),
        "peak_mb": steps[-1]["peak_mb"],
    }
    track = f"{fixes:,} fixes, {found['segments']:,} segments up to {found['max_speed_kmhr']:.1f} km/h"
    lines = [
        f"{track}, {pixel_size:g} m cells",
        f"{'step':<26}{'seconds':>9}{'peak MB':>9}{'above imports':>15}",
    ]
    for step in [*steps, total]:
        above = step["peak_mb"] - steps[0]["peak_mb"]
        lines.append(f"{step['step']:<26}{step['seconds']:>9.2f}{step['peak_mb']:>9.0f}{above:>15.0f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
