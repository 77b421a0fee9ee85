"""Fixtures of tests over real Airflow."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_environment import VERSIONS, Airflow, python_of
from kubernetes_double.starting import Double, started
from support import ROOT


@pytest.fixture(
    scope="session", params=[pytest.param(one, marks=pytest.mark.xdist_group(one)) for one in VERSIONS]
)
def airflow(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    """An Airflow of each version, with a fresh database."""
    python = python_of(request.param)
    if not python.exists():
        pytest.skip(f"Airflow {request.param} is not here; 'make test-airflow' sets it up")
    home = tmp_path_factory.mktemp(f"airflow-{request.param}")
    (home / "dags").mkdir()
    found = Airflow(request.param, python, home)
    found.migrate()
    return found


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    """A stand-in cluster in which every image has ecoflows and the tests' tasks."""
    image = {
        "path": str(Path(sys.executable).parent),
        "env": {"PYTHONPATH": str(ROOT / "tests"), "HOME": os.environ.get("HOME", "/")},
    }
    with started(tmp_path_factory.mktemp("cluster"), {"*": image}) as double:
        yield double
