"""A project with specs, in which tests build deployments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from answer import Answer

SPECS = {
    "density.yaml": """\
name: density
cache_root: s3://park/cache
tasks:
  load_observations: {subject_column: animal}
  process_relocations: {observations: load_observations}
  calculate_time_density: {trajectory_gdf: process_relocations}
  draw_ecomap: {geodataframe: calculate_time_density}
""",
    "density.params.yaml": """\
load_observations: {path: fixes.csv}
calculate_time_density: {pixel_size: 250}
draw_ecomap: {title: "yes"}
""",
    "numbers.yaml": """\
name: numbers
workflow:
  - {id: the.first, task: numbers}
  - {id: last, task: anything, partial: {value: "${{ workflow.the.first.return }}"}}
""",
    "numbers.params.yaml": "the.first: {count: 3}\n",
}
PROFILES = {
    "local": "pool: park-local\ntype: process\ncache_root: .ecoflows/cache\n",
    "production": """\
pool: park
image: registry.example.org/park/flows:1.0
namespace: park
cache_root: s3://park/cache
service_accounts: {flow: park-flow, task: park-task}
resources:
  flow: {request_cpu: 250m, request_memory: 512Mi, limit_memory: 512Mi}
  task: {request_memory: 1Gi}
execution: {workers: 8, instances: {calculate_time_density: {memory_escalation: 2}}}
environment: {PARK_REGION: north}
tags: [nightly]
""",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two specs and two profiles, which is the current one."""
    folder = tmp_path / "park"
    for name, text in SPECS.items():
        write(folder / "specs" / name, text)
    for name, text in PROFILES.items():
        write(folder / "deployments" / "profiles" / f"{name}.yaml", text)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("ECOFLOWS_EXECUTION", raising=False)
    return folder


@pytest.fixture
def build(command: Callable[..., Answer], project: Path) -> Callable[..., Answer]:
    """Runs ``ecoflows deployment build`` in the project."""
    assert project.is_dir()
    return lambda *arguments: command("deployment", "build", *arguments)


def write(file: Path, text: str) -> Path:
    """Write a file and its folders."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file
