"""Lists and mappings whose parts stay in the store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ecoflows.errors import CorruptArtifactError, StoreError
from ecoflows.skipped import SKIPPED, Skipped
from ecoflows.store import Artifact, Store

TABLE = pd.DataFrame({"a": [1, 2]})


@dataclass
class Layer:
    """A table in a value of a class."""

    data: Any
    color: str


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_skipped_is_one_value() -> None:
    assert Skipped() is SKIPPED
    assert not SKIPPED
    assert repr([SKIPPED]) == "[SKIPPED]"


@pytest.mark.parametrize("value", [SKIPPED, [1, SKIPPED], [("a", SKIPPED)], {"a": SKIPPED}])
def test_what_was_skipped_comes_back(store: Store, value: Any) -> None:
    artifact = store.save(value)
    assert store.load(artifact) == value
    assert artifact.is_skipped == (value is SKIPPED)
    assert store.outline(artifact) == value


def test_the_skipped_value_is_stored_once(store: Store) -> None:
    assert store.skipped() == store.skipped() == store.save(SKIPPED)


def test_an_outline_keeps_structure_and_leaves_tables(store: Store) -> None:
    value = [("k", TABLE), {"t": TABLE, "n": 1}, [1, "x"], None, {("a", 1): TABLE}]
    found = store.outline(store.save(value))
    table = store.save(TABLE)
    assert found == [("k", table), {"t": table, "n": 1}, [1, "x"], None, {("a", 1): table}]
    assert type(found[0]) is tuple


def test_values_of_classes_that_hold_tables_are_artifacts(store: Store) -> None:
    layer = Layer(TABLE, "red")
    (found,) = store.outline(store.save([layer]))
    assert isinstance(found, Artifact)
    assert found == store.save(layer).model_copy(update={"rows": None})
    assert store.load(found).data.equals(TABLE)


def test_an_outline_of_what_has_no_parts(store: Store) -> None:
    table = store.save(TABLE)
    assert store.outline(table) is table
    assert store.outline(store.save(7)) == 7


def test_composed_of_artifacts_it_loads_as_their_values(store: Store) -> None:
    parts = [store.save(TABLE), store.save(7), store.save("x")]
    whole = store.compose({"a": parts[0], "b": [("k", parts[1]), SKIPPED], "c": parts[2]})
    loaded = store.load(whole)
    assert loaded["a"].equals(TABLE)
    assert (loaded["b"], loaded["c"]) == ([("k", 7), SKIPPED], "x")
    assert store.outline(whole) == {"a": parts[0], "b": [("k", parts[1]), SKIPPED], "c": parts[2]}
    assert set(store.parts(whole)) == set(parts)


def test_a_plan_composes_without_writing(store: Store, tmp_path: Path) -> None:
    part = store.save([1])
    reader = Store(tmp_path, writes=False)
    whole = reader.compose([part], lasting=False)
    assert not (tmp_path / whole.path).exists()
    assert reader.outline(whole) == [part]
    assert store.compose([part]) == whole


def test_what_cannot_be_written_is_held(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    part = store.save([1])

    def refuse(path: str, data: bytes) -> None:
        raise StoreError("a disk that is there to read only")

    monkeypatch.setattr(store.files, "write", refuse)
    whole = store.compose([part], lasting=False)
    assert store.load(whole) == [[1]]
    assert store.skipped().is_skipped
    with pytest.raises(StoreError, match="read only"):
        store.compose([part, part])
    with pytest.raises(StoreError, match="read only"):
        store.save("x")


def test_damage_is_noticed(store: Store, tmp_path: Path) -> None:
    whole = store.compose([store.save(1)])
    (tmp_path / whole.path).write_text("[]")
    with pytest.raises(CorruptArtifactError):
        store.outline(whole)
