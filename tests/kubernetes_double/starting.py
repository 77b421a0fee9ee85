"""Starts the cluster for a test, and asks it things."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from kubernetes_double.kinds import RESOURCES, Object


@dataclass(frozen=True)
class Double:
    """A cluster that runs.

    Attributes:
        url: Where its API is.
        kubeconfig: A kubeconfig for it.
        workdir: The pods' folders, ``<uid>/<container>.log`` in them are the logs with times.
        images: What images are, as JSON.
    """

    url: str
    kubeconfig: Path
    workdir: Path
    images: Path

    def give(self, **variables: str) -> None:
        """Put variables into the environment of every image, for the pods that start from now on."""
        known = json.loads(self.images.read_text())
        for image in known.values():
            image["env"] = (image.get("env") or {}) | variables
        self.images.write_text(json.dumps(known))

    def request(self, method: str, path: str, body: Object | None = None, **query: str) -> httpx.Response:
        """Ask the API."""
        return httpx.request(method, self.url + path, json=body, params=query, timeout=30)

    def create(self, resource: str, manifest: Object, namespace: str = "default") -> Object:
        """Create an object, such as a Secret, from its manifest."""
        answer = self.request("POST", self.path(resource, namespace=namespace), manifest)
        answer.raise_for_status()
        created: Object = answer.json()
        return created

    def objects(self, resource: str, namespace: str = "default") -> list[Object]:
        """The objects that are there now."""
        found: list[Object] = self.request("GET", self.path(resource, namespace=namespace)).json()["items"]
        return found

    def ever(self, resource: str) -> list[Object]:
        """All objects that ever were, oldest first, as they were at the last; deleted ones, too."""
        latest: dict[str, Object] = {}
        for _change, obj in self.request("GET", f"/-/history/{resource}").json():
            latest[obj["metadata"]["uid"]] = obj
        return list(latest.values())

    def log(self, pod: Object, container: str | None = None) -> str:
        """What a container of a pod wrote; also of a pod that was deleted."""
        name = container or pod["spec"]["containers"][0]["name"]
        lines = (self.workdir / pod["metadata"]["uid"] / f"{name}.log").read_text().splitlines(keepends=True)
        return "".join(line.partition(" ")[2] for line in lines)

    def wait(self, resource: str, name: str, *, until: Any, timeout: float = 20) -> Object:
        """Wait until an object satisfies a predicate.

        Raises:
            TimeoutError: It does not in time.
        """
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            obj: Object = self.request("GET", self.path(resource, name)).json()
            if until(obj):
                return obj
            time.sleep(0.05)
        raise TimeoutError(f"{resource} {name} is {json.dumps(obj.get('status'), indent=1)}")

    @staticmethod
    def path(resource: str, name: str = "", namespace: str = "default") -> str:
        """The path of a resource, or of one object."""
        kind = RESOURCES[resource]
        start = "/api/v1" if kind.version == "v1" else f"/apis/{kind.version}"
        inside = f"/namespaces/{namespace}" if kind.namespaced else ""
        return f"{start}{inside}/{resource}" + (f"/{name}" if name else "")


@contextlib.contextmanager
def started(
    folder: Path, images: Mapping[str, Mapping[str, Any]] | None = None, namespaces: str = "default"
) -> Iterator[Double]:
    """Start a cluster on a free port of 127.0.0.1, and end it with all that runs in it.

    Args:
        folder: Where it may write.
        images: What an image is, by its name or ``*``, as `Kubelet` takes it; by default any image is there,
            and has the usual ``PATH``.
        namespaces: The namespaces that there are, with commas.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config, pods, known = folder / "kubeconfig", folder / "pods", folder / "images.json"
    known.write_text(json.dumps(images if images is not None else {"*": {}}))
    command = [sys.executable, "-m", "kubernetes_double", "--workdir", pods, "--kubeconfig", config]
    command += ["--images", known, "--namespaces", namespaces, "--while-stdin"]
    tests = str(Path(__file__).parents[1])
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.PIPE,  # its end, also by this process' death, is the end of the cluster
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "PYTHONPATH": tests, "PYTHONWARNINGS": "default"},
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError((folder / "server.log").read_text())
        yield Double(line.split()[-1], config, pods, known)
    finally:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
