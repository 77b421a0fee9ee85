"""From the URI of a stored value to the reference to it."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path

from ecoflows.errors import CorruptArtifactError, StoreError
from ecoflows.skipped import SKIPPED
from ecoflows.store.canonical import encode
from ecoflows.store.model import Artifact
from ecoflows.store.serializers import SERIALIZERS
from ecoflows.store.serializers.composite import JsonSerializer, SkippedSerializer, parse_json
from ecoflows.store.serializers.frames import is_geo
from ecoflows.store.store import Store

_PATH = re.compile(
    r"(?P<root>.*?)/?(?P<path>artifacts/(?P<digest>[0-9a-f]{64})\.(?P<extension>[a-z0-9]+))", re.DOTALL
)


def artifact_at(store: Store, uri: str) -> Artifact:
    """The reference to a stored value.

    Args:
        store: The cache root that it is under.
        uri: Its path or URL, whole or relative to the cache root: ``artifacts/<sha256>.<ext>``.

    Raises:
        StoreError: If this is no artifact of this cache root.
        CorruptArtifactError: If it is missing or damaged.
    """
    match = _PATH.fullmatch(uri)
    if match is None:
        raise StoreError(f"'{uri}' is no artifact's URI; these end with artifacts/<sha256>.<extension>")
    path, extension = match["path"], match["extension"]
    if match["root"] and store.files.uri(path) not in (uri, _absolute(uri)):
        raise StoreError(f"'{uri}' is not under the cache root {store.root}")
    data = store.files.read(path)
    if data is None:
        raise CorruptArtifactError(f"the artifact {store.files.uri(path)} is missing; run its task again")
    if hashlib.sha256(data).hexdigest() != match["digest"]:
        raise CorruptArtifactError(
            f"the artifact {store.files.uri(path)} was altered: its digest is another one"
        )
    name, rows = _kind(data, extension)
    return Artifact(path=path, sha256=match["digest"], type=name, bytes=len(data), rows=rows)


def _absolute(uri: str) -> str:
    """A path as seen from the root of the file system; a URL as it is."""
    return uri if "://" in uri else str(Path(uri).resolve())


def _kind(data: bytes, extension: str) -> tuple[str, int | None]:
    """The name of a file's format, and the rows of a table or the length of a list."""
    if extension == "parquet":
        import pyarrow.parquet as pq

        file = pq.ParquetFile(io.BytesIO(data))
        return "geodataframe" if is_geo(
            file.schema_arrow.metadata or {}
        ) else "dataframe", file.metadata.num_rows
    if extension == "json":
        found = parse_json(data)
        if found == encode(SKIPPED):
            return SkippedSerializer.name, None
        items = found.get("$tuple") if isinstance(found, dict) else found
        return JsonSerializer.name, len(items) if isinstance(items, list) else None
    for serializer in SERIALIZERS:
        if serializer.extension == extension:
            return serializer.name, None
    raise StoreError(f"nothing here reads .{extension} files")
