"""``ecoflows verify``: agreement is shown, a difference named."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from support import ecoflows, write_package

TASKS = '''
import os

from ecoflows.decorators import distributed


@distributed
def numbers(count: int) -> list[int]:
    """Give numbers."""
    return list(range(count))


@distributed
def square(x: int) -> int:
    """Square."""
    if x == 7:
        raise ValueError("no square of 7")
    return x * x


@distributed
def whose(values: list[int]) -> int:
    """Give what differs from process to process."""
    return os.getpid()
'''
SPEC = """
name: squares
workflow:
  - {id: numbers, task: numbers}
  - {id: squares, task: square, map: {argnames: x, argvalues: "${{ workflow.numbers.return }}"}}
"""
RANDOM = '  - {id: whose, task: whose, partial: {values: "${{ workflow.squares.return }}"}}\n'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write_package(tmp_path / "packages", "sq", {"tasks.py": TASKS})
    (tmp_path / "spec.yaml").write_text(SPEC)
    return tmp_path


def verify(place: Path, *words: str) -> tuple[int, str, str]:
    packages = place / "packages"
    done = ecoflows("verify", "spec.yaml", *words, cwd=place, path=packages, ECOFLOWS_AIRFLOW="")
    return done.returncode, done.stdout, done.stderr


def test_ways_agree(place: Path) -> None:
    words = ("--set", "numbers.count=3", "--targets", "sequential,script")
    code, out, err = verify(place, *words, "--keep", "kept", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert told["targets"] == {"sequential": "completed", "script": "completed"}
    assert [(node["id"], node["equal"]) for node in told["nodes"]] == [("numbers", True), ("squares", True)]
    assert all(len(set(node["digests"].values())) == 1 for node in told["nodes"])
    assert "numbers" in (place / "kept" / "script" / "script.py").read_text()
    code, out, err = verify(place, *words, "--keep", "kept")
    assert code == 2
    assert "is not empty" in err


def test_a_difference_names_the_task_instance(place: Path) -> None:
    (place / "spec.yaml").write_text(SPEC + RANDOM)
    code, out, err = verify(place, "--set", "numbers.count=2", "--targets", "sequential", "script")
    assert code == 1
    assert "whose differs: sequential " in err
    assert "squares differs" not in err
    assert all(len(line) <= 80 for line in out.splitlines())


def test_a_failure_everywhere_is_no_difference(place: Path) -> None:
    code, out, _err = verify(place, "--set", "numbers.count=9", "--targets", "sequential,script", "--json")
    assert code == 3
    told = json.loads(out)
    assert set(told["targets"].values()) == {"failed"}
    assert "no square of 7" in told["reasons"]["sequential"]
    assert "no square of 7" in told["reasons"]["script"]
    assert told["nodes"][0]["equal"]


def test_what_is_not_here_is_told(place: Path) -> None:
    path = os.pathsep.join(part for part in os.environ["PATH"].split(os.pathsep) if "airflow" not in part)
    packages = place / "packages"
    words = ("verify", "spec.yaml", "--set", "numbers.count=1", "--targets", "sequential,airflow")
    done = ecoflows(*words, cwd=place, path=packages, ECOFLOWS_AIRFLOW="", PATH=path)
    assert done.returncode == 0, done.stderr
    assert "airflow: unavailable: no Airflow here; ECOFLOWS_AIRFLOW=PYTHON names" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("--set", "numbers.count=1", "--keep", "/proc/none"), 1, "error: /proc/none is no folder to keep"),
        (("--set", "numbers.count=1", "--keep", "spec.yaml"), 1, "error: spec.yaml is no folder to keep"),
        (("--targets", "scirpt"), 2, "did you mean 'script'?"),
        (("--targets", "sequential"), 1, "the parameter 'count' of 'numbers' is missing"),
    ],
)
def test_wrong_usage(place: Path, words: tuple[str, ...], code: int, text: str) -> None:
    found, _, err = verify(place, *words)
    assert found == code
    assert text in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("python", "text"),
    [
        ("/no/such/python", "ECOFLOWS_AIRFLOW names '/no/such/python', which is no program"),
        ("false", "exit code 1: it printed nothing"),
        (sys.executable, "exit code 1: "),
    ],
)
def test_an_airflow_that_does_not_work(place: Path, python: str, text: str) -> None:
    words = ("verify", "spec.yaml", "--set", "numbers.count=1", "--targets", "sequential,airflow")
    done = ecoflows(*words, cwd=place, path=place / "packages", ECOFLOWS_AIRFLOW=python)
    assert done.returncode == 1
    assert f"airflow: failed: {text}" in done.stderr
    assert "Traceback" not in done.stderr
    assert "squares" in done.stdout


def test_nothing_is_called_equal_that_was_not_compared(place: Path) -> None:
    code, out, err = verify(place, "--set", "numbers.count=2", "--targets", "sequential")
    assert code == 0, err
    assert "yes" not in out
    assert "nothing was compared" in out
