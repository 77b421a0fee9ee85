"""How long compiling takes, and what a process per task instance costs before the task begins.

Run: ``python benchmarks/targets.py``; times are the best of several in one run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ecoflows import registry, spec
from ecoflows.targets import Compilation
from ecoflows.targets.installed import find_target
from ecoflows.workflow.resolve import resolve

ROOT = Path(__file__).parents[1]
_REPEATS = 5


def best(call: Callable[[], object]) -> float:
    """The shortest of several calls (s)."""
    times = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return min(times)


def command(*words: str) -> Callable[[], object]:
    """A command in a process of its own."""
    return lambda: subprocess.run(
        [sys.executable, "-m", "ecoflows", *words], check=True, capture_output=True, cwd=ROOT
    )


def main() -> None:
    """Print the table."""
    print(f"{'':44}{'in process':>12}{'command':>12}")
    for name in ("time_density", "density_by_subject"):
        file = f"specs/{name}.yaml"
        workflow, _ = resolve(spec.load(str(ROOT / file)), registry.installed())
        for target in ("script", "notebook", "airflow"):
            render = find_target(target).render
            compilation = Compilation(workflow, {}, "s3://bucket/cache")
            inside = best(lambda render=render, compilation=compilation: render(compilation))
            words = ("compile", file, "--target", target, "--cache-root", "s3://bucket/cache")
            print(f"compile {name} to {target:<20}{'':8}{inside:>10.3f} s{best(command(*words)):>10.3f} s")
    with tempfile.TemporaryDirectory() as folder:
        call = Path(folder, "call.json")
        words = ("run-task", "ecoflows.tasks.groupby.groupers:set_groupers", "--call", str(call))
        call.write_text(json.dumps({"cache_root": folder, "arguments": {"groupers": [{"index_name": "a"}]}}))
        print(f"{'run-task of a task that does nothing':<44}{'':12}{best(command(*words)):>10.3f} s")


if __name__ == "__main__":
    main()
