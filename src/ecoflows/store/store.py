"""The store: values by their content, results by their cache key, under one cache root."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from ecoflows.errors import CorruptArtifactError, SerializationError, StoreError
from ecoflows.skipped import SKIPPED
from ecoflows.store.canonical import artifacts_in, canonical_json, encode
from ecoflows.store.codecs.base import CannotStoreError, is_a, type_name
from ecoflows.store.files import Files, open_files
from ecoflows.store.layout import (
    RESULTS,
    artifact_path,
    checked_key,
    key_of,
    latest_path,
    pointed_key,
    result_path,
)
from ecoflows.store.memory import FrameCache
from ecoflows.store.model import Artifact, Result
from ecoflows.store.outlines import as_part, outlined
from ecoflows.store.serializers import SERIALIZERS, Serializer
from ecoflows.store.serializers.composite import JsonSerializer, SkippedSerializer, parse_json

_log = logging.getLogger("ecoflows.store")


class Store:
    """Values and results under a cache root; safe to use from many threads and processes.

    Attributes:
        root: The absolute path or the URL of the cache root.
        files: The files there, for maintenance.
    """

    def __init__(
        self, root: str | os.PathLike[str], *, memory_limit: int = 256 * 1024**2, writes: bool = True
    ) -> None:
        """Open a cache root; nothing is created before the first save.

        Args:
            root: A folder, or an fsspec URL such as ``s3://bucket/prefix``.
            memory_limit: How many bytes of loaded tables to keep in this process.
            writes: Whether what is put together of stored parts is written, too; else it is held
                in memory, as a plan wants it.

        Raises:
            StoreError: If the URL has credentials in it, or nothing here can open it.
        """
        self.files: Files = open_files(root)
        self.root = self.files.root
        self._frames = FrameCache(memory_limit)
        self._writes = writes
        self._held: dict[str, bytes] = {}
        self._verified: dict[tuple[str, int, str], tuple[Artifact, ...]] = {}

    def __repr__(self) -> str:
        return f"Store({self.root!r})"

    def save(self, value: Any, annotation: Any = Any) -> Artifact:
        """Store a value.

        Args:
            value: The value; it is not changed.
            annotation: What the task says it returns: chooses the format of text and bytes with
                a media type, and names the frame schema.

        Returns:
            The reference to it.

        Raises:
            SerializationError: If something of it would be lost.
            StoreError: If the cache root cannot be written.
        """
        serializer = next(known for known in SERIALIZERS if known.accepts(value, annotation))
        try:
            data = serializer.dump(value, self)
        except CannotStoreError as error:
            raise SerializationError(
                f"a value of type {type_name(value)} cannot be stored: {error}"
            ) from error
        return self._put(data, serializer, serializer.rows(value), _schema_name(value, annotation))

    def _put(
        self,
        data: bytes,
        serializer: Serializer,
        rows: int | None,
        frame_schema: str | None = None,
        *,
        lasting: bool = True,
    ) -> Artifact:
        digest = hashlib.sha256(data).hexdigest()
        artifact = Artifact(
            path=artifact_path(digest, serializer.extension),
            sha256=digest,
            type=serializer.name,
            bytes=len(data),
            rows=rows,
            frame_schema=frame_schema,
        )
        if not lasting and not self._writes:
            self._held[artifact.path] = data
            return artifact
        # Written even where it exists: that one may be damaged, and this one is young again for
        # a garbage collection.
        try:
            self.files.write(artifact.path, data)
        except StoreError:
            if lasting:
                raise
            self._held[artifact.path] = data  # it can be put together again from what is stored
        return artifact

    def compose(self, value: Any, *, lasting: bool = True) -> Artifact:
        """Store a list, a mapping or pairs whose parts are stored already.

        Args:
            value: Plain values with ``Artifact`` leaves, each standing for its own value.
            lasting: Fail where it cannot be written; else it is held in memory.

        Returns:
            The reference to the whole; ``load`` gives it with the values in it.
        """
        serializer = JsonSerializer()
        data = canonical_json(encode(value, refer=as_part))
        return self._put(data, serializer, serializer.rows(value), lasting=lasting)

    def skipped(self) -> Artifact:
        """The reference to what stands for anything that was skipped; stored if it is not yet."""
        serializer = SkippedSerializer()
        return self._put(serializer.dump(SKIPPED, self), serializer, None, lasting=False)

    def outline(self, artifact: Artifact) -> Any:
        """A value as far as it is lists, tuples and mappings, with its parts still in the store.

        Args:
            artifact: The reference to it.

        Returns:
            Lists, tuples and dicts, whose leaves are plain values or, where tables and the like
            are in them, ``Artifact`` references; for what is no such structure, the reference
            itself, and ``SKIPPED`` for what was skipped.

        Raises:
            CorruptArtifactError: If the value is missing or damaged.
        """
        if artifact.is_skipped:
            return SKIPPED
        if artifact.type != "json":
            return artifact
        data = parse_json(self.read_bytes(artifact))
        # A value of a class that holds tables is stored by itself: it is the same value.
        return outlined(
            data, lambda part: self._put(canonical_json(part), JsonSerializer(), None, lasting=False)
        )

    def load(self, artifact: Artifact, annotation: Any = Any) -> Any:  # noqa: ARG002
        """Read a value; tables that were read before may come from memory.

        Args:
            artifact: The reference to it.
            annotation: What the reader expects. Every format so far says itself what it holds.

        Raises:
            CorruptArtifactError: If the file, or one it refers to, is missing or damaged.
            StoreError: If it names a class that is not loaded, or the root cannot be read.
        """
        kept = self._frames.get(artifact.sha256) if artifact.is_table else None
        if kept is not None:
            return kept
        serializer = _serializer_of(artifact)
        data = self.read_bytes(artifact)
        try:
            value = serializer.load(data, self)
        except CorruptArtifactError:
            raise
        except (StoreError, UnicodeDecodeError) as error:
            raise StoreError(f"{self.uri(artifact)}: {error}") from error
        if artifact.is_table:
            return self._frames.put(artifact.sha256, value, artifact.bytes)
        return value

    def read_bytes(self, artifact: Artifact) -> bytes:
        """The bytes of a value, checked.

        Args:
            artifact: The reference to it.

        Raises:
            CorruptArtifactError: If the file is missing, truncated or altered.
        """
        data = self.files.read(artifact.path)
        if data is None:
            data = self._held.get(artifact.path)
        if data is None:
            raise self._corrupt(artifact, "is missing")
        self._require(artifact, *_measured(data))
        return data

    def verify(self, artifact: Artifact) -> None:
        """Make sure that a value is there and undamaged, with all that it refers to.

        On remote file systems a file is read once per process, and again where it has changed.

        Args:
            artifact: The reference to it.

        Raises:
            CorruptArtifactError: If a file is missing, truncated or altered.
        """
        for part in self._verified_parts(artifact):
            self.verify(part)

    def parts(self, artifact: Artifact) -> tuple[Artifact, ...]:
        """The artifacts that a value directly refers to.

        Args:
            artifact: The reference to the value.

        Raises:
            CorruptArtifactError: If the value is missing or damaged.
        """
        if artifact.type != "json":
            return ()
        return _parts_in(self.read_bytes(artifact))

    def uri(self, artifact: Artifact) -> str:
        """The absolute path or URL of a value's file.

        Args:
            artifact: The reference to the value.
        """
        return self.files.uri(artifact.path)

    def find_result(self, key: str) -> Result | None:
        """What a cache key gave, or ``None`` where nothing usable is stored for it.

        Args:
            key: The cache key.
        """
        path = result_path(key)
        data = self.files.read(path)
        if data is None:
            return None
        try:
            result = Result.model_validate(parse_json(data))
        except (ValidationError, StoreError) as error:
            _log.warning("%s cannot be used and counts as absent: %s", self.files.uri(path), error)
            return None
        if result.key != key:
            _log.warning("%s belongs to another key and counts as absent", self.files.uri(path))
            return None
        return result

    def save_result(self, result: Result) -> None:
        """Record what a cache key gave, as the latest of its task instance too.

        What one element of a map gave is not the instance's latest: that is what all gave. Nor is
        anything that a packaged example stood in for.

        Args:
            result: The manifest; its artifact is stored already.

        Raises:
            StoreError: If the cache root cannot be written.
        """
        self.files.write(result_path(result.key), canonical_json(result.model_dump(mode="json")))
        is_whole = result.element is None and not result.artifact.mock
        if result.workflow is not None and result.instance is not None and is_whole:
            self.mark_latest(result.workflow, result.instance, result.key)

    def mark_latest(self, workflow: str, instance: str, key: str) -> None:
        """Record that a task instance's latest result is the one of a key.

        Args:
            workflow: The workflow's name.
            instance: The instance's id.
            key: The cache key; its result may come from another workflow.
        """
        pointer = {"workflow": workflow, "instance": instance, "key": checked_key(key)}
        self.files.write(latest_path(workflow, instance), canonical_json(pointer))

    def note_use(self, workflow: str, instance: str, result: Result) -> None:
        """Record that a task instance used a result, as far as that can be written.

        Args:
            workflow: The workflow's name.
            instance: The instance's id.
            result: The result; a mock is no instance's latest.
        """
        if result.artifact.mock:
            return
        try:
            self.mark_latest(workflow, instance, result.key)
        except StoreError as error:  # a shared cache root may be there to read only
            _log.warning("'%s' is reused, but its use cannot be noted: %s", instance, error)

    def latest_result(self, workflow: str, instance: str) -> Result | None:
        """The latest result of a task instance, or ``None`` where there is none any more.

        Args:
            workflow: The workflow's name.
            instance: The instance's id.
        """
        path = latest_path(workflow, instance)
        data = self.files.read(path)
        key = None if data is None else pointed_key(data)
        if data is not None and key is None:
            _log.warning("%s cannot be used and counts as absent", self.files.uri(path))
        return None if key is None else self.find_result(key)

    def results(self) -> Iterator[Result]:
        """All usable results, in the order of their keys."""
        for entry in self.files.walk(RESULTS):
            key = key_of(entry.path)
            result = self.find_result(key) if key else None
            if result is not None:
                yield result

    def delete_result(self, key: str) -> None:
        """Forget what a cache key gave; its artifact stays until it is collected.

        Args:
            key: The cache key.
        """
        self.files.delete(result_path(key))

    def _verified_parts(self, artifact: Artifact) -> tuple[Artifact, ...]:
        if not self.files.is_remote:
            return self._sound_parts(artifact)
        entry = self.files.find(artifact.path)
        if entry is None:
            raise self._corrupt(artifact, "is missing")
        state = (artifact.path, entry.size, entry.stamp)
        if state not in self._verified:
            self._verified[state] = self._sound_parts(artifact)
        return self._verified[state]

    def _sound_parts(self, artifact: Artifact) -> tuple[Artifact, ...]:
        if artifact.type == "json":
            return _parts_in(self.read_bytes(artifact))
        # Who only looks whether a table is sound, as a flow's small pod does, has no room for it.
        found, held = self.files.digest(artifact.path), self._held.get(artifact.path)
        if found is None and held is not None:
            found = _measured(held)
        if found is None:
            raise self._corrupt(artifact, "is missing")
        self._require(artifact, *found)
        return ()

    def _require(self, artifact: Artifact, size: int, digest: str) -> None:
        if size != artifact.bytes:
            raise self._corrupt(artifact, f"has {size} bytes instead of {artifact.bytes}")
        if digest != artifact.sha256:
            raise self._corrupt(artifact, "was altered: its digest is another one")

    def _corrupt(self, artifact: Artifact, what: str) -> CorruptArtifactError:
        return CorruptArtifactError(
            f"the artifact {self.uri(artifact)} {what}; run the task again to store it anew"
        )


def _measured(data: bytes) -> tuple[int, str]:
    return len(data), hashlib.sha256(data).hexdigest()


def _parts_in(data: bytes) -> tuple[Artifact, ...]:
    return tuple(Artifact.model_validate(described) for described in artifacts_in(parse_json(data)))


def _serializer_of(artifact: Artifact) -> Serializer:
    for serializer in SERIALIZERS:
        if serializer.name == artifact.type:
            return serializer
    raise StoreError(
        f"{artifact.path} is of the unknown type '{artifact.type}'; a later ecoflows may have written it"
    )


def _schema_name(value: Any, annotation: Any) -> str | None:
    if annotation is Any or not is_a(value, "pandas", "DataFrame"):
        return None
    from ecoflows.annotations import frame_schema, is_frame

    model = frame_schema(annotation) if is_frame(annotation) else None
    return model.__name__ if model is not None else None
