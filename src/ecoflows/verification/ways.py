"""The ways of running a workflow on this machine."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from ecoflows.errors import EcoflowsError
from ecoflows.sequential import run_sequential
from ecoflows.store import Store
from ecoflows.verification.dags import run_airflow
from ecoflows.verification.model import Found, Subject
from ecoflows.verification.programs import run_notebook, run_script
from ecoflows.workflow.execution import Run, select
from ecoflows.workflow.report import Report


def _run(subject: Subject, way: str) -> Run:
    return Run(subject.bound, Store(subject.cache_root(way)), select(subject.bound))


def _sequential(subject: Subject) -> Found:
    return _of_report(run_sequential(_run(subject, "sequential")))


def _prefect(subject: Subject) -> Found:
    from ecoflows.flows.environment import prepare

    prepare(verbose=False)
    from ecoflows.flows.engine import connected, run_prefect

    with connected(lambda text: print(text, file=sys.stderr)) as server:  # noqa: T201  # of a server's start
        return _of_report(run_prefect(_run(subject, "prefect"), subject.workflow, subject.given, server))


def _of_report(report: Report) -> Found:
    digests = {
        name: outcome.artifact.sha256
        for name, outcome in report.outcomes.items()
        if outcome.artifact is not None
    }
    if report.failed:
        return Found("failed", digests, report.failed[0].error)
    return Found("completed", digests)


def _timed(way: Callable[[Subject], Found]) -> Callable[[Subject], Found]:
    def run(subject: Subject) -> Found:
        started = time.perf_counter()
        try:
            found = way(subject)
        except (EcoflowsError, OSError) as error:
            found = Found("failed", reason=str(error))
        return replace(found, seconds=time.perf_counter() - started)

    return run


WAYS: Mapping[str, Callable[[Subject], Found]] = {
    name: _timed(way)
    for name, way in {
        "sequential": _sequential,
        "prefect": _prefect,
        "script": run_script,
        "notebook": run_notebook,
        "airflow": run_airflow,
    }.items()
}
"""How to run a workflow in each way, by its name; whatever goes wrong is in what it gives."""
