"""What ecoflows adds to Prefect: a flow of no-op tasks, built from a spec and written by hand.

Both run on one local server, in turns, each round with nothing cached; the median of the rounds'
ratios is what counts. Target: at most 1.3.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from settling import settle

from ecoflows.decorators import distributed
from ecoflows.flows.environment import prepare


@distributed
def nothing(number: int) -> int:
    """Return the number."""
    return number


def spec_run(tasks: int, folder: Path, ui_url: str) -> float:
    """Seconds for the flow that ecoflows builds from a spec."""
    from ecoflows import source, spec
    from ecoflows.flows.engine import Server, run_prefect
    from ecoflows.registry import RegisteredTask, Registry
    from ecoflows.store import Store
    from ecoflows.workflow.execution import Run, select
    from ecoflows.workflow.resolve import resolve

    instances = "\n".join(f"  - {{id: n{i}, task: nothing, partial: {{number: {i}}}}}" for i in range(tasks))
    text = f"name: overhead\nworkflow:\n{instances}\n"
    registry = Registry([RegisteredTask(nothing, "benchmarks")])
    workflow, _ = resolve(spec.from_source(source.loads(text)), registry)
    started = time.perf_counter()
    report = run_prefect(
        Run(workflow, Store(folder), select(workflow)), workflow, {}, Server(ui_url, local=True)
    )
    seconds = time.perf_counter() - started
    if {outcome.state.value for outcome in report.outcomes.values()} != {"completed"}:
        raise SystemExit("not every task completed")
    return seconds


def hand_written_run(tasks: int, folder: Path) -> float:
    """Seconds for the same flow as a user of Prefect writes it, with JSON results kept."""
    from prefect import flow, task
    from prefect.task_runners import ThreadPoolTaskRunner

    from ecoflows.flows.execution.placement import WORKERS

    @task(persist_result=True, result_storage=folder, result_serializer="json")
    def nothing_by_hand(number: int) -> int:
        return number

    @flow(name="overhead-by-hand", task_runner=ThreadPoolTaskRunner(max_workers=WORKERS))
    def by_hand() -> list[int]:
        futures = [nothing_by_hand.submit(number) for number in range(tasks)]
        return [future.result() for future in futures]

    folder.mkdir()
    started = time.perf_counter()
    by_hand()
    return time.perf_counter() - started


def main() -> None:
    """Run the benchmark and print a small table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    prepare()
    from ecoflows.flows.engine import connected
    from ecoflows.flows.server import stop_server

    with tempfile.TemporaryDirectory() as name:
        os.environ["ECOFLOWS_HOME"] = name
        folder = Path(name)
        rows = []
        try:
            with connected(print) as server:
                spec_run(5, folder / "warm", server.ui_url)
                hand_written_run(5, folder / "warm-by-hand")
                for number in range(arguments.rounds):
                    ours = spec_run(arguments.tasks, folder / f"spec-{number}", server.ui_url)
                    settle(server.ui_url)
                    theirs = hand_written_run(arguments.tasks, folder / f"hand-{number}")
                    settle(server.ui_url)
                    rows.append((ours, theirs, ours / theirs))
                    ratio = ours / theirs
                    print(f"round {number + 1}: {ours:.2f} s, by hand {theirs:.2f} s, ratio {ratio:.2f}")
        finally:
            stop_server()
    ours, theirs, ratio = (statistics.median(column) for column in zip(*rows, strict=True))
    print(f"{arguments.tasks} no-op tasks, median of {arguments.rounds} rounds")
    print(f"  ecoflows {ours:.2f} s, by hand {theirs:.2f} s, ratio {ratio:.2f} (target: at most 1.30)")


if __name__ == "__main__":
    main()
