"""A folder with a small package of tasks, a spec and a command line that sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

import park_tasks
from place import SPEC, Place


@pytest.fixture
def place(tmp_path: Path, server_home: Path, capfd: pytest.CaptureFixture[str]) -> Place:
    """A folder with ``counting.yaml`` and the package ``park``."""
    park_tasks.install(tmp_path / "packages")
    found = Place(tmp_path, server_home, capfd)
    found.write("counting.yaml", SPEC)
    found.write("params.yaml", "divide:\n  by: 2\n")
    return found
