"""A folder in which tests run commands."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ecoflows import registry
from ecoflows.cli.main import main
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
    capture: pytest.CaptureFixture[str]
    variables: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(text)
        return file

    def run(self, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return ecoflows(
            *arguments, cwd=self.folder, path=self.folder / "packages", **self._variables(), **variables
        )

    def call(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command in this process, with the tasks read anew as another process would.

        It saves the start of Python, not more: what is printed is captured as a shell would.
        """
        self.capture.readouterr()
        with pytest.MonkeyPatch.context() as patch, _own_tasks(), _own_log():
            patch.chdir(self.folder)
            patch.syspath_prepend(self.folder / "packages")
            for name, value in {"COLUMNS": "80", **self._variables()}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["ecoflows", *map(str, arguments)])
            with pytest.raises(SystemExit) as ended:
                main()
        assert isinstance(ended.value.code, int)
        return subprocess.CompletedProcess(arguments, ended.value.code, *self.capture.readouterr())

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        return start_ecoflows(*arguments, cwd=self.folder, path=self.folder / "packages", **self._variables())

    def json(self, *arguments: str | Path) -> Any:
        return _json(self.run(*arguments))

    def call_json(self, *arguments: str | Path) -> Any:
        return _json(self.call(*arguments))

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


def _json(done: subprocess.CompletedProcess[str]) -> Any:
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise AssertionError(f"no JSON on stdout: {done.stdout!r}; stderr: {done.stderr!r}") from None


@contextmanager
def _own_tasks() -> Iterator[None]:
    """Find the installed tasks anew, and forget those of ``park`` and what was found afterwards."""
    registry.installed.cache_clear()
    try:
        yield
    finally:
        registry.installed.cache_clear()
        for name in [name for name in sys.modules if name.partition(".")[0] == "park"]:
            del sys.modules[name]


@contextmanager
def _own_log() -> Iterator[None]:
    """Undo what a command does to the log of ecoflows, which writes to the terminal from then on."""
    log = logging.getLogger("ecoflows")
    before = log.handlers, log.level, log.propagate
    try:
        yield
    finally:
        log.handlers, log.propagate = before[0], before[2]
        log.setLevel(before[1])
