"""What the doctor finds on this machine, and that one check does not cost another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sample_tasks
from ecoflows import registry
from ecoflows.doctor import Finding, Health, Subject, checking, examine
from ecoflows.doctor.model import ok
from ecoflows.doctor.packages import check_image, check_packages, check_versions
from ecoflows.doctor.storage import check_cache_root
from ecoflows.registry import Broken, Registry
from ecoflows.store.local_files import LocalFiles
from support import registry_of

Subjects = Callable[..., Subject]


def only(findings: Iterator[Finding]) -> Finding:
    (found,) = findings
    return found


def test_a_check_that_fails_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def half(_subject: Subject) -> Iterator[Finding]:
        yield ok("first", "is there")
        raise RuntimeError("no\n  more")

    monkeypatch.setattr(checking, "CHECKS", {"half": half, "last": lambda _: [ok("last", "is well")]})
    assert list(examine(Subject())) == [
        ok("first", "is there"),
        Finding("half", Health.ERROR, "cannot be checked: RuntimeError: no more"),
        ok("last", "is well"),
    ]


def test_versions_are_named() -> None:
    assert [finding.name for finding in check_versions(Subject())] == ["python", "ecoflows", "prefect"]
    assert {finding.health for finding in check_versions(Subject())} == {Health.OK}


def test_a_package_of_tasks_that_cannot_be_imported_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    good = registry_of(sample_tasks)
    broken = Broken("park", "park.tasks", "no module named 'numba'", "Traceback ...")
    monkeypatch.setattr(registry, "installed", lambda: Registry(good.all(), broken=[broken]))
    first, second = check_packages(Subject())
    assert (first.health, first.found) == (Health.ERROR, "park.tasks of park: no module named 'numba'")
    assert first.fix == "'ecoflows tasks --broken' shows the traceback"
    assert second.health is Health.OK
    assert second.found.endswith("tasks of sample_tasks")


def test_no_tasks_at_all_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "installed", lambda: Registry([]))
    assert only(check_packages(Subject())).found == "there are no tasks"


@pytest.mark.parametrize(
    ("profile", "health", "found"),
    [
        ("{pool: p, image: 'flows:1.0'}", Health.OK, "flows:1.0"),
        ("{pool: p, image: 'host:5000/flows'}", Health.WARNING, "may be another image tomorrow"),
        ("{pool: p, image: 'flows:latest'}", Health.WARNING, "may be another image tomorrow"),
        ("{pool: p, image: 'flows@sha256:" + 64 * "0" + "'}", Health.OK, "flows@sha256:"),
        ("{pool: p}", Health.ERROR, "the profile names no image"),
        ("{pool: p, type: process, execution: {mode: pod}}", Health.SKIPPED, "each task or spec has to"),
    ],
)
def test_the_image_has_to_stay_the_same(subject: Subjects, profile: str, health: Health, found: str) -> None:
    finding = only(check_image(subject(profile)))
    assert finding.health is health
    assert found in finding.found


def test_without_pods_there_is_no_image(subject: Subjects) -> None:
    assert list(check_image(subject("{pool: p, type: process}"))) == []
    assert list(check_image(Subject())) == []


def test_the_probe_in_the_cache_root_is_removed(
    subject: Subjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    finding = only(check_cache_root(subject("{pool: p, type: process, cache_root: cache}")))
    assert finding.health is Health.OK
    assert finding.found.endswith("can be written and read")
    assert [file for file in (tmp_path / "cache").rglob("*") if file.is_file()] == []


def test_a_cache_root_that_is_not_there_yet_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    finding = only(check_cache_root(Subject()))
    assert (finding.health, finding.found) == (
        Health.OK,
        ".ecoflows/cache can be made, when there are results",
    )
    assert list(tmp_path.iterdir()) == []


def test_a_cache_root_below_a_file_is_an_error(subject: Subjects, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    profile = f"{{pool: p, type: process, cache_root: {tmp_path}/file/cache}}"
    finding = only(check_cache_root(subject(profile)))
    assert finding.health is Health.ERROR
    assert "cannot be made" in finding.found


def test_a_cache_root_that_gives_something_else_back_is_an_error(
    subject: Subjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalFiles, "read", lambda *_: b"from an old copy")
    (tmp_path / "cache").mkdir()
    finding = only(check_cache_root(subject(f"{{pool: p, type: process, cache_root: {tmp_path}/cache}}")))
    assert finding.health is Health.ERROR
    assert "gives another file than was written" in finding.found


def test_pods_need_a_cache_root_that_all_reach(subject: Subjects) -> None:
    _, mounted = check_cache_root(subject())
    assert mounted.health is Health.WARNING
    assert mounted.found.endswith("has to be a volume of all pods")
    _, relative = check_cache_root(subject("{pool: p, image: 'flows:1', cache_root: cache}"))
    assert relative.health is Health.ERROR
    assert relative.found == "cache would be a folder of each pod"
