"""Every kind of value comes back as it was, in every place that holds a store."""

import dataclasses
import enum
import json
import threading
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoflows.annotations import Html, Png
from ecoflows.errors import SerializationError, StoreError
from ecoflows.store import Artifact
from ecoflows.store.canonical import MAX_DEPTH, by_digest, canonical_json, decode, encode
from store_samples import VALUES, LyingAboutItself, Pair, assert_same, small_frame

S3_SAMPLE = ("text", "geo frame", "frames by key", "array", "bytes", "model")


@pytest.mark.parametrize("reopen", ["local", "memory"], indirect=True)
@pytest.mark.parametrize("name", VALUES)
def test_value_comes_back(reopen, name):
    artifact = reopen().save(VALUES[name]())
    assert_same(reopen().load(artifact), VALUES[name]())
    reopen().verify(artifact)


@pytest.mark.parametrize("reopen", ["s3"], indirect=True)
@pytest.mark.parametrize("name", S3_SAMPLE)
def test_value_comes_back_from_an_object_store(reopen, name):
    artifact = reopen().save(VALUES[name]())
    assert_same(reopen().load(artifact), VALUES[name]())
    reopen().verify(artifact)


@pytest.mark.parametrize("name", VALUES)
def test_value_comes_back_from_inside_others(store, name):
    value = {"a": [(VALUES[name](), 1)]}
    assert_same(store.load(store.save(value)), {"a": [(VALUES[name](), 1)]})


@pytest.mark.parametrize("name", VALUES)
def test_what_came_back_is_stored_as_the_same_bytes(store, name):
    artifact = store.save(VALUES[name]())
    assert store.save(store.load(artifact)) == artifact


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary(max_size=5)
    | st.decimals()
    | st.dates()
    | st.datetimes(timezones=st.none() | st.timezones())
    | st.timedeltas()
    | st.uuids()
    | st.complex_numbers(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.sampled_from(["$dict", "$artifact"]), inner, max_size=4)
        | st.dictionaries(st.integers() | st.booleans() | st.none() | st.text(max_size=2), inner, max_size=3)
        | st.builds(Pair, inner, inner)
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(json_values)
def test_any_plain_value_survives_canonical_json(value):
    written = canonical_json(encode(value))
    assert_same(decode(json.loads(written)), value)
    assert canonical_json(encode(decode(json.loads(written)))) == written


@settings(max_examples=50, deadline=None)
@given(st.frozensets(st.integers() | st.text(max_size=3) | st.floats(allow_nan=False), max_size=8))
def test_sets_are_written_in_one_order(members):
    one: set[object] = set()
    for member in list(members)[::-1]:
        one.add(member)
    other = set(members)
    assert canonical_json(encode(one)) == canonical_json(encode(other))
    assert decode(encode(one)) == one


def test_different_values_are_written_differently():
    values = [1, 1.0, True, "1", [1], (1,), {1}, frozenset({1}), {"1": 1}, {1: 1}, None, np.int64(1), b"1"]
    assert len({canonical_json(encode(value)) for value in values}) == len(values)


def test_dict_order_is_part_of_the_value():
    assert canonical_json(encode({"a": 1, "b": 2})) != canonical_json(encode({"b": 2, "a": 1}))


def test_artifact_in_a_cache_key_is_its_digest(store):
    artifact = store.save([1])
    assert encode({"x": [artifact]}, refer=by_digest) == {"x": [{"$artifact": artifact.sha256}]}


def test_artifact_inside_a_value_stays_one(store):
    artifact = store.save(small_frame())
    outer = store.save({"made": artifact})
    assert store.load(outer) == {"made": artifact}
    assert isinstance(store.load(outer)["made"], Artifact)
    assert store.parts(outer) == (artifact,)


@pytest.mark.parametrize(
    ("value", "annotation", "kind", "extension"),
    [
        ("<p>é</p>", Html, "text/html", "html"),
        ("<p>é</p>", Html | None, "text/html", "html"),
        ("<p>é</p>", str, "json", "json"),
        (b"\x89PNG", Png, "image/png", "png"),
        (b"\x89PNG", bytes, "bytes", "bin"),
        (None, Html | None, "json", "json"),
        ("not bytes", Png, "json", "json"),
    ],
)
def test_media_types_choose_the_format(store, value, annotation, kind, extension):
    artifact = store.save(value, annotation)
    assert (artifact.type, artifact.path.rpartition(".")[2]) == (kind, extension)
    assert store.load(artifact, annotation) == value
    if kind == "text/html":
        assert store.read_bytes(artifact) == value.encode()


def test_rows_are_counted_where_they_mean_something(store):
    counted = [
        store.save(value).rows for value in ([1, 2], (1,), "ab", {"a": 1}, np.ones((5, 2)), small_frame())
    ]
    assert counted == [2, 1, None, None, 5, 2]


class _Local(enum.Enum):
    A = 1


_Renamed = _Local
del _Local


def _holds_itself() -> list[Any]:
    value: list[Any] = [1]
    value.append({"again": value})
    return value


@dataclasses.dataclass
class Holder:
    legend: Any


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([0, {"a": object()}], r"type object at \[1\]\['a'\] cannot be stored"),
        ([1, 2, 3, Holder(threading.Lock())], r"_thread.lock at \[3\].legend cannot"),
        (lambda: 1, r"type function cannot be stored"),
        (_holds_itself(), r"holds itself"),
        (LyingAboutItself("x"), r"subclass of str"),
        ([_Renamed.A], r"at \[0\].*top level of a module"),
        (Pair(pd.Index([1])), r"Index.* at \.left"),
        (np.array([object()]), r"Python objects"),
        ({"a": np.ma.masked_array([1.0])}, r"plain numpy arrays"),
        ({"a": np.longdouble(1)}, r"no exact form"),
        (type, r"type type cannot be stored"),
        (bytearray(b"x"), r"bytearray"),
    ],
)
def test_value_that_fits_nothing_is_refused_by_type_and_place(store, value, message):
    with pytest.raises(SerializationError, match=message):
        store.save(value)


def test_nesting_is_bounded_but_ample(store):
    value: Any = 1
    for _ in range(MAX_DEPTH):
        value = [(value,)] if isinstance(value, int) else [value]
    assert store.load(store.save(value[0])) == value[0]
    for _ in range(5000):
        value = [value]
    with pytest.raises(SerializationError, match="levels deep"):
        store.save(value)


@pytest.mark.parametrize(
    "data",
    [
        {"$unknown": 1},
        {"$tuple": [1], "more": 2},
        {"$datetime": ["2024-01-01", "No/Zone", 0]},
        {"$datetime": "x"},
        {"$artifact": "0" * 64},
        {"$numpy": ["|O", 1]},
        {"$ndarray": "gASVCgAAAAAAAACMBmFueXRoaW5nlC4="},
        {"$decimal": "x"},
        {"$reference": {"path": "../../etc/passwd"}},
        {"$dict": [[[], 1]]},
    ],
)
def test_damaged_json_is_a_store_error(data):
    with pytest.raises(StoreError):
        decode(data)


def test_hostile_nesting_is_a_store_error(store):
    data = b"[" * 100_000 + b"]" * 100_000
    with pytest.raises(StoreError):
        store.load(_planted(store, data, "json", "json"))


def test_class_is_looked_up_among_loaded_modules_only(store, tmp_path, monkeypatch):
    (tmp_path / "never_loaded_by_data.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    data = {"$dataclass": {"class": "never_loaded_by_data:Legend", "fields": {}}}
    with pytest.raises(StoreError, match="whose module is not loaded"):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [
        {"$dataclass": {"class": "subprocess:Popen", "fields": {"args": "id"}}},
        {"$dataclass": {"class": "store_samples:Season", "fields": {}}},
        {"$dataclass": {"class": "store_samples:Legend.colors.nothing", "fields": {}}},
        {"$model": {"class": "store_samples:Legend", "fields": {}, "set": []}},
        {"$enum": {"class": "builtins:dict", "name": "A"}},
        {"$namedtuple": {"class": "builtins:tuple", "fields": {}}},
    ],
)
def test_class_of_another_kind_is_refused(data):
    with pytest.raises(StoreError, match="is no "):
        decode(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"$dataclass": {"class": "store_samples:Tripled", "fields": {}}}, "has changed"),
        ({"$enum": {"class": "store_samples:Season", "name": "SNOW"}}, "no longer a member"),
    ],
)
def test_class_that_changed_is_said_so(data, message):
    with pytest.raises(StoreError, match=message):
        decode(data)


def test_pickles_are_never_read(store):
    import io

    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(StoreError, match="allow_pickle"):
        store.load(_planted(store, buffer.getvalue(), "ndarray", "npy"))


def _planted(store, data: bytes, kind: str, extension: str) -> Artifact:
    """An artifact with honest digest and any content, as one who can write to the root may make."""
    import hashlib

    digest = hashlib.sha256(data).hexdigest()
    path = f"artifacts/{digest}.{extension}"
    store.files.write(path, data)
    return Artifact(path=path, sha256=digest, type=kind, bytes=len(data))
