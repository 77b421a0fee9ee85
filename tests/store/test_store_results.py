"""Results by their key, the latest of each instance, and the two models."""

import json
import logging
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from ecoflows.errors import StoreError
from ecoflows.store import Artifact, Result

KEYS = [character * 64 for character in "0123456789abcdef"]


def make_result(artifact: Artifact, key: str = KEYS[1], **changes) -> Result:
    described = {
        "key": key,
        "task": "pkg.tasks:mean",
        "workflow": "Elephants",
        "instance": "mean",
        "code": KEYS[2],
        "arguments": {"obs": {"$artifact": KEYS[3]}, "k": 2**70, "x": {"$float": "nan"}},
        "inputs": {"obs": KEYS[3]},
        "return_type": "DataFrame[Relocations]",
        "artifact": artifact,
        "created": datetime.now(UTC),
        "seconds": 0.25,
        "peak_memory_bytes": 1024,
        "ecoflows_version": "0.1.0",
    }
    return Result(**(described | changes))


@pytest.mark.parametrize("reopen", ["local", "memory", "s3"], indirect=True)
def test_result_comes_back(reopen):
    result = make_result(reopen().save([1]))
    assert reopen().find_result(result.key) is None
    assert reopen().latest_result("Elephants", "mean") is None
    reopen().save_result(result)
    store = reopen()
    assert store.find_result(result.key) == result
    assert store.latest_result("Elephants", "mean") == result
    assert list(store.results()) == [result]
    store.delete_result(result.key)
    store.delete_result(result.key)
    assert store.find_result(result.key) is None
    assert store.latest_result("Elephants", "mean") is None
    assert list(store.results()) == []


def test_latest_is_the_last_saved_and_may_be_of_any_key(store):
    artifact = store.save(1)
    store.save_result(make_result(artifact, KEYS[1]))
    store.save_result(make_result(artifact, KEYS[2]))
    assert store.latest_result("Elephants", "mean").key == KEYS[2]
    store.mark_latest("Elephants", "mean", KEYS[1])
    assert store.latest_result("Elephants", "mean").key == KEYS[1]


def test_result_of_no_workflow_is_no_instance_s_latest(store):
    store.save_result(make_result(store.save(1), workflow=None, instance=None))
    assert not list(store.files.walk("latest"))


def test_any_names_are_kept_apart(store):
    names = [
        "a",
        "A",
        "ä",
        "a/b",
        "a-b",
        "../x",
        "..",
        "",
        " ",
        "con",
        "x" * 500,
        "x" * 501,
        "\ud800",
        "a\0",
        "a:b",
    ]
    artifact = store.save(1)
    pairs = [(workflow, instance) for workflow in names for instance in names]
    for number, (workflow, instance) in enumerate(pairs):
        store.mark_latest(workflow, instance, f"{number:064x}")
        if number < len(KEYS):
            store.save_result(make_result(artifact, f"{number:064x}", workflow=workflow, instance=instance))
    entries = list(store.files.walk("latest"))
    assert len({entry.path.lower() for entry in entries}) == len(pairs)
    assert all(len(part) < 100 for entry in entries for part in entry.path.split("/"))
    for number, (workflow, instance) in enumerate(pairs[: len(KEYS)]):
        assert store.latest_result(workflow, instance).key == f"{number:064x}"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"key": 1}', b"\xff", b"[" * 100_000])
def test_damaged_manifest_counts_as_absent_and_is_logged(store, caplog, content):
    store.files.write(f"results/{KEYS[5]}.json", content)
    store.save_result(make_result(store.save(1)))
    with caplog.at_level(logging.WARNING, "ecoflows.store"):
        assert store.find_result(KEYS[5]) is None
        assert [result.key for result in store.results()] == [KEYS[1]]
    assert KEYS[5] in caplog.text


def test_manifest_under_another_key_counts_as_absent(store, caplog):
    store.save_result(make_result(store.save(1)))
    store.files.write(f"results/{KEYS[5]}.json", store.files.read(f"results/{KEYS[1]}.json"))
    assert store.find_result(KEYS[5]) is None
    assert "another key" in caplog.text


@pytest.mark.parametrize("content", [b"", b"[]", b'{"key": "../../x"}', b'{"key": 5}'])
def test_damaged_pointer_counts_as_absent(store, caplog, content):
    store.save_result(make_result(store.save(1)))
    (entry,) = store.files.walk("latest")
    store.files.write(entry.path, content)
    assert store.latest_result("Elephants", "mean") is None
    assert "counts as absent" in caplog.text


@pytest.mark.parametrize("key", ["", "x", "../" + "0" * 61, "A" * 64, "0" * 63, "0" * 64 + "\n", 7, None])
def test_only_digests_are_keys(store, key):
    for use in (store.find_result, store.delete_result, lambda key: store.mark_latest("w", "i", key)):
        with pytest.raises(StoreError, match="not a cache key"):
            use(key)
    with pytest.raises(ValidationError):
        make_result(store.save(1), key)


def test_later_fields_are_ignored(store):
    store.save_result(make_result(store.save(1)))
    path = f"results/{KEYS[1]}.json"
    described = json.loads(store.files.read(path)) | {"later": 1}
    store.files.write(path, json.dumps(described).encode())
    assert store.find_result(KEYS[1]) is not None


def test_created_is_in_utc(store):
    artifact = store.save(1)
    moment = datetime(2024, 1, 1, 3, tzinfo=timezone(timedelta(hours=3)))
    assert make_result(artifact, created=moment).created.isoformat() == "2024-01-01T00:00:00+00:00"
    with pytest.raises(ValidationError):
        make_result(artifact, created=datetime(2024, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    "changes",
    [
        {"path": f"/artifacts/{KEYS[0]}.json"},
        {"path": f"artifacts/../{KEYS[0]}.json"},
        {"path": f"artifacts/{KEYS[0]}.json/.."},
        {"path": f"artifacts/{KEYS[1]}.json"},
        {"path": f"artifacts\\{KEYS[0]}.json"},
        {"path": f"artifacts/{KEYS[0]}"},
        {"path": f"artifacts/{KEYS[0]}.json\n"},
        {"sha256": KEYS[0] + "\n"},
        {"bytes": -1},
        {"more": 1},
    ],
)
def test_artifact_leads_nowhere_else(changes):
    described = {"path": f"artifacts/{KEYS[0]}.json", "sha256": KEYS[0], "type": "json", "bytes": 1}
    assert Artifact(**described).path == described["path"]
    with pytest.raises(ValidationError):
        Artifact(**(described | changes))


def test_models_are_frozen(store):
    artifact = store.save(1)
    for model in (artifact, make_result(artifact)):
        with pytest.raises(ValidationError, match="frozen"):
            model.__setattr__(next(iter(type(model).model_fields)), "x")
