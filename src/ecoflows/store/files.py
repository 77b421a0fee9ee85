"""The cache root as a place for whole files: a local folder, or any fsspec URL."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from ecoflows.errors import StoreError

_URL = re.compile(r"(?P<protocol>[A-Za-z][A-Za-z0-9+.:-]+)://(?P<rest>.*)", re.DOTALL)


@dataclass(frozen=True)
class FileEntry:
    """One file under the cache root.

    Attributes:
        path: Its path relative to the cache root, with ``/``.
        size: How many bytes it has.
        modified: When it was written, or ``None`` where the file system does not say.
        stamp: Something that changes when the file does: an ETag or a time.
    """

    path: str
    size: int
    modified: datetime | None
    stamp: str


class Files(Protocol):
    """Whole files under one root: what a store needs of a file system.

    All methods take paths relative to the root and are safe to call from several threads.
    All raise ``StoreError`` where the file system itself fails.
    """

    root: str
    is_remote: bool

    def read(self, path: str) -> bytes | None:
        """The content of a file, or ``None`` where there is none."""

    def digest(self, path: str) -> tuple[int, str] | None:
        """A file's size and SHA-256, found piece by piece, or ``None`` where there is none."""

    def write(self, path: str, data: bytes) -> None:
        """Put a file in place, whole or not at all."""

    def find(self, path: str) -> FileEntry | None:
        """One file's size and time, or ``None`` where there is none."""

    def walk(self, folder: str) -> Iterator[FileEntry]:
        """Every file below a folder, temporary ones included."""

    def delete(self, path: str) -> None:
        """Remove a file; one that is already gone is no error."""

    def uri(self, path: str) -> str:
        """The absolute path or URL of a file."""


def open_files(root: str | os.PathLike[str]) -> Files:
    """The files under a cache root.

    Args:
        root: A local path (``~`` is expanded) or an fsspec URL such as ``s3://bucket/prefix``.

    Raises:
        StoreError: If the URL carries credentials, or nothing here can read its protocol.
    """
    text = os.fspath(root)
    if not text or "\0" in text:
        raise StoreError(f"{text!r} is not a cache root; give a folder or a URL such as s3://bucket/prefix")
    match = _URL.fullmatch(text)
    if match is None:
        return _local(Path(text))
    _refuse_credentials(text)
    if match["protocol"].lower() in ("file", "local"):
        return _local(Path("/" + match["rest"].lstrip("/")))
    if not match["rest"].strip("/"):
        raise StoreError(f"the cache root '{text}' names no place; write {match['protocol']}://bucket/prefix")
    from ecoflows.store.remote_files import RemoteFiles

    return RemoteFiles(text.rstrip("/"), match["protocol"].lower())


def _local(path: Path) -> Files:
    from ecoflows.store.local_files import LocalFiles

    try:
        return LocalFiles(path.expanduser())
    except RuntimeError as error:  # "~nobody"
        raise StoreError(f"the cache root '{path}' cannot be found: {error}") from error


def _refuse_credentials(url: str) -> None:
    # Neither part is repeated in the message: it may end up in a log.
    shown = urlsplit(url)
    if "@" in shown.netloc or shown.query:
        raise StoreError(
            f"the cache root {shown.scheme}://... has credentials or options in its URL, which would end up "
            "in logs and manifests; set them in the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE, "
            "GOOGLE_APPLICATION_CREDENTIALS, FSSPEC_<PROTOCOL>_<OPTION>) and write the plain URL"
        )
