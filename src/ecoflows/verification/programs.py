"""Run a workflow as a compiled script and as a compiled notebook."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ecoflows.scripting.run import REPORT
from ecoflows.targets import Compilation
from ecoflows.targets.installed import find_target, rendered
from ecoflows.verification.model import Found, Subject
from ecoflows.workflow.environment import left_open


def compiled(subject: Subject, way: str, target: str, options: Mapping[str, str] | None = None) -> str:
    """The program of one way, with the parameters' values in it.

    Args:
        subject: What is verified.
        way: The way's name.
        target: The target's name.
        options: The target's options.

    Raises:
        ProblemError: If the target cannot carry the workflow.
    """
    found = find_target(target)
    workflow, root = left_open(subject.workflow), subject.cache_root(way)
    return rendered(found, Compilation(workflow, subject.given, root, options or {}))


def run_script(subject: Subject) -> Found:
    """Run the compiled script in a process of its own.

    Args:
        subject: What is verified.
    """
    file = subject.place("script") / "script.py"
    file.write_text(compiled(subject, "script", "script"), encoding="utf-8")
    return _run([sys.executable, str(file)], subject.place("script"))


def run_notebook(subject: Subject) -> Found:
    """Run the compiled notebook from top to bottom, in a kernel of its own.

    Args:
        subject: What is verified.
    """
    missing = [name for name in ("nbclient", "ipykernel") if importlib.util.find_spec(name) is None]
    if missing:
        text = f"{' and '.join(missing)} not installed here: pip install 'ecoflows[notebook]'"
        return Found("unavailable", reason=text)
    file = subject.place("notebook") / "notebook.ipynb"
    file.write_text(compiled(subject, "notebook", "notebook", {"to": "ipynb"}), encoding="utf-8")
    command = [sys.executable, "-m", "ecoflows.verification.execute_notebook", str(file)]
    return _run(command, subject.place("notebook"))


def _run(command: Sequence[str], folder: Path) -> Found:
    report = folder / "report.jsonl"
    done = subprocess.run(  # noqa: S603  # our own interpreter
        command,
        env={**os.environ, REPORT: str(report)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    (folder / "log").write_bytes(done.stdout + done.stderr)
    lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
    noted = [json.loads(line) for line in lines]
    digests = {note["id"]: note["sha256"] for note in noted if note["sha256"]}
    if done.returncode == 0:
        return Found("completed", digests)
    return Found("failed", digests, ended_badly(done.returncode, done.stderr or done.stdout))


def ended_badly(code: int, output: bytes) -> str:
    """What is told of a process that failed: how it ended, and its last line.

    Args:
        code: Its exit code.
        output: What it printed.
    """
    last = output.decode(errors="replace").strip().splitlines()[-1:] or ["it printed nothing"]
    return f"exit code {code}: {last[0]}"
