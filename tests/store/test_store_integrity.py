"""Nothing half-written, nothing damaged unnoticed, the same bytes everywhere."""

import itertools
import os
import subprocess
import sys
import textwrap
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ecoflows.errors import CorruptArtifactError, StoreError
from ecoflows.store import Artifact, Store, remote_files
from store_samples import VALUES, assert_same, small_frame, small_geo_frame

ROOTS = pytest.mark.parametrize("reopen", ["local", "memory", "s3"], indirect=True)


def composite():
    return {"table": small_frame(), "image": b"12345"}


def _in_another_process(code: str, *args: str, hash_seed: str = "1") -> str:
    environment = os.environ | {
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]),
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *args], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


DIGESTS = """
    import sys
    from ecoflows.store import Store
    from store_samples import VALUES
    from test_store_frames import FRAMES
    store = Store(sys.argv[1])
    for name, make in {**VALUES, **FRAMES}.items():
        print(name, store.save(make()).sha256)
"""


def test_digests_are_the_same_in_every_process(tmp_path):
    one = _in_another_process(DIGESTS, str(tmp_path / "a"), hash_seed="1")
    other = _in_another_process(DIGESTS, str(tmp_path / "b"), hash_seed="2")
    assert one == other
    assert len(one.splitlines()) > 150


def test_another_process_loads_what_this_one_saved(store):
    artifact = store.save(composite())
    code = """
        import sys
        from ecoflows.store import Artifact, Store
        value = Store(sys.argv[1]).load(Artifact.model_validate_json(sys.argv[2]))
        print(value["table"].to_dict("list"), value["image"])
    """
    found = _in_another_process(code, store.root, artifact.model_dump_json())
    assert found.strip() == "{'id': ['a', 'b'], 'n': [1, 2]} b'12345'"


DAMAGES = {
    "truncated": lambda store, path: store.files.write(path, store.files.read(path)[:-1]),
    "emptied": lambda store, path: store.files.write(path, b""),
    "altered": lambda store, path: store.files.write(path, store.files.read(path)[:-1] + b"\0"),
    "missing": lambda store, path: store.files.delete(path),
}


@pytest.mark.parametrize(
    ("reopen", "damage", "part"),
    [
        *itertools.product(["local", "memory"], DAMAGES, [None, 0, 1]),
        ("s3", "truncated", None),
        ("s3", "altered", 0),
        ("s3", "missing", 1),
    ],
    indirect=["reopen"],
)
def test_damage_is_detected_and_repaired_by_saving_again(reopen, damage, part):
    store = reopen()
    artifact = store.save(composite())
    store.verify(artifact)
    damaged = artifact if part is None else store.parts(artifact)[part]
    DAMAGES[damage](store, damaged.path)
    for fresh in (store, reopen()):
        with pytest.raises(CorruptArtifactError, match=damaged.sha256):
            fresh.verify(artifact)
    with pytest.raises(CorruptArtifactError, match="run the task again"):
        reopen().load(artifact)
    with pytest.raises(CorruptArtifactError):
        reopen().read_bytes(damaged)
    assert store.save(composite()) == artifact
    store.verify(artifact)
    assert_same(reopen().load(artifact), composite())


@pytest.mark.parametrize("reopen", ["s3"], indirect=True)
def test_unchanged_remote_file_is_verified_once(reopen, monkeypatch):
    store = reopen()
    artifact = store.save([b"1"])
    read: list[str] = []
    for name in ("read", "digest"):
        original = getattr(store.files, name)
        monkeypatch.setattr(
            store.files, name, lambda path, original=original: (read.append(path), original(path))[1]
        )
    store.verify(artifact)
    assert len(read) == 2
    store.verify(artifact)
    assert len(read) == 2


@ROOTS
def test_what_is_verified_is_never_in_memory_as_a_whole(reopen, monkeypatch):
    store = reopen()
    monkeypatch.setattr(remote_files, "_PIECE", 1000)
    artifacts = [store.save(bytes(size)) for size in (0, 1, 999, 1000, 1001, 300_000)]
    monkeypatch.setattr(store.files, "read", lambda path: pytest.fail(f"read {path}"))
    for artifact in artifacts:
        store.verify(artifact)


def test_a_large_file_is_verified_in_little_memory(store):
    artifact = store.save(bytes(20_000_000))
    tracemalloc.start()
    try:
        store.verify(artifact)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_local_file_is_verified_each_time(store):
    artifact = store.save("x" * 100)
    store.verify(artifact)
    path = Path(store.uri(artifact))
    before = path.stat()
    path.write_bytes(b"y" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(CorruptArtifactError, match="altered"):
        store.verify(artifact)


def test_killed_between_write_and_rename_leaves_nothing_in_place(store, monkeypatch):
    class Killed(BaseException):
        pass

    def replace(source, target):
        assert Path(source).stat().st_size > 0
        assert Path(source).parent == Path(target).parent
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", replace)
        with pytest.raises(Killed):
            store.save(small_frame())
    assert list(store.files.walk("artifacts")) == []
    store.load(store.save(small_frame()))


def test_killed_process_leaves_only_a_temporary_file(store):
    code = """
        import os, sys
        from ecoflows.store import Store
        os.replace = lambda *paths: os._exit(0)
        Store(sys.argv[1]).save("never in place")
        print("not killed")
    """
    assert _in_another_process(code, store.root) == ""
    (left,) = store.files.walk("artifacts")
    assert left.path.endswith(".tmp")
    assert list(store.results()) == []


def test_failed_write_does_not_touch_what_is_there(store, monkeypatch):
    artifact = store.save(small_geo_frame())

    def replace(source, target):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", replace)
        with pytest.raises(StoreError, match="No space left on device; the disk is full"):
            store.save(small_geo_frame())
    store.verify(artifact)
    assert len(list(store.files.walk("artifacts"))) == 1


@ROOTS
def test_many_threads_save_and_load_at_once(reopen):
    store = reopen()
    names = ["frame", "geo frame", "frames by key", "nested bytes", "array"]

    def work(name: str) -> Artifact:
        artifact = store.save(VALUES[name]())
        assert_same(store.load(artifact), VALUES[name]())
        store.verify(artifact)
        return artifact

    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(work, names * 8))
    assert len(set(saved)) == len(names)
    assert all(not entry.path.endswith(".tmp") for entry in store.files.walk("artifacts"))


def test_two_processes_save_the_same_artifacts_at_once(tmp_path):
    code = """
        import sys
        import pandas as pd
        from ecoflows.store import Store
        store = Store(sys.argv[1])
        sys.stdin.readline()
        for _ in range(20):
            for number in range(5):
                artifact = store.save(pd.DataFrame({"n": range(number * 100)}))
                store.verify(artifact)
                print(artifact.sha256)
    """
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)]
    running = [
        subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    (one, errors_of_one), (other, errors_of_other) = [process.communicate(timeout=120) for process in running]
    assert errors_of_one + errors_of_other == ""
    assert one == other
    assert len(list(Store(tmp_path).files.walk("artifacts"))) == 5


def test_readers_never_see_half_a_file(store):
    artifact = store.save("x" * 200_000)
    stop = False

    def rewrite() -> None:
        while not stop:
            store.save("x" * 200_000)

    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(rewrite) for _ in range(2)]
        try:
            for _ in range(200):
                store.verify(artifact)
        finally:
            stop = True
        for writer in writers:
            writer.result()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("reopen", ["s3"], indirect=True)
def test_remote_store_survives_a_fork(reopen):
    store = reopen()
    artifact = store.save([b"1"])
    code = """
        import os, signal, sys
        from ecoflows.store import Artifact, Store
        store = Store(sys.argv[1])
        artifact = Artifact.model_validate_json(sys.argv[2])
        assert store.load(artifact) == [b"1"]
        child = os.fork()
        if child == 0:
            signal.alarm(60)
            os._exit(0 if store.load(artifact) == [b"1"] else 1)
        assert os.waitpid(child, 0)[1] == 0
        print("both")
    """
    assert _in_another_process(code, store.root, artifact.model_dump_json()).strip() == "both"


def test_temporary_names_differ_by_thread_and_call():
    from ecoflows.store.local_files import _temporary_name

    with ThreadPoolExecutor(4) as pool:
        names = list(pool.map(lambda _: _temporary_name("a.json"), range(200)))
    assert len(set(names)) == 200
    assert all(name.startswith(".a.json.") and name.endswith(".tmp") for name in names)


def test_no_module_of_the_store_knows_pickle():
    sources = (Path(__file__).parents[2] / "src/ecoflows/store").rglob("*.py")
    lines = itertools.chain.from_iterable(source.read_text().splitlines() for source in sources)
    assert not [line for line in lines if "import" in line and "pickle" in line]
    assert not [line for line in lines if "allow_pickle=True" in line]


def test_importing_the_store_loads_nothing_heavy():
    code = """
        import sys
        import ecoflows.store
        heavy = {"pandas", "numpy", "geopandas", "shapely", "pyarrow", "fsspec", "pandera", "matplotlib"}
        print(sorted(heavy & set(sys.modules)))
    """
    assert _in_another_process(code).strip() == "[]"
