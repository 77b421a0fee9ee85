"""A real Airflow in an environment of its own, and what tests ask it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import ROOT

INSIDE = Path(__file__).parent / "airflow" / "inside"
VERSIONS = ("2.11.2", "3.3.2")
KUBERNETES = "1.32"
"""The schema that pods are held against."""

_SETTINGS = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "120",
}
_SECONDS = 240


def python_of(version: str) -> Path:
    """The Python of a version's environment, which ``make test-airflow`` builds."""
    return ROOT / f".venv-airflow-{version}" / "bin" / "python"


def connection(kubeconfig: Path) -> dict[str, str]:
    """The environment in which Airflow knows a cluster."""
    described = {"conn_type": "kubernetes", "extra": {"kube_config_path": str(kubeconfig)}}
    return {"AIRFLOW_CONN_KUBERNETES_DEFAULT": json.dumps(described)}


def _json_list(output: str) -> list[Any]:
    """The list among what a command printed; its log goes to the same stream."""
    lines = output.splitlines()
    for index, line in enumerate(lines):
        if line.startswith("["):
            with contextlib.suppress(json.JSONDecodeError):
                found: list[Any] = json.loads("\n".join(lines[index:]))
                return found
    return []


@dataclass(frozen=True)
class Airflow:
    """An Airflow with a database.

    Attributes:
        version: Its version.
        python: Its Python.
        home: ``AIRFLOW_HOME``.
    """

    version: str
    python: Path
    home: Path

    def migrate(self) -> None:
        """Make the database."""
        self._call(["-m", "airflow", "db", "migrate"])

    def import_errors(self, folder: Path) -> list[Any]:
        """What Airflow's own command says of the DAG files in a folder."""
        local = ["-l"] if self.version.startswith("3") else []
        done = self._call(
            ["-m", "airflow", "dags", "list-import-errors", *local, "-o", "json"],
            check=False,
            AIRFLOW__CORE__DAGS_FOLDER=str(folder),
        )
        found = _json_list(done.stdout)
        assert (done.returncode == 0) == (not found), done.stdout + done.stderr
        return found

    def round_trip(self, file: Path) -> dict[str, Any]:
        """What a DAG is after it was serialized and read back."""
        return self._ask("round_trip.py", file)

    def manifests(self, file: Path, kubeconfig: Path) -> dict[str, Any]:
        """Every pod's manifest by task, and what is wrong with it."""
        return self._ask("manifests.py", file, KUBERNETES, **connection(kubeconfig))

    def imported(self, file: Path) -> dict[str, Any]:
        """How long a DAG file takes to import, and what of ecoflows it imports."""
        return self._ask("import_dag.py", file)

    def run(self, file: Path, conf: dict[str, Any] | None = None, **environment: str) -> dict[str, Any]:
        """Run a DAG with ``dag.test()``: ``run_id``, ``state``, and the state of each task."""
        folder = {"AIRFLOW__CORE__DAGS_FOLDER": str(file.parent)}  # Airflow 3 runs what it finds there
        return self._ask("run_dag.py", file, json.dumps(conf or {}), **folder, **environment)

    def _ask(self, script: str, *words: Any, **environment: str) -> dict[str, Any]:
        answer = self.home / f"answer-{os.getpid()}.json"
        answer.unlink(missing_ok=True)
        done = self._call([str(INSIDE / script), str(answer), *map(str, words)], check=False, **environment)
        assert answer.exists(), f"{script} gave no answer:\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
        told: dict[str, Any] = json.loads(answer.read_text())
        return {**told, "log": done.stdout + done.stderr} if script == "run_dag.py" else told

    def _call(
        self, words: list[str], *, check: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AIRFLOW", "PREFECT_", "PYTEST_")) and name != "PYTHONDONTWRITEBYTECODE"
        }
        ours = str(Path(sys.executable).parent)  # where ``ecoflows`` is
        environment = {
            **kept,
            **_SETTINGS,
            "AIRFLOW_HOME": str(self.home),
            "PATH": f"{ours}{os.pathsep}{os.environ.get('PATH', '')}",
            **environment,
        }
        with subprocess.Popen(
            [str(self.python), *words],
            env=environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                out, err = process.communicate(timeout=_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # what it started, too
                out, err = process.communicate()
                raise AssertionError(f"{words} took more than {_SECONDS} s:\n{out}\n{err}") from None
        assert not check or process.returncode == 0, f"{words}:\n{out[-4000:]}\n{err[-4000:]}"
        return subprocess.CompletedProcess(words, process.returncode, out, err)
