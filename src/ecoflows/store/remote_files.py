"""A cache root behind an fsspec URL: object stores, and memory for tests."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ecoflows.errors import StoreError
from ecoflows.extras import protocol_needs
from ecoflows.store.files import FileEntry

_PIECE = 8 * 2**20
_MODIFIED = ("LastModified", "last_modified", "updated", "mtime", "modified", "created")


class RemoteFiles:
    """Files behind a URL; each is put there by one call, so that it is whole or absent."""

    def __init__(self, root: str, protocol: str) -> None:
        self.root = root
        self.is_remote = protocol != "memory"
        self._protocol = protocol
        self._lock = threading.Lock()
        self._opened: tuple[int, Any, str] | None = None
        self._open()

    def read(self, path: str) -> bytes | None:
        file_system, base = self._open()
        try:
            content: bytes = file_system.cat_file(f"{base}/{path}")
        except FileNotFoundError:
            return None
        except Exception as error:
            raise self._failure("read", path, error) from error
        return content

    def digest(self, path: str) -> tuple[int, str] | None:
        file_system, base = self._open()
        name, digest = f"{base}/{path}", hashlib.sha256()
        try:
            size = int(file_system.info(name).get("size") or 0)
            for start in range(0, size, _PIECE):
                digest.update(file_system.cat_file(name, start=start, end=min(start + _PIECE, size)))
        except FileNotFoundError:
            return None
        except Exception as error:
            raise self._failure("read", path, error) from error
        return size, digest.hexdigest()

    def write(self, path: str, data: bytes) -> None:
        file_system, base = self._open()
        try:
            if self._protocol == "memory":
                # Memory has real folders; object stores have none, and creating one there
                # would ask for the right to create buckets.
                file_system.makedirs(f"{base}/{path}".rpartition("/")[0], exist_ok=True)
            file_system.pipe_file(f"{base}/{path}", data)
        except Exception as error:
            raise self._failure("write", path, error) from error

    def find(self, path: str) -> FileEntry | None:
        file_system, base = self._open()
        try:
            return _entry(path, file_system.info(f"{base}/{path}"))
        except FileNotFoundError:
            return None
        except Exception as error:
            raise self._failure("read", path, error) from error

    def walk(self, folder: str) -> Iterator[FileEntry]:
        file_system, base = self._open()
        try:
            found: dict[str, dict[str, Any]] = file_system.find(f"{base}/{folder}", detail=True)
        except FileNotFoundError:
            return
        except Exception as error:
            raise self._failure("list", folder, error) from error
        start = len(base.rstrip("/")) + 1
        yield from (_entry(name[start:], found[name]) for name in sorted(found))

    def delete(self, path: str) -> None:
        file_system, base = self._open()
        try:
            file_system.rm_file(f"{base}/{path}")
        except FileNotFoundError:
            return
        except Exception as error:
            raise self._failure("delete", path, error) from error

    def uri(self, path: str) -> str:
        return f"{self.root}/{path}"

    def _open(self) -> tuple[Any, str]:
        # A file system's network threads do not survive a fork: a child process opens its own.
        with self._lock:
            if self._opened is None or self._opened[0] != os.getpid():
                file_system = self._connect()
                self._opened = (os.getpid(), file_system, file_system._strip_protocol(self.root))
            return self._opened[1:]

    def _connect(self) -> Any:
        import fsspec

        if self._protocol not in fsspec.available_protocols():
            raise StoreError(
                f"the cache root '{self.root}' has the unknown protocol '{self._protocol}'; "
                "use a folder, s3://, gs:// or another protocol that fsspec knows"
            )
        try:
            # Cached listings would hide what other processes wrote.
            return fsspec.filesystem(self._protocol, use_listings_cache=False, skip_instance_cache=True)
        except ImportError as error:
            raise StoreError(
                f"the cache root '{self.root}' needs {protocol_needs(self._protocol, error)}"
            ) from error
        except Exception as error:
            raise self._failure("open", "files", error) from error

    def _failure(self, verb: str, path: str, error: Exception) -> StoreError:
        return StoreError(
            f"cannot {verb} {path} in the cache root '{self.root}': "
            f"{type(error).__name__}: {_first_line(error)}; {_way_out(error)}"
        )


def _entry(path: str, info: dict[str, Any]) -> FileEntry:
    modified = next((moment for name in _MODIFIED if (moment := _as_time(info.get(name)))), None)
    stamp = next((str(info[name]) for name in ("ETag", "etag", "md5Hash") if info.get(name)), str(modified))
    return FileEntry(path=path, size=int(info.get("size") or 0), modified=modified, stamp=stamp)


def _as_time(value: Any) -> datetime | None:
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300] or "no further explanation"


def _way_out(error: Exception) -> str:
    name = type(error).__name__
    if isinstance(error, PermissionError) or "Credentials" in name:
        return "check the credentials in the environment, and that they may list, read and write there"
    if isinstance(error, FileNotFoundError):
        return "check that the bucket exists and is spelled right; ecoflows does not create buckets"
    if isinstance(error, NotImplementedError | TypeError):
        return "this kind of URL cannot be written to; choose another cache root"
    return "check the URL, the network and the credentials in the environment"
