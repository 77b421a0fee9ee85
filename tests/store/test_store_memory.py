"""Tables from memory: the same as from the file, nobody else's, and not too many."""

import threading

import pandas as pd
import pytest

from ecoflows.store import Store
from ecoflows.store.memory import FrameCache, independent_copy
from store_samples import assert_same_frame, small_frame, small_geo_frame
from test_store_frames import FRAMES


@pytest.mark.parametrize("name", FRAMES)
def test_frame_from_memory_is_as_from_the_file(store, name):
    artifact = store.save(FRAMES[name]())
    first, again = store.load(artifact), store.load(artifact)
    assert_same_frame(first, FRAMES[name]())
    assert_same_frame(again, FRAMES[name]())


def test_second_load_does_not_read(store, monkeypatch):
    artifact = store.save({"tables": [small_frame()]})
    store.load(artifact)
    part = store.parts(artifact)[0]
    monkeypatch.setattr(store.files, "read", lambda path: pytest.fail(f"read {path}"))
    assert_same_frame(store.load(part), small_frame())


def test_no_reader_can_change_what_another_reads(store):
    frame = pd.DataFrame(
        {"n": [1, 2], "l": [[1], [2]], "d": [{"a": [1]}, {}]}, index=pd.Index([1, 2], name="k")
    )
    frame.attrs = {"seen": []}
    artifact = store.save(frame)
    for _ in range(3):
        found = store.load(artifact)
        assert_same_frame(found, frame)
        found["new"] = 0
        found.loc[1, "n"] = 99
        found["l"].iloc[0].append("spoiled")
        found["d"].iloc[0]["a"].append("spoiled")
        found.attrs["seen"].append("spoiled")
        found.index.name = "spoiled"


def test_saved_object_itself_is_never_handed_out(store):
    frame = small_geo_frame()
    artifact = store.save(frame)
    frame["id"] = 0
    assert_same_frame(store.load(artifact), small_geo_frame())


def test_least_recently_used_goes_first():
    cache = FrameCache(limit=100)
    for name in "abc":
        cache.put(name, small_frame(), 8)
    assert cache.get("a") is not None
    cache.put("d", small_frame(), 8)
    assert [name for name in "abcd" if cache.get(name) is not None] == ["a", "c", "d"]
    cache.put("same", small_frame(), 8)
    cache.put("same", small_frame(), 8)
    assert cache.get("same") is not None


def test_frame_that_is_too_large_is_not_kept():
    cache = FrameCache(limit=100)
    frame = small_frame()
    assert cache.put("large", frame, 26) is frame
    assert cache.get("large") is None


def test_memory_can_be_switched_off(tmp_path):
    store = Store(tmp_path, memory_limit=0)
    artifact = store.save(small_frame())
    assert_same_frame(store.load(artifact), small_frame())
    assert_same_frame(store.load(artifact), small_frame())


def test_copies_of_frames_with_repeated_labels_are_right():
    frame = pd.DataFrame([[[1], [2]], [[3], [4]]], columns=["a", "a"], index=[0, 0])
    copied = independent_copy(frame)
    copied.iloc[0, 1].append(5)
    assert frame.iloc[0, 1] == [2]
    assert list(copied.columns) == ["a", "a"]


def test_many_threads_share_one_memory(tmp_path):
    store = Store(tmp_path, memory_limit=10_000_000)
    artifacts = [store.save(pd.DataFrame({"n": range(number)})) for number in range(1, 20)]
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(5):
                for number, artifact in enumerate(artifacts, start=1):
                    found = store.load(artifact)
                    assert len(found) == number
                    assert found["n"].sum() == number * (number - 1) // 2
                    found["n"] = -1
        except BaseException as error:  # noqa: BLE001 - reported below, in the test's thread
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
