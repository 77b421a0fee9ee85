"""How long ``ecoflows deployment build`` takes for many specs, the first time and when nothing changed.

Run: ``python benchmarks/deployments.py``.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def build(folder: Path) -> float:
    """Seconds for building all specs of a folder."""
    words = ("deployment", "build", "specs/*.yaml", "--profile", "production")
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "ecoflows", *words], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--specs", type=int, default=50)
    count = parser.parse_args().specs
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for part in ("profiles", "kubernetes"):
            shutil.copytree(ROOT / "deployments" / part, folder / "deployments" / part)
        (folder / "specs").mkdir()
        text = (ROOT / "specs" / "time_density.yaml").read_text()
        for index in range(count):
            spec = text.replace("name: time_density", f"name: time_density_{index}", 1)
            (folder / "specs" / f"time_density_{index}.yaml").write_text(spec)
        print(f"deployment build of {count} specs:   {build(folder):.2f} s, and again {build(folder):.2f} s")


if __name__ == "__main__":
    main()
