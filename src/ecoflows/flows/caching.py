"""Prefect's caching on ecoflows' results: its cache keys are ours, its records come from our store."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import tenacity
from prefect.cache_policies import CachePolicy
from prefect.context import TaskRunContext
from prefect.exceptions import ObjectAlreadyExists
from prefect.filesystems import WritableFileSystem
from prefect.results import (  # type: ignore[attr-defined]  # exported there without saying so
    ResultRecord,
    ResultRecordMetadata,
)
from prefect.serializers import JSONSerializer
from pydantic import PrivateAttr

from ecoflows.errors import StoreError
from ecoflows.store import Store

_KEY = re.compile(r"[0-9a-f]{64}")

SERIALIZER = JSONSerializer(object_decoder=None)
"""Plain JSON: the default decoder would import classes that a stored record names."""


@dataclass
class ResultKeys(CachePolicy):
    """A cache policy whose key is ecoflows' own.

    Attributes:
        find_key: Gives the cache key for a task run's inputs, or ``None`` where nothing is reused.
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
    damaged one is never used and what any engine computed is a hit here. Nothing that Prefect
    would unpickle or import is ever read from the root.
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
        """The record of a cache key.

        Raises:
            StoreError: If there is no sound one.
        """
        result = self.store.find_result(path) if _KEY.fullmatch(path) else None
        if result is None:
            raise StoreError(f"there is no result for the key {path}")
        self.store.verify(result.artifact)
        metadata = ResultRecordMetadata(
            storage_key=path, serializer=SERIALIZER, storage_block_id=self._block_document_id
        )
        reference = result.artifact.model_dump(mode="json")
        record: ResultRecord[Any] = ResultRecord(result=reference, metadata=metadata)
        return record.serialize()

    def write_path(  # type: ignore[override]  # Prefect calls it synchronously, as its own blocks
        self,
        path: str,
        content: bytes,  # noqa: ARG002  # Prefect's interface
        **_how: Any,
    ) -> str:
        """Keep nothing more: the result is there before Prefect tells of it."""
        return path

    async def aread_path(self, path: str) -> bytes:
        """The same as ``read_path``."""
        return self.read_path(path)

    async def awrite_path(self, path: str, content: bytes) -> str:
        """The same as ``write_path``."""
        return self.write_path(path, content)


@tenacity.retry(
    retry=tenacity.retry_if_exception_type(ObjectAlreadyExists),  # another first run was quicker
    stop=tenacity.stop_after_attempt(8),
    wait=tenacity.wait_random(0.05, 0.5),
    reraise=True,
)
def saved_block(store: Store) -> CacheRootResults:
    """The block for a cache root, saved with the server that is in use.

    Args:
        store: The cache root's store, which the block will read.
    """
    name = "root-" + hashlib.sha256(store.root.encode()).hexdigest()[:20]
    try:
        block: Any = CacheRootResults.load(name)
    except ValueError:
        block = CacheRootResults(root=store.root)
        block.save(name, overwrite=True)
    block._store = store
    assert isinstance(block, CacheRootResults)  # noqa: S101  # for the type checker
    return block
