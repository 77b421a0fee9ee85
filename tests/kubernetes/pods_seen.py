"""Every pod of a namespace as it was at the last, those that are gone too."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from typing import IO, Any


class PodsSeen:
    """Watches the pods of a namespace, until it is closed."""

    def __init__(self, namespace: str) -> None:
        self._pods: dict[str, dict[str, Any]] = {}
        self._process = subprocess.Popen(
            ["kubectl", "--namespace", namespace, "get", "pods", "--watch", "--output", "json"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._thread = threading.Thread(target=self._read, args=(self._process.stdout,))
        self._thread.start()

    def _read(self, stream: IO[str]) -> None:
        for pod in _documents(stream):
            self._pods[pod["metadata"]["uid"]] = pod

    def of_run(self, run: str) -> list[dict[str, Any]]:
        """The pods of a flow run: its own and those of its task instances."""
        return [
            pod
            for pod in self.all()
            if pod["metadata"].get("labels", {}).get("prefect.io/flow-run-id") == run
        ]

    def all(self) -> list[dict[str, Any]]:
        """All pods that were seen."""
        return list(self._pods.values())

    def close(self) -> None:
        """End the watch."""
        self._process.terminate()
        self._process.wait(10)
        self._thread.join(10)
        assert self._process.stdout is not None
        self._process.stdout.close()


def _documents(stream: IO[str]) -> Iterator[dict[str, Any]]:
    """The JSON objects of a stream, each ending with a line that is a brace alone."""
    lines: list[str] = []
    for line in stream:
        lines.append(line)
        if line.rstrip("\n") == "}":
            yield json.loads("".join(lines))
            lines = []


def instance(pod: dict[str, Any]) -> str | None:
    """The task instance of a pod; the flow's own has none."""
    found: str | None = pod["metadata"]["labels"].get("ecoflows/instance")
    return found
