"""Run a workflow as a compiled Airflow DAG, with an Airflow that has an environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ecoflows.invocation.notes import Notes
from ecoflows.store import Store
from ecoflows.verification.model import Found, Subject
from ecoflows.verification.programs import compiled, ended_badly
from ecoflows.workflow.outcome import State

AIRFLOW = "ECOFLOWS_AIRFLOW"
"""The environment variable that names a Python with Airflow."""

_SETTINGS = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}


def run_airflow(subject: Subject) -> Found:
    """Run the compiled DAG with bash operators in one process of Airflow.

    Args:
        subject: What is verified.
    """
    python = find_airflow()
    if python is None:
        text = f"no Airflow here; {AIRFLOW}=PYTHON names the Python of an environment that has it"
        return Found("unavailable", reason=text)
    if shutil.which(python) is None:
        return Found("failed", reason=f"{AIRFLOW} names '{python}', which is no program that can be run")
    folder, store = subject.place("airflow"), Store(subject.cache_root("airflow"))
    file = subject.place("airflow/dags") / "dag.py"
    file.write_text(compiled(subject, "airflow", "airflow", {"operator": "bash"}), encoding="utf-8")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW__")},
        **_SETTINGS,
        "AIRFLOW_HOME": str(folder / "home"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(file.parent),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }
    answer, file_of_log = folder / "answer.json", folder / "log"
    with file_of_log.open("wb") as log:
        for command in (
            [python, "-m", "airflow", "db", "migrate"],
            [python, str(Path(__file__).with_name("run_dag.py")), str(file), "{}", str(answer)],
        ):
            if (code := _call(command, environment, log.fileno())) != 0:
                return Found("failed", reason=ended_badly(code, file_of_log.read_bytes()))
    told = json.loads(answer.read_text(encoding="utf-8"))
    notes = Notes(store, subject.workflow.name, told["run"])
    return _found(subject, notes, told["state"])


def find_airflow() -> str | None:
    """A Python that has Airflow: the one that is named, one in ``.venv-airflow*``, or that of ``airflow``."""
    if named := os.environ.get(AIRFLOW):
        return named
    return next(_candidates(), None)


def _candidates() -> Iterator[str]:
    for folder in sorted(Path.cwd().glob(".venv-airflow*"), reverse=True):
        if (folder / "bin" / "airflow").exists():
            yield str(folder / "bin" / "python")
    command = shutil.which("airflow")
    if command is not None:
        beside = Path(command).resolve().with_name("python")
        if beside.exists():
            yield str(beside)


def _call(command: Sequence[str], environment: Mapping[str, str], log: int) -> int:
    done = subprocess.run(  # noqa: S603  # a Python that the user named
        command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
    )
    return done.returncode


def _found(subject: Subject, notes: Notes, state: str) -> Found:
    digests, reason = {}, None
    for name in subject.workflow.nodes:
        note = notes.read(name)
        if note is not None and note.artifact is not None:
            digests[name] = note.artifact.sha256
        if note is not None and note.state is State.FAILED:
            reason = reason or note.error
    if state == "success":
        return Found("completed", digests)
    return Found("failed", digests, reason or f"the DAG run ended as '{state}'")
