"""Prefect's caching on ecoflows' results: its cache keys are ours, its records come from our store."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from prefect.cache_policies import CachePolicy
from prefect.context import TaskRunContext
from prefect.filesystems import WritableFileSystem
from prefect.results import (  # type: ignore[attr-defined]  # exported there without saying so
    ResultRecord,
    ResultRecordMetadata,
)
from prefect.serializers import JSONSerializer
from pydantic import PrivateAttr

from ecoflows.errors import StoreError
from ecoflows.store import Artifact, Store

_KEY = re.compile(r"[0-9a-f]{64}")
_RUN_RECORD = re.compile(r"[0-9a-f]{32}")

SERIALIZER = JSONSerializer(object_encoder=None, object_decoder=None)
"""Plain JSON: the default decoder would import classes that a stored record names."""


@dataclass
class ResultKeys(CachePolicy):
    """A cache policy whose key is ecoflows' own.

    Attributes:
        key: Gives the cache key for a task run's inputs, or ``None`` where nothing is reused.
    """

    find_key: Callable[[dict[str, Any]], str | None] = lambda _inputs: None

    def compute_key(
        self,
        task_ctx: TaskRunContext,  # noqa: ARG002  # Prefect's interface
        inputs: dict[str, Any],
        flow_parameters: dict[str, Any],  # noqa: ARG002  # Prefect's interface
        **_kwargs: Any,
    ) -> str | None:
        """The cache key of a task run."""
        return self.find_key(inputs)


class CacheRootResults(WritableFileSystem):
    """Task run results under an ecoflows cache root.

    What a cache key gave is told from ecoflows' own result and artifact, verified, so that a
    damaged one is never used and any engine's results are Prefect's too. Other records are
    files under ``prefect/``; on reading they must be plain JSON, since a record of a shared
    bucket may otherwise name a pickle or a class to import.
    """

    _block_type_name: ClassVar[str] = "ecoflows cache root"
    _block_type_slug: ClassVar[str] = "ecoflows-cache-root"
    _description: ClassVar[str] = "Results of ecoflows workflows under a cache root."

    root: str
    _store: Store | None = PrivateAttr(default=None)

    @property
    def store(self) -> Store:
        """The cache root's store."""
        if self._store is None:
            self._store = Store(self.root)
        return self._store

    def read_path(  # type: ignore[override]  # Prefect calls it synchronously, as its own blocks
        self, path: str, **_how: Any
    ) -> bytes:
        """The record of a cache key, or of a run that has none.

        Raises:
            StoreError: If there is no sound one.
        """
        if _KEY.fullmatch(path):
            result = self.store.find_result(path)
            if result is None:
                raise StoreError(f"there is no result for the key {path}")
            self.store.verify(result.artifact)
            return self._record(path, result.artifact)
        content = self.store.files.read(_run_record(path))
        if content is None:
            raise StoreError(f"there is no record of the run {path}")
        return self._record(path, _artifact_of(content))

    def write_path(  # type: ignore[override]  # Prefect calls it synchronously, as its own blocks
        self, path: str, content: bytes, **_how: Any
    ) -> str:
        """Keep the record of a run that has no cache key; of others the result is there already."""
        if not _KEY.fullmatch(path):
            self.store.files.write(_run_record(path), content)
        return path

    async def aread_path(self, path: str) -> bytes:
        """The same as ``read_path``."""
        return self.read_path(path)

    async def awrite_path(self, path: str, content: bytes) -> str:
        """The same as ``write_path``."""
        return self.write_path(path, content)

    def _record(self, path: str, artifact: Artifact) -> bytes:
        metadata = ResultRecordMetadata(
            storage_key=path, serializer=SERIALIZER, storage_block_id=self._block_document_id
        )
        record: ResultRecord[Any] = ResultRecord(result=artifact.model_dump(mode="json"), metadata=metadata)
        return record.serialize()


def _run_record(path: str) -> str:
    if not _RUN_RECORD.fullmatch(path):
        raise StoreError(f"'{path}' names no record of a run")
    return f"prefect/{path}.json"


def _artifact_of(content: bytes) -> Artifact:
    """The artifact in a stored record, read as data only."""
    try:
        record = json.loads(content)
        return Artifact.model_validate(json.loads(record["result"]))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"a stored run record is no reference to an artifact: {error}") from error


def saved_block(store: Store) -> CacheRootResults:
    """The block for a cache root, saved with the server that is in use."""
    name = "root-" + hashlib.sha256(store.root.encode()).hexdigest()[:20]
    try:
        block: Any = CacheRootResults.load(name)
    except ValueError:
        block = CacheRootResults(root=store.root)
        block.save(name, overwrite=True)
    block._store = store
    assert isinstance(block, CacheRootResults)  # noqa: S101  # for the type checker
    return block
