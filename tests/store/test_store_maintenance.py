"""Garbage is collected, and nothing else; damage is found, and nothing else."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from ecoflows.store.layout import run_path
from ecoflows.store.maintenance import Finding, collect_garbage, verify_all
from store_samples import small_frame
from test_store_results import KEYS, make_result

ROOTS = pytest.mark.parametrize("reopen", ["local", "memory", "s3"], indirect=True)
NOW = timedelta(seconds=-5)  # a grace that has passed for everything there is
OLD = timedelta(hours=2)


def paths(store) -> set[str]:
    return {entry.path for folder in ("artifacts", "results", "latest") for entry in store.files.walk(folder)}


def age(store, path: str, by: timedelta = OLD) -> None:
    moment = (datetime.now(UTC) - by).timestamp()
    os.utime(store.files.uri(path), (moment, moment))


def age_all(store, by: timedelta = OLD) -> None:
    for path in paths(store):
        age(store, path, by)


@ROOTS
def test_what_no_result_refers_to_is_removed(reopen):
    store = reopen()
    kept = store.save({"table": small_frame(), "in": [(b"1",)]})
    store.save_result(make_result(kept))
    before = paths(store)
    garbage = store.save(["nobody's", b"nobody's either"])
    (part,) = store.parts(garbage)
    found = collect_garbage(store, grace=NOW)
    assert set(found.artifacts) == {garbage.path, part.path}
    assert found.bytes == garbage.bytes + part.bytes
    assert paths(store) == before
    reopen().verify(kept)
    assert store.latest_result("Elephants", "mean") is not None


@ROOTS
def test_nothing_young_is_removed(reopen):
    store = reopen()
    store.save("nobody's")
    store.files.write("artifacts/.x.json.1-2-3.tmp", b"half")
    store.files.write(f"results/{KEYS[5]}.json", b"{")
    store.mark_latest("w", "i", KEYS[7])
    store.save_result(make_result(store.save(1), created=datetime(2020, 1, 1, tzinfo=UTC)))
    before = paths(store)
    report = collect_garbage(store, older_than=timedelta(days=1))
    assert paths(store) == before
    assert (report.artifacts, report.results, report.temporary, report.latest, report.bytes) == (
        [],
        [],
        [],
        [],
        0,
    )


def half_written(folder: str, number: int) -> str:
    return f"{folder}/.{KEYS[number]}.json.1-2-{number:016x}.tmp"


def test_left_over_files_are_removed_when_old(store):
    store.save_result(make_result(store.save(1)))
    wanted = paths(store)
    store.mark_latest("w", "i", KEYS[7])
    pointers = next(path for path in paths(store) - wanted).rpartition("/")[0]
    for number, folder in enumerate(("artifacts", "results", pointers)):
        store.files.write(half_written(folder, number), b"half")
    store.files.write(f"results/{KEYS[5]}.json", b"{")
    age_all(store)
    store.files.write(half_written("artifacts", 9), b"half")
    report = collect_garbage(store)
    assert paths(store) == wanted | {half_written("artifacts", 9)}
    assert len(report.temporary) == 3
    assert report.results == [f"results/{KEYS[5]}.json"]
    assert len(report.latest) == 1


def test_old_results_go_with_what_they_alone_refer_to(store):
    shared, alone = store.save([b"shared"]), store.save({"only": b"here", "and": small_frame()})
    old = datetime.now(UTC) - timedelta(days=10)
    store.save_result(make_result(shared, KEYS[1], instance="new"))
    store.save_result(make_result(shared, KEYS[2], created=old, instance="old"))
    store.save_result(make_result(alone, KEYS[3], created=old, instance="older"))
    age_all(store, timedelta(days=6))
    report = collect_garbage(store, older_than=timedelta(days=5))
    assert set(report.results) == {f"results/{KEYS[2]}.json", f"results/{KEYS[3]}.json"}
    assert len(report.artifacts) == 3
    assert len(report.latest) == 2
    assert [result.key for result in store.results()] == [KEYS[1]]
    assert store.load(shared) == [b"shared"]
    assert store.latest_result("Elephants", "new") is not None
    assert verify_all(store) == []


def test_dry_run_says_the_same_and_removes_nothing(store):
    store.save_result(make_result(store.save(1), created=datetime.now(UTC) - timedelta(days=10)))
    store.save("nobody's")
    age_all(store, timedelta(days=6))
    before = paths(store)
    said = collect_garbage(store, older_than=timedelta(days=5), dry_run=True)
    assert paths(store) == before
    done = collect_garbage(store, older_than=timedelta(days=5))
    assert said.dry_run
    assert not done.dry_run
    assert (said.results, said.artifacts, said.latest, said.bytes) == (
        done.results,
        done.artifacts,
        done.latest,
        done.bytes,
    )
    assert paths(store) == set()


def test_artifact_named_in_a_value_is_kept(store):
    inner = store.save(small_frame())
    store.save_result(make_result(store.save({"made before": inner})))
    age_all(store)
    assert collect_garbage(store).artifacts == []
    store.verify(inner)


def test_artifact_saved_again_during_a_collection_is_kept(store, monkeypatch):
    """A run computes once more what is garbage so far, after the collection has looked."""
    garbage = store.save("about to be wanted")
    age_all(store)
    listed = store.files.walk

    def walk(folder):
        found = list(listed(folder))
        if folder == "latest":
            return found
        if folder == "results":
            store.save("about to be wanted")
        return found

    monkeypatch.setattr(store.files, "walk", walk)
    assert collect_garbage(store).artifacts == []
    store.verify(garbage)


def test_file_of_unknown_age_is_kept(store, monkeypatch):
    import dataclasses

    store.save("nobody's")
    find = store.files.find
    monkeypatch.setattr(store.files, "find", lambda path: dataclasses.replace(find(path), modified=None))
    assert collect_garbage(store, grace=NOW).artifacts == []


def test_damaged_composite_does_not_stop_the_collection(store):
    artifact = store.save([b"part"])
    store.save_result(make_result(artifact))
    store.files.write(artifact.path, b"damaged")
    age_all(store)
    assert len(collect_garbage(store).artifacts) == 1
    assert store.files.read(artifact.path) == b"damaged"


def test_folders_of_others_are_left_alone(store):
    store.files.write("prefect/results/x", b"theirs")
    age(store, "prefect/results/x")
    collect_garbage(store, older_than=timedelta(0), grace=NOW)
    assert store.files.read("prefect/results/x") == b"theirs"


@ROOTS
def test_whole_root_is_verified(reopen):
    store = reopen()
    good, bad, gone = store.save([b"good"]), store.save([b"bad"]), store.save([b"gone"])
    for key, artifact in zip(KEYS, (good, bad, gone), strict=False):
        store.save_result(make_result(artifact, key))
    stray = store.save("stray")
    assert verify_all(store) == []
    store.files.write(store.parts(bad)[0].path, b"BAD")
    store.files.delete(gone.path)
    store.files.write(stray.path, b"altered")
    store.files.write(f"results/{KEYS[9]}.json", b"{")
    damaged = store.parts(bad)[0].path
    store.save_result(make_result(store.save({"also": store.parts(bad)[0]}), KEYS[4]))
    found = verify_all(reopen())
    assert [(finding.path, finding.key) for finding in found] == [
        (damaged, KEYS[1]),
        (gone.path, KEYS[2]),
        (damaged, KEYS[4]),
        (f"results/{KEYS[9]}.json", KEYS[9]),
        (stray.path, None),
    ]
    assert all(isinstance(finding, Finding) and finding.message for finding in found)


def test_empty_root_is_in_order(store):
    assert verify_all(store) == []
    assert collect_garbage(store).bytes == 0


def test_an_old_result_that_a_run_has_just_found_is_kept(store):
    """What comes after it in that run has still to read it."""
    store.save_result(make_result(store.save(1), KEYS[1], created=datetime.now(UTC) - timedelta(days=10)))
    age_all(store, timedelta(days=9))
    store.mark_latest("Elephants", "mean", KEYS[1])
    report = collect_garbage(store, older_than=timedelta(days=2))
    assert (report.results, report.artifacts) == ([], [])
    assert store.find_result(KEYS[1]) is not None


def test_files_of_other_people_are_left_alone(store):
    names = ("results/report.docx", "results/2023/t.csv", "artifacts/thesis.pdf", "latest/photo.jpg", "a.tmp")
    for name in names:
        store.files.write(name, b"mine")
        age(store, name, timedelta(days=99))
    report = collect_garbage(store, older_than=timedelta(seconds=1), grace=timedelta(0))
    assert report.bytes == 0
    assert all(store.files.read(name) == b"mine" for name in names)
    assert verify_all(store) == []


def test_notes_of_runs_are_removed_when_they_are_long_over(store):
    old, new = run_path("w", "monday", "a"), run_path("w", "sunday", "a", 3)
    for path in (old, new):
        store.files.write(path, b"{}")
    age(store, old, timedelta(days=40))
    assert collect_garbage(store, dry_run=True).runs == [old]
    assert collect_garbage(store).runs == [old]
    assert store.files.read(old) is None
    assert store.files.read(new) == b"{}"
    age(store, new, timedelta(days=3))
    assert collect_garbage(store).runs == []
    assert collect_garbage(store, older_than=timedelta(days=2)).runs == [new]
