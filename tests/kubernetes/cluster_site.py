"""The project in the cluster, and what tests do there."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pods_seen import PodsSeen
from support import ecoflows


@dataclass(frozen=True)
class Cluster:
    """The project in the cluster.

    Attributes:
        project: The project's folder.
        packages: The folder of its package of tasks.
        namespace: The namespace.
        environment: What a user of the project has in the environment.
        pods: Every pod that was seen.
    """

    project: Path
    packages: Path
    namespace: str
    environment: dict[str, str]
    pods: PodsSeen

    def command(self, *arguments: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
        """Run ``ecoflows`` in the project's folder."""
        return ecoflows(*arguments, cwd=self.project, path=self.packages, timeout=timeout, **self.environment)

    def done(self, *arguments: str) -> Any:
        """The JSON of a command that has to succeed."""
        answer = self.command(*arguments, "--json")
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return json.loads(answer.stdout)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl answers."""
        done = subprocess.run(
            ["kubectl", "--namespace", self.namespace, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def names(self, resource: str, selector: str) -> list[str]:
        """The names of the objects that a label selector fits."""
        return self.kubectl("get", resource, "--selector", selector, "--output", "name").split()
