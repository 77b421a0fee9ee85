"""A map of 10,000 no-op elements, as ecoflows runs it and as a bare ``.map`` of Prefect.

Both run on one local server, in turns, with nothing cached; ecoflows keeps an artifact and a result per
element, the bare map keeps nothing. The median of the rounds' ratios is what counts. Target: at most
0.5. Then the same map again, everything cached, and with one element changed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from settling import settle

from ecoflows.decorators import distributed
from ecoflows.flows.environment import prepare


@distributed
def numbers(count: int, last: int) -> list[int]:
    """Give whole numbers, of which the last may be another one."""
    return [*range(count - 1), last]


@distributed
def nothing(number: int) -> int:
    """Return the number."""
    return number


def spec_run(count: int, folder: Path, server: Any, last: int = -1) -> float:
    """Seconds for the flow that ecoflows builds from a spec."""
    from ecoflows import source, spec
    from ecoflows.flows.engine import run_prefect
    from ecoflows.registry import RegisteredTask, Registry
    from ecoflows.store import Store
    from ecoflows.workflow.execution import Run, select
    from ecoflows.workflow.resolve import resolve

    text = f"""
name: maps
workflow:
  - {{id: numbers, task: numbers, partial: {{count: {count}, last: {last}}}}}
  - {{id: all, task: nothing, map: {{argnames: number, argvalues: "${{{{ workflow.numbers.return }}}}"}}}}
"""
    registry = Registry([RegisteredTask(task, "benchmarks") for task in (numbers, nothing)])
    workflow, _ = resolve(spec.from_source(source.loads(text)), registry)
    started = time.perf_counter()
    report = run_prefect(Run(workflow, Store(folder), select(workflow)), workflow, {}, server)
    seconds = time.perf_counter() - started
    if report.failed or len(report.outcomes["all"].elements or ()) != count:
        raise SystemExit("not every element completed")
    return seconds


def bare_run(count: int) -> float:
    """Seconds for the same map as a user of Prefect writes it."""
    from prefect import flow, task
    from prefect.task_runners import ThreadPoolTaskRunner

    from ecoflows.flows.execution.placement import WORKERS

    @task
    def nothing_bare(number: int) -> int:
        return number

    @flow(name="maps-bare", task_runner=ThreadPoolTaskRunner(max_workers=WORKERS))
    def bare() -> int:
        return len(nothing_bare.map(range(count)).result())

    started = time.perf_counter()
    bare()
    return time.perf_counter() - started


def main() -> None:
    """Run the benchmark and print a small table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--elements", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    prepare()
    from ecoflows.flows.engine import connected
    from ecoflows.flows.server import stop_server

    count = arguments.elements
    with tempfile.TemporaryDirectory() as name:
        os.environ["ECOFLOWS_HOME"] = name
        rows = []
        try:
            with connected(print) as server:
                spec_run(5, Path(name) / "warm", server)
                bare_run(5)
                for number in range(arguments.rounds):
                    folder = Path(name) / f"spec-{number}"
                    ours = spec_run(count, folder, server)
                    settle(server.ui_url)
                    theirs = bare_run(count)
                    settle(server.ui_url)
                    again = spec_run(count, folder, server)
                    changed = spec_run(count, folder, server, last=-2)
                    settle(server.ui_url)
                    rows.append((ours, theirs, ours / theirs, again, changed))
                    print(
                        f"round {number + 1}: {ours:.1f} s, bare .map {theirs:.1f} s, "
                        f"ratio {ours / theirs:.2f}; cached {again:.1f} s, one changed {changed:.1f} s"
                    )
        finally:
            stop_server()
    ours, theirs, ratio, again, changed = (statistics.median(column) for column in zip(*rows, strict=True))
    print(f"a map of {count:,} no-op elements, median of {arguments.rounds} rounds")
    print(f"  ecoflows {ours:.1f} s, bare .map {theirs:.1f} s, ratio {ratio:.2f} (target: at most 0.50)")
    print(f"  all cached {again:.1f} s, one element changed {changed:.1f} s")


if __name__ == "__main__":
    main()
