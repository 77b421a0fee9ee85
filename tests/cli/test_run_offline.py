"""Runs that read nothing from outside."""

from __future__ import annotations

import pytest

from place import Place

RUN = ("run", "counting.yaml", "--set", "divide.by=2")


@pytest.mark.parametrize("engine", ["sequential", "prefect"])
def test_offline_uses_the_last_results_and_tells_their_age(place: Place, engine: str) -> None:
    assert place.call(*RUN, "--engine", "sequential").returncode == 0
    assert place.log == ["read_counts", "total", "divide"]
    done = place.run(*RUN, "--engine", engine, "--offline")
    assert done.returncode == 0, done.stderr
    assert place.log == ["read_counts", "total", "divide"]
    assert "offline: read_counts is of 20" in done.stderr
    assert " second" in done.stderr or " moment" in done.stderr
    again = place.call(*RUN, "--engine", "sequential")
    assert place.log == ["read_counts", "total", "divide", "read_counts"]
    assert "offline" not in again.stderr


def test_what_is_downstream_may_be_computed_offline(place: Place) -> None:
    assert place.call(*RUN, "--engine", "sequential", "--to", "total").returncode == 0
    report = place.call_json(*RUN, "--engine", "sequential", "--offline", "--json")
    nodes = report["nodes"]
    assert [node["state"] for node in nodes] == ["cached", "cached", "completed"]
    assert list(report["offline"]) == ["read_counts"]
    assert place.log == ["read_counts", "total", "divide"]


def test_offline_without_a_stored_result_ends_before_anything_runs(place: Place) -> None:
    done = place.call(*RUN, "--engine", "sequential", "--offline")
    assert done.returncode == 2
    assert "--offline: no result is stored of 'read_counts': never ran" in done.stderr
    assert place.log == []
    assert place.call(*RUN, "--engine", "sequential").returncode == 0
    other = place.call(*RUN, "--engine", "sequential", "--offline", "--set", "read_counts.start=5")
    assert other.returncode == 2
    assert "argument 'start' changed from 1 to 5, last on 20" in other.stderr
    assert place.log == ["read_counts", "total", "divide"]


def test_cache_never_does_not_keep_a_result_from_being_used_offline(place: Place) -> None:
    spec = "name: n\nworkflow:\n  - {id: read, task: read_counts, cache: never}\n"
    place.write("n.yaml", spec)
    run = ("run", "n.yaml", "--engine", "sequential")
    assert place.call(*run).returncode == 0
    assert place.call(*run, "--offline").returncode == 0
    assert place.log == ["read_counts"]


MAPPED = """\
name: mapped
workflow:
  - {id: starts, task: total, partial: {counts: "${{ workflow.first.return }}"}}
  - {id: first, task: prepare, partial: {rows: 3}}
  - {id: read, task: read_counts, map: {argnames: start, argvalues: ["${{ workflow.starts.return }}", 7]}}
"""


@pytest.mark.parametrize("engine", ["sequential", "prefect"])
def test_what_cannot_be_known_before_fails_in_the_run(place: Place, engine: str) -> None:
    place.write("mapped.yaml", MAPPED)
    done = place.run("run", "mapped.yaml", "--engine", engine, "--offline")
    assert done.returncode == 3, done.stderr
    assert "--offline, and no stored result is of use (never ran)" in done.stderr
    assert place.log == ["prepare", "total"]
    assert "--offline" in next(line for line in done.stderr.splitlines() if "to resume" in line)


def test_force_and_offline_contradict_each_other(place: Place) -> None:
    done = place.call(*RUN, "--offline", "--force", "read_counts")
    assert done.returncode == 2
    assert "--force names 'read_counts', which --offline keeps from reading" in done.stderr
