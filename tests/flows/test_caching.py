"""The block through which Prefect sees a cache root."""

from __future__ import annotations

import contextvars
import threading
from pathlib import Path
from typing import Any

import pytest

from ecoflows.errors import StoreError
from ecoflows.store import Store


def test_saving_the_block_for_the_first_time_from_many_threads(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first runs of a machine may start at the same moment; none of them fails."""
    from ecoflows.flows import caching

    monkeypatch.setattr(caching.CacheRootResults, "_block_type_slug", "ecoflows-first-time")
    monkeypatch.setattr(caching.CacheRootResults, "_block_type_name", "ecoflows first time")
    gate, found, errors = threading.Barrier(6), [], []

    def save() -> None:
        gate.wait(30)
        try:
            found.append(caching.saved_block(Store(tmp_path)))
        except Exception as error:  # noqa: BLE001  # whatever it is, the test fails with it
            errors.append(error)

    # A thread starts with none of the settings that say which server is in use.
    threads = [threading.Thread(target=contextvars.copy_context().run, args=(save,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert {block.root for block in found} == {str(tmp_path)}
    assert len({block._block_document_id for block in found}) == 1


def test_only_keys_with_a_sound_result_can_be_read(server: Any, tmp_path: Path) -> None:
    from ecoflows.flows.caching import CacheRootResults

    block = CacheRootResults(root=str(tmp_path))
    (tmp_path / "secret").write_text("{}")
    for path in ("0" * 64, "secret", "../secret", "x" * 64):
        with pytest.raises(StoreError, match="there is no result"):
            block.read_path(path)
