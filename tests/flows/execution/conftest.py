"""A stand-in for a cluster, on which flows make their calls."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pod_flow import PATHS, Flow

from kubernetes_double.starting import Double, started

HOG = f"""#!{sys.executable}
import os, sys, time
taken = bytearray(150_000_000)
for place in range(0, len(taken), 4096):
    taken[place] = 1
time.sleep(1.5)
del taken
os.execv({sys.executable!r}, [{sys.executable!r}, "-m", "ecoflows", *sys.argv[1:]])
"""

OLD = """#!/bin/sh
echo "there is no such command: $1" >&2
exit 2
"""


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    """A stand-in for a cluster, with some images."""
    folder = tmp_path_factory.mktemp("cluster")
    images: dict[str, Any] = {}
    real = {"path": str(Path(sys.executable).parent), "env": {"PYTHONPATH": PATHS}}
    for name in ("tasks:1", "tasks:2"):
        images[name] = real
    for name, text in {"hog:1": HOG, "old:1": OLD}.items():
        place = folder / name.replace(":", "-")
        place.mkdir()
        script = place / "ecoflows"
        script.write_text(text)
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        images[name] = {"path": str(place), "env": {"PYTHONPATH": PATHS}}
    images["empty:1"] = {"path": str(folder)}
    with started(folder / "double", images) as found:
        yield found


@pytest.fixture
def flow(server: Any, cluster: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flow]:
    """Runs specs in pods; no Job of theirs is left."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    yield Flow(tmp_path / "cache", server, cluster, monkeypatch)
    left = cluster.objects("jobs")
    for job in left:
        cluster.request("DELETE", cluster.path("jobs", job["metadata"]["name"]))
    assert left == []


@pytest.fixture
def jobs_before(cluster: Double) -> int:
    """How many Jobs there have been before the test."""
    return len(cluster.ever("jobs"))
