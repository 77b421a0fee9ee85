"""A spec of 1,000 instances: how long checking it and planning its run take, beyond imports.

Half of the instances are mapped; every instance depends on one before it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from ecoflows.decorators import distributed


@distributed
def numbers(count: int) -> list[int]:
    """Give whole numbers."""
    return list(range(count))


@distributed
def increased(number: int, by: int = 1) -> int:
    """Add to a number."""
    return number + by


def spec_text(instances: int) -> str:
    """A spec of so many instances: lists, and maps over them and over maps."""
    lines = ["name: large", "workflow:"]
    for number in range(instances):
        if number % 10 == 0:
            lines.append(f"  - {{id: n{number}, task: numbers, partial: {{count: 3}}}}")
        elif number % 2:
            over = f"${{{{ workflow.n{number - 1}.return }}}}"
            lines.append(
                f"  - {{id: n{number}, task: increased, partial: {{by: {number}}}, "
                f'map: {{argnames: number, argvalues: "{over}"}}}}'
            )
        else:
            over = f"${{{{ workflow.n{number - 1}.return }}}}"
            lines.append(
                f"  - {{id: n{number}, task: increased, skipif: {{conditions: [any_is_empty_df]}}, "
                f'map: {{argnames: number, argvalues: "{over}"}}}}'
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the benchmark and print a small table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()

    from ecoflows import source, spec
    from ecoflows.registry import RegisteredTask, Registry
    from ecoflows.sequential import run_sequential
    from ecoflows.store import Store
    from ecoflows.workflow.execution import Run, select
    from ecoflows.workflow.params import bind
    from ecoflows.workflow.plan import plan
    from ecoflows.workflow.resolve import resolve

    registry = Registry([RegisteredTask(task, "benchmarks") for task in (numbers, increased)])
    text = spec_text(arguments.instances)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        store = Store(Path(name))
        for _round in range(arguments.rounds):
            started = time.perf_counter()
            workflow, _ = resolve(spec.from_source(source.loads(text)), registry)
            workflow = bind(workflow, None)
            checked = time.perf_counter()
            steps = plan(workflow, store)
            planned = time.perf_counter()
            rows.append((checked - started, planned - checked))
            if len(steps) != arguments.instances:
                raise SystemExit("the plan is not complete")
            if len(rows) == 1:
                run_sequential(Run(workflow, store, select(workflow)))
    checks = [check for check, _ in rows]
    plans = [found for _, found in rows]
    print(f"a spec of {arguments.instances:,} instances ({len(text) / 1000:.0f} kB), {len(rows)} rounds")
    print(f"  check: median {statistics.median(checks):.2f} s")
    print(
        f"  plan, nothing stored: {plans[0]:.2f} s; all stored: median {statistics.median(plans[1:]):.2f} s"
    )


if __name__ == "__main__":
    main()
