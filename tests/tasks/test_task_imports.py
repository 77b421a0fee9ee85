"""A catalogue of tasks is cheap to read: what is heavy is imported when a task runs."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

from ecoflows.decorators import Task

KINDS = ["analysis", "groupby", "io", "preprocessing"]
OWN = [
    "ecoflows.simulate",
    "ecoflows.tasks.schemas",
    *(
        module.name
        for kind in KINDS
        for module in pkgutil.walk_packages(
            importlib.import_module(f"ecoflows.tasks.{kind}").__path__, f"ecoflows.tasks.{kind}."
        )
    ),
]


def test_nothing_heavy_is_imported():
    modules = ", ".join([*(f"ecoflows.tasks.{kind}" for kind in KINDS), *OWN])
    heavy = ("geopandas", "shapely", "pyproj", "scipy", "matplotlib", "pyogrio")
    code = f"import sys, {modules}; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", KINDS)
def test_every_task_is_exported_and_described(kind):
    package = importlib.import_module(f"ecoflows.tasks.{kind}")
    tasks = [value for name in package.__all__ if isinstance(value := getattr(package, name), Task)]
    assert tasks
    for task in tasks:
        assert task.returns is not None
        assert task.description.endswith(".")
        undescribed = [name for name, parameter in task.parameters.items() if not parameter.description]
        assert undescribed == []
        assert [name for name in task.parameters if f"        {name}:" not in task.function.__doc__] == []


def test_only_reading_is_tagged_io():
    from ecoflows.tasks.analysis import calculate_time_density
    from ecoflows.tasks.io import load_observations

    assert load_observations.is_io
    assert not calculate_time_density.is_io
