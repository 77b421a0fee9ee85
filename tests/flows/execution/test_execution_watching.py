"""The watch goes on whatever ends it, over a cluster of which each test writes the script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from ecoflows.flows.execution.pods import watching
from ecoflows.flows.execution.pods.cluster import ClusterError
from ecoflows.flows.execution.pods.watching import View, Watcher

pytestmark = pytest.mark.pods


def job(version: int, **status: Any) -> dict[str, Any]:
    metadata = {"name": "a", "uid": "1", "resourceVersion": str(version), "managedFields": ["much"]}
    return {"metadata": metadata, "spec": {"much": "more"}, "status": status}


def pod(version: int, phase: str) -> dict[str, Any]:
    owner = {"kind": "Job", "name": "a", "uid": "1"}
    metadata = {"name": "a-x", "uid": "2", "resourceVersion": str(version), "ownerReferences": [owner]}
    return {"metadata": metadata, "status": {"phase": phase}}


class Scripted:
    """A cluster whose lists and watches are given; when they are over, watches stay silent.

    Attributes:
        asked: The versions from which it was watched, lists as ``list``.
    """

    def __init__(self, jobs: list[Any], pods: list[Any] | None = None) -> None:
        self._scripts = {"jobs": jobs, "pods": pods or []}
        self.asked: dict[str, list[str]] = {"jobs": [], "pods": []}

    async def list(self, resource: str, _selector: str) -> tuple[list[Any], str]:
        self.asked[resource].append("list")
        script = self._scripts[resource]
        if script and isinstance(script[0], list):
            return script.pop(0), "10"
        return [], "10"

    async def watch(
        self, resource: str, _selector: str, version: str, _seconds: int
    ) -> AsyncGenerator[tuple[str, Any], None]:
        self.asked[resource].append(version)
        script = self._scripts[resource]
        while script and not isinstance(script[0], list):
            event = script.pop(0)
            if isinstance(event, Exception):
                raise event
            if event is None:
                return
            yield event
            await asyncio.sleep(0)
        if not script:
            await asyncio.sleep(60)


def followed(cluster: Scripted, until: Any, seconds: float = 5) -> View:
    """What is known of the Job once ``until`` holds for it."""

    async def run() -> View:
        watcher = Watcher(cluster, "a=b")  # type: ignore[arg-type]
        view = watcher.view(job(1))
        watcher.start()
        try:
            async with asyncio.timeout(seconds):
                while not until(view):
                    view.changed.clear()
                    await view.changed.wait()
        finally:
            await watcher.stop()
        watcher.forget(view)
        return view

    return asyncio.run(run())


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_SHORTEST_PAUSE", 0.01)


def is_active(view: View) -> bool:
    return view.job is not None and view.job["status"].get("active") == 1


def test_what_changes_is_told_without_what_nobody_asks_for() -> None:
    cluster = Scripted([[job(2)], ("MODIFIED", job(11, active=1))], [[], ("ADDED", pod(12, "Running"))])
    view = followed(cluster, lambda view: is_active(view) and view.pod is not None)
    assert view.pod is not None
    assert view.pod["status"] == {"phase": "Running"}
    assert view.job is not None
    assert "spec" not in view.job
    assert "managedFields" not in view.job["metadata"]


def test_a_watch_that_ends_goes_on_from_where_it_was() -> None:
    bookmark = ("BOOKMARK", {"metadata": {"resourceVersion": "20"}})
    cluster = Scripted([[job(2)], bookmark, None, ("MODIFIED", job(21, active=1))])
    followed(cluster, is_active)
    assert cluster.asked["jobs"] == ["list", "10", "20"]


@pytest.mark.parametrize(
    "end",
    [
        ("ERROR", {"code": 410, "message": "too old resource version"}),
        ClusterError(410, "expired"),
        ConnectionResetError("dropped"),
    ],
)
def test_a_watch_that_breaks_begins_with_a_list(end: Any) -> None:
    cluster = Scripted([[job(2)], end, [job(30, active=1)]])
    followed(cluster, is_active)
    assert cluster.asked["jobs"][:3] == ["list", "10", "list"]


def test_a_job_that_went_unseen_is_told() -> None:
    view = followed(Scripted([[job(2)], ConnectionResetError(), []]), lambda view: view.gone)
    assert view.job is not None
    view = followed(Scripted([[job(2)], ("DELETED", job(40, failed=1))]), lambda view: view.gone)
    assert view.job is not None
    assert view.job["status"] == {"failed": 1}


def test_a_deleted_pod_is_remembered_as_one() -> None:
    cluster = Scripted([[job(2)]], [[pod(3, "Running")], ("DELETED", pod(12, "Running"))])
    view = followed(
        cluster, lambda view: view.pod is not None and "deletionTimestamp" in view.pod["metadata"]
    )
    assert not view.gone


def test_another_job_of_the_same_name_is_not_this_one() -> None:
    other = job(50, active=1)
    other["metadata"]["uid"] = "other"
    cluster = Scripted([[job(2)], ("DELETED", other), ("MODIFIED", job(51, active=1))])
    assert not followed(cluster, is_active).gone
