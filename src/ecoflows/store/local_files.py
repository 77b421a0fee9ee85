"""A cache root in a local or mounted folder."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ecoflows.errors import StoreError
from ecoflows.store.files import FileEntry

TEMPORARY_SUFFIX = ".tmp"
"""What the names of files end with that are not yet in place."""

_WAYS_OUT = {
    errno.EACCES: "check that you may read and write there, or choose another cache root",
    errno.EPERM: "check that you may read and write there, or choose another cache root",
    errno.EROFS: "that file system is read-only; choose another cache root",
    errno.ENOSPC: "the disk is full; free some space, or choose another cache root",
    errno.EDQUOT: "your disk quota is used up; free some space, or choose another cache root",
    errno.ENOTDIR: "a part of that path is a file; choose another cache root",
    errno.EEXIST: "a part of that path is a file; choose another cache root",
}


class LocalFiles:
    """Files in a folder; a file appears there whole, by renaming."""

    is_remote = False

    def __init__(self, folder: Path) -> None:
        self._folder = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow links
        self.root = str(self._folder)

    def read(self, path: str) -> bytes | None:
        try:
            return (self._folder / path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failure("read", path, error) from error

    def digest(self, path: str) -> tuple[int, str] | None:
        try:
            with (self._folder / path).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                return file.tell(), digest
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failure("read", path, error) from error

    def write(self, path: str, data: bytes) -> None:
        # No fsync: after a power cut the digest shows what is damaged, and it is computed again.
        target = self._folder / path
        temporary = target.with_name(_temporary_name(target.name))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("xb") as file:
                    file.write(data)
                os.replace(temporary, target)  # noqa: PTH105 - tests make this very step fail
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise self._failure("write", path, error) from error

    def find(self, path: str) -> FileEntry | None:
        try:
            return self._entry(self._folder / path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failure("read", path, error) from error

    def walk(self, folder: str) -> Iterator[FileEntry]:
        def fail(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):
                raise self._failure("list", folder, error) from error

        for parent, folders, names in os.walk(self._folder / folder, onerror=fail):
            folders.sort()
            for name in sorted(names):
                found = self.find((Path(parent) / name).relative_to(self._folder).as_posix())
                if found is not None:  # another process may have removed it meanwhile
                    yield found

    def delete(self, path: str) -> None:
        try:
            (self._folder / path).unlink(missing_ok=True)
        except OSError as error:
            raise self._failure("delete", path, error) from error

    def uri(self, path: str) -> str:
        return str(self._folder / path)

    def _entry(self, file: Path) -> FileEntry:
        stat = file.stat()
        return FileEntry(
            path=file.relative_to(self._folder).as_posix(),
            size=stat.st_size,
            modified=datetime.fromtimestamp(stat.st_mtime, UTC),
            stamp=str(stat.st_mtime_ns),
        )

    def _failure(self, verb: str, path: str, error: OSError) -> StoreError:
        reason = error.strerror or str(error)
        way_out = _WAYS_OUT.get(error.errno or 0, "check that the folder is there and can be written to")
        return StoreError(f"cannot {verb} {path} in the cache root '{self.root}': {reason}; {way_out}")


def _temporary_name(name: str) -> str:
    # Unique per process and thread, on shared file systems per host too: hence the random part.
    return f".{name}.{os.getpid()}-{threading.get_ident()}-{secrets.token_hex(8)}{TEMPORARY_SUFFIX}"
