"""What tests of several folders share: packages of tasks, workflows from text, a command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from ecoflows import source, spec
from ecoflows.conditions import Condition
from ecoflows.decorators import Task
from ecoflows.registry import RegisteredTask, Registry
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.resolve import resolve

ROOT = Path(__file__).parents[1]
REFERENCE_DATA = ROOT / ".." / "shared" / "data"


def write_package(folder: Path, name: str, modules: Mapping[str, str]) -> Path:
    """Write a package with its entry point, as an installer would.

    Args:
        folder: What is to be on ``PYTHONPATH``.
        name: The package's name; its tasks are in ``<name>.tasks``.
        modules: Source texts by path below the package, such as ``tasks.py``.

    Returns:
        The folder.
    """
    for path, text in {"__init__.py": "", **modules}.items():
        file = folder / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[ecoflows]\ntasks = {name}.tasks\n")
    return folder


def registry_of(*modules: ModuleType) -> Registry:
    """A registry of the tasks and skip conditions that some modules define."""
    found = [(module.__name__, value) for module in modules for value in vars(module).values()]
    return Registry(
        [RegisteredTask(value, name) for name, value in found if isinstance(value, Task)],
        conditions=[value for _, value in found if isinstance(value, Condition)],
    )


def workflow_of(text: str, registry: Registry) -> Workflow:
    """The workflow of a spec's text."""
    workflow, _warnings = resolve(
        spec.from_source(source.loads(textwrap.dedent(text), "spec.yaml")), registry
    )
    return workflow


def command_environment(*, path: Path | None = None, **variables: str) -> dict[str, str]:
    """The environment for a command, with a folder of packages on its path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return {**kept, **({"PYTHONPATH": str(path)} if path else {}), "COLUMNS": "80", **variables}


def ecoflows(
    *arguments: str | Path, cwd: Path, path: Path | None = None, timeout: float = 240, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "ecoflows", *map(str, arguments)],
        cwd=cwd,
        env=command_environment(path=path, **variables),
        capture_output=True,
        text=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def start_ecoflows(
    *arguments: str | Path, cwd: Path, path: Path | None = None, **variables: str
) -> subprocess.Popen[str]:
    """Start the command line in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "ecoflows", *map(str, arguments)],
        cwd=cwd,
        env=command_environment(path=path, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        stdin=subprocess.DEVNULL,
        # A shell's background job ignores Ctrl-C and hands that on; a user's command does not.
        preexec_fn=_heed_interrupts,  # the test has no threads that hold locks
    )


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def by_id(report: Mapping[str, Any]) -> dict[str, Any]:
    """The nodes of a ``run --json`` or ``plan --format json`` object by id."""
    return {node["id"]: node for node in report["nodes"]}
