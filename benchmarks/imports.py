"""What it costs to start: commands against the imports that they should stay below.

The commands and the imports run in turns in fresh processes; the ratio of the medians counts.
Targets: ``ecoflows --help`` at most 0.15 of ``import prefect``; ``ecoflows check`` at most 1.5
times ``import pandera.pandas``.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

SPEC = Path(__file__).parents[1] / "specs" / "time_density.yaml"
CASES = (
    ("ecoflows --help", ["-m", "ecoflows", "--help"], "import prefect", 0.15),
    ("ecoflows check", ["-m", "ecoflows", "check", str(SPEC)], "import pandera.pandas", 1.5),
)


def seconds(arguments: list[str]) -> float:
    """How long a fresh Python process takes."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Run the benchmark and print a small table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    for label, command, statement, target in CASES:
        seconds(command), seconds(["-c", statement])
        pairs = [(seconds(command), seconds(["-c", statement])) for _ in range(rounds)]
        ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = ours / theirs
        print(f"{label}: {ours:.2f} s; {statement}: {theirs:.2f} s; ratio {ratio:.2f} (target: {target})")


if __name__ == "__main__":
    main()
