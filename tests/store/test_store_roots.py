"""Cache roots: how they are spelled, and what is said where one does not work."""

from pathlib import Path

import fsspec
import pytest

from ecoflows.errors import StoreError
from ecoflows.store import Store


def test_local_roots_become_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    spelled = {
        "cache": tmp_path / "cache",
        "./a/../cache/": tmp_path / "cache",
        "~/cache": tmp_path / "home/cache",
        f"file://{tmp_path}/cache": tmp_path / "cache",
        str(tmp_path): tmp_path,
    }
    for given, expected in spelled.items():
        assert Store(given).root == str(expected)
    assert Store(Path("cache")).root == str(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()  # opening creates nothing


def test_uri_can_be_opened(store):
    artifact = store.save("x")
    assert Path(store.uri(artifact)).read_bytes() == b'"x"'


@pytest.mark.parametrize("reopen", ["s3", "memory"], indirect=True)
def test_uri_of_a_remote_root_can_be_opened(reopen):
    artifact = reopen().save("x")
    with fsspec.open(reopen().uri(artifact)) as file:
        assert file.read() == b'"x"'


def test_a_trailing_slash_is_the_same_root():
    artifact = Store("memory://trailing/slash/").save([1])
    assert Store("memory://trailing/slash").load(artifact) == [1]


@pytest.mark.parametrize(
    ("root", "message"),
    [
        ("", "not a cache root"),
        ("a\0b", "not a cache root"),
        ("nonsense://bucket", "unknown protocol 'nonsense'"),
        ("s3://", "names no place"),
        ("s3:///", "names no place"),
        ("~nobody-of-this-name/x", "cannot be found"),
    ],
)
def test_root_that_cannot_be_is_refused(root, message):
    with pytest.raises(StoreError, match=message):
        Store(root)


@pytest.mark.parametrize(
    "root",
    [
        "s3://key:sEcret@bucket/x",
        "s3://sEcret@bucket",
        "https://host/x?signature=sEcret",
        "memory://a:sEcret@x",
    ],
)
def test_credentials_in_a_root_are_refused_and_not_repeated(root):
    with pytest.raises(StoreError, match="environment") as caught:
        Store(root)
    assert "sEcret" not in str(caught.value)


@pytest.mark.parametrize(("protocol", "extra"), [("s3", "s3"), ("gs", "gcs"), ("gcs", "gcs")])
def test_missing_plugin_says_what_to_install(monkeypatch, protocol, extra):
    def missing(*args, **options):
        raise ImportError("Install it")

    monkeypatch.setattr(fsspec, "filesystem", missing)
    with pytest.raises(StoreError) as caught:
        Store(f"{protocol}://bucket/x")
    assert f'pip install "ecoflows[{extra}]"' in str(caught.value)


def test_repr_shows_the_root_only(tmp_path):
    assert repr(Store(tmp_path)) == f"Store({str(tmp_path)!r})"


def test_root_below_a_file_is_explained(tmp_path):
    (tmp_path / "file").write_text("x")
    store = Store(tmp_path / "file" / "cache")
    with pytest.raises(StoreError, match=r"cannot write artifacts/.*file/cache.*choose another cache root"):
        store.save(1)


@pytest.mark.parametrize(
    ("error", "way_out"),
    [
        (PermissionError(13, "Permission denied"), "may read and write"),
        (OSError(30, "Read-only"), "read-only"),
    ],
)
def test_local_failures_have_a_way_out(store, monkeypatch, error, way_out):
    artifact = store.save(1)

    def fail(*args, **options):
        raise error

    for name, use in (("open", lambda: store.save(2)), ("read_bytes", lambda: store.load(artifact))):
        with monkeypatch.context() as patched:
            patched.setattr(Path, name, fail)
            with pytest.raises(StoreError, match=way_out) as caught:
                use()
        assert caught.value.__cause__ is error
        assert store.root in str(caught.value)


def test_bucket_that_is_not_there_is_explained(s3_bucket):
    store = Store("s3://no-such-bucket-here/x")
    with pytest.raises(StoreError, match=r"s3://no-such-bucket-here/x.*check that the bucket exists"):
        store.save(1)
    assert store.find_result("0" * 64) is None


@pytest.mark.parametrize(
    ("error", "way_out"),
    [
        (PermissionError("Access Denied"), "check the credentials"),
        (ConnectionError("no route"), "the network"),
        (NotImplementedError(), "cannot be written"),
    ],
)
def test_remote_failures_have_a_way_out(monkeypatch, error, way_out):
    store = Store("memory://failing")
    artifact = store.save(1)

    def fail(*args, **options):
        raise error

    file_system = type(fsspec.filesystem("memory"))
    uses = {
        "pipe_file": lambda: store.save(2),
        "cat_file": lambda: store.load(artifact),
        "info": lambda: store.files.find(artifact.path),
        "find": lambda: list(store.results()),
        "rm_file": lambda: store.delete_result("0" * 64),
    }
    for name, use in uses.items():
        with monkeypatch.context() as patched:
            patched.setattr(file_system, name, fail)
            with pytest.raises(StoreError, match=f"memory://failing.*{way_out}") as caught:
                use()
        assert caught.value.__cause__ is error


def test_network_that_is_down_is_explained(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(StoreError, match=r"s3://bucket/x.*the network"):
        Store("s3://bucket/x").save(1)
