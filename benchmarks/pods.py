"""Task instances in pods, over the stand-in for a cluster that the tests use.

First the time that a task run in a pod takes, in a chain of them, against an empty Job of the same
image (followed in the same way) and against ``ecoflows run-task`` without any pod: what is left is
ours and Prefect's. Then a flow of many pods at the same time: how long, and how much memory and how
many threads the flow's process takes, against the same flow inline. Pods are processes of this
machine here, so the many share its cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from kubernetes_double.starting import started  # noqa: E402  # from the tests

CHAIN = 5


def chain_spec() -> str:
    """A chain of task instances, each of which waits for the one before it."""
    lines = ["name: chain", "workflow:", "  - {id: t0, task: first, partial: {value: 0}}"]
    for index in range(1, CHAIN):
        reference = f"${{{{ workflow.t{index - 1}.return }}}}"
        lines.append(f'  - {{id: t{index}, task: following, partial: {{value: "{reference}"}}}}')
    return "\n".join(lines)


def wide_spec(count: int) -> str:
    """Many elements, each with a task run and a pod of its own."""
    elements = f"map: {{argnames: value, argvalues: {list(range(count))}, batch: {count}}}"
    return f"name: wide\nworkflow:\n  - {{id: all, task: first, {elements}}}\n"


def run_flow(spec: str, root: str) -> None:
    """Run a spec as a flow, as a process of its own, and print what it took."""
    from ecoflows.flows.environment import prepare

    prepare()
    import pod_tasks

    from ecoflows import source
    from ecoflows import spec as specs
    from ecoflows.flows.engine import connected, run_prefect
    from ecoflows.registry import RegisteredTask, Registry
    from ecoflows.store import Store
    from ecoflows.workflow.execution import Run, select
    from ecoflows.workflow.resolve import resolve

    if os.environ.get("BENCH_API"):
        find_it_as_in_a_pod(os.environ["BENCH_API"])
    registry = Registry([RegisteredTask(task, "bench") for task in (pod_tasks.first, pod_tasks.following)])
    workflow, _ = resolve(specs.from_source(source.loads(spec)), registry)
    most = 0

    def watch() -> None:
        nonlocal most
        while True:
            most = max(most, threading.active_count())
            time.sleep(0.05)

    threading.Thread(target=watch, daemon=True).start()
    with connected(lambda _text: None) as server:
        before = usage()
        begun = time.perf_counter()
        report = run_prefect(Run(workflow, Store(root), select(workflow)), workflow, {}, server)
        seconds = time.perf_counter() - begun
    if report.failed:
        raise SystemExit(str([outcome.error for outcome in report.outcomes.values()]))
    after = usage()
    median = statistics.median(outcome.seconds for outcome in report.outcomes.values())
    taken = {"seconds": seconds, "cpu": after[0] - before[0], "peak": after[1], "threads": most}
    taken["median"] = median
    print(json.dumps(taken))


def find_it_as_in_a_pod(url: str) -> None:
    """Let the API be found without a kubeconfig, whose reader takes 80 MB that no flow pod pays."""
    import ssl

    from ecoflows.flows.execution.pods import access, cluster

    async def find() -> access.Access:
        return access.Access(url, "default", ssl.create_default_context(), None)

    cluster.find_access = find


def usage() -> tuple[float, float]:
    """This process' CPU time (s) and the most memory it has had (MB)."""
    import resource

    found = resource.getrusage(resource.RUSAGE_SELF)
    return found.ru_utime + found.ru_stime, found.ru_maxrss / 1024


def flow_process(spec: str, settings: dict[str, Any]) -> dict[str, float]:
    """What a flow took in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, __file__, "--spec", spec, "--root", folder],
            env={**os.environ, "ECOFLOWS_EXECUTION": json.dumps(settings)},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


async def empty_jobs(count: int) -> float:
    """Seconds from the creation of an empty Job to the news of its end (median)."""
    from ecoflows.flows.execution.pods.cluster import Cluster
    from ecoflows.flows.execution.pods.watching import Watcher

    cluster = await Cluster.connect(None)
    watcher = Watcher(cluster, "bench=empty")
    watcher.start()
    found = []
    for index in range(count):
        container = {"name": "task", "image": "bench:1", "command": ["true"]}
        template = {"metadata": {"labels": {"bench": "empty"}}, "spec": {"containers": [container]}}
        metadata = {"name": f"empty-{index}", "labels": {"bench": "empty"}}
        begun = time.perf_counter()
        view = watcher.view(
            await cluster.create_job(
                {"metadata": metadata, "spec": {"backoffLimit": 0, "template": template}}
            )
        )
        while view.pod is None or view.pod["status"]["phase"] != "Succeeded":
            view.changed.clear()
            await view.changed.wait()
        found.append(time.perf_counter() - begun)
        await cluster.delete_job(metadata["name"])
    await watcher.stop()
    await cluster.close()
    return statistics.median(found)


def run_tasks(count: int) -> float:
    """Seconds for ``ecoflows run-task`` (median)."""
    found = []
    for index in range(count):
        with tempfile.TemporaryDirectory() as folder:
            call = {"cache_root": folder, "arguments": {"value": index}}
            begun = time.perf_counter()
            subprocess.run(
                [str(Path(sys.executable).with_name("ecoflows")), "run-task", "pod_tasks:first"],
                env={**os.environ, "ECOFLOWS_CALL": json.dumps(call)},
                capture_output=True,
                check=True,
            )
            found.append(time.perf_counter() - begun)
    return statistics.median(found)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=100)
    parser.add_argument("--spec")
    parser.add_argument("--root")
    options = parser.parse_args()
    if options.spec:
        run_flow(options.spec, options.root)
        return
    os.environ["PYTHONPATH"] = str(HERE)
    image = {"path": str(Path(sys.executable).parent), "env": {"PYTHONPATH": str(HERE)}}
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("ECOFLOWS_HOME", folder)
        try:
            with started(Path(folder) / "double", {"bench:1": image}) as double:
                os.environ |= {"KUBECONFIG": str(double.kubeconfig), "BENCH_API": double.url}
                measure(options.pods)
        finally:
            from ecoflows.flows.server import stop_server

            if os.environ["ECOFLOWS_HOME"] == folder:
                stop_server()


def measure(pods: int) -> None:
    """Measure on a cluster that is there."""
    flow_process(chain_spec(), {"mode": "inline"})  # the server's first flow run is slow
    inline = flow_process(chain_spec(), {"mode": "inline"})["seconds"] / CHAIN
    chain = flow_process(chain_spec(), {"mode": "pod"})
    pod = chain["seconds"] / CHAIN
    empty, alone = asyncio.run(empty_jobs(CHAIN)), run_tasks(CHAIN)
    print(f"one task instance in a pod, of a chain of {CHAIN}: {pod:.2f} s, median {chain['median']:.2f} s")
    print(f"  that is more than an empty Job by: {chain['median'] - empty:.2f} s (median)")
    print(f"  an empty Job of the same image:   {empty:.2f} s")
    print(f"  ecoflows run-task, without a pod: {alone:.2f} s")
    print(f"  the same chain inline:            {inline:.2f} s per task instance")
    print(f"  what is left for following it:    {pod - empty - alone - inline:.2f} s")
    print(f"a flow of {pods} pods: seconds, CPU and peak memory and threads of the flow's process")
    for name, settings in (
        ("inline", {"mode": "inline"}),
        ("pods, 32 at once (the usual)", {"mode": "pod"}),
        ("pods, 100 at once", {"mode": "pod", "workers": 100}),
    ):
        took = flow_process(wide_spec(pods), settings)
        print(
            f"  {name:30} {took['seconds']:6.1f} s {took['cpu']:6.1f} s CPU {took['peak']:6.0f} MB "
            f"{took['threads']:4.0f} threads"
        )


if __name__ == "__main__":
    main()
