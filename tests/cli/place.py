"""A folder in which tests run commands."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support import ecoflows, start_ecoflows

SPEC = """\
name: counting
cache_root: cache
tasks:
  read_counts:
  total: {counts: read_counts}
  divide: {counts: read_counts}
"""


@dataclass
class Place:
    """A folder in which commands run."""

    folder: Path
    home: Path
    variables: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(text)
        return file

    def run(self, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return ecoflows(
            *arguments, cwd=self.folder, path=self.folder / "packages", **self._variables(), **variables
        )

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        return start_ecoflows(*arguments, cwd=self.folder, path=self.folder / "packages", **self._variables())

    def json(self, *arguments: str | Path) -> Any:
        done = self.run(*arguments)
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise AssertionError(f"no JSON on stdout: {done.stdout!r}; stderr: {done.stderr!r}") from None

    @property
    def log(self) -> list[str]:
        """What tasks really ran, in order."""
        file = self.folder / "log.txt"
        return file.read_text().split() if file.exists() else []

    def open_gate(self) -> None:
        (self.folder / "gate").touch()

    def _variables(self) -> dict[str, str]:
        return {
            "ECOFLOWS_HOME": str(self.home),
            "PARK_LOG": str(self.folder / "log.txt"),
            "PARK_GATE": str(self.folder / "gate"),
            **self.variables,
        }
