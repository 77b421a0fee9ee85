"""One million observations from a loopback EarthRanger site: rows per second and peak memory.

Run ``python benchmarks/earthranger.py``. The site runs in a process of its own, each reading in another,
so that peak memory is the reading's alone. The same is read with pages of different sizes, and with one
request in a hundred failing: the rows must be equal.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
SUBJECTS = 20


def site(rows: int, page: int, failing: float) -> subprocess.Popen[str]:
    """Start a site; its first line has its address and how to sign in."""
    options = ["--subjects", str(SUBJECTS), "--each", str(rows // SUBJECTS), "--most", str(page)]
    command = [sys.executable, "-m", "earthranger_double", *options, "--failing", str(failing)]
    return subprocess.Popen(command, cwd=TESTS, stdout=subprocess.PIPE, text=True)


def read(url: str, token: str, page: int) -> None:
    """Read all observations and print what it took."""
    import hashlib
    import resource
    from datetime import UTC, datetime

    import pandas as pd

    from ecoflows.connections.earthranger import EarthRangerConnection
    from ecoflows.tasks.io import get_subjectgroup_observations

    span = {"since": datetime(2020, 1, 1, tzinfo=UTC), "until": datetime(2040, 1, 1, tzinfo=UTC)}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    with EarthRangerConnection(server=url, token=token, sub_page_size=page).connect() as client:
        table = get_subjectgroup_observations.function(
            client=client, subject_group_name="All", filter="all", **span
        )
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    plain = pd.DataFrame(table.drop(columns="geometry")).assign(x=table.geometry.x, y=table.geometry.y)
    digest = hashlib.sha256(pd.util.hash_pandas_object(plain, index=False).to_numpy().tobytes()).hexdigest()
    found = {"rows": len(table), "seconds": seconds, "before": before / 1024, "peak": peak / 1024}
    print(json.dumps({**found, "digest": digest}))


def main() -> None:
    """Measure, or be the reading process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--read", nargs=3, metavar=("URL", "TOKEN", "PAGE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        read(given.read[0], given.read[1], int(given.read[2]))
        return
    print(f"{'pages of':>9} {'failing':>8} {'rows':>10} {'s':>7} {'rows/s':>9} {'peak MB':>8}  content")
    for page, failing in ((4000, 0.0), (1000, 0.0), (4000, 0.01)):
        process = site(given.rows, page, failing)
        assert process.stdout is not None
        try:
            url, token, *_ = process.stdout.readline().split()
            command = [sys.executable, __file__, "--read", url, token, str(page)]
            found = json.loads(subprocess.check_output(command, text=True))
        finally:
            process.kill()
            process.communicate()
        speed = found["rows"] / found["seconds"]
        print(
            f"{page:>9,} {failing:>8.0%} {found['rows']:>10,} {found['seconds']:>7.1f} {speed:>9,.0f} "
            f"{found['peak']:>8,.0f}  {found['digest'][:12]}",
            flush=True,
        )


if __name__ == "__main__":
    main()
