"""Settings of connections in a TOML file that only its owner reads."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from ecoflows import settings
from ecoflows.connections.names import require_name, same_name
from ecoflows.connections.sources.base import Settings
from ecoflows.errors import ConnectionSettingsError

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

VARIABLE = "ECOFLOWS_CONNECTIONS_FILE"
"""The environment variable that names another file."""


class ConnectionsFile:
    """The file: a table for each type, in it a table for each connection."""

    label = "file"

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or Path(os.environ.get(VARIABLE) or settings.home() / "connections.toml")

    def every(self, type_name: str | None = None) -> Iterable[Settings]:
        """All connections of a type, or of any.

        Raises:
            ConnectionSettingsError: If others may read the file, or it is not what it should be.
        """
        for kind, connections in self._tables(self._read()):
            seen: dict[str, str] = {}
            for name, fields in connections.items():
                if not isinstance(fields, Mapping):
                    raise self._error(f"[{kind}.{name}] is to be a table of settings")
                self._named(name, seen)
                if type_name in (None, kind):
                    yield Settings(kind, name, dict(fields), str(self.path))

    def put(self, type_name: str, name: str, fields: Mapping[str, Any]) -> None:
        """Write a connection, in place of one of the same name; what else is there stays as it is.

        Args:
            type_name: The type of connection.
            name: Its name.
            fields: The values, secrets in plain.

        Raises:
            ConnectionSettingsError: If the file cannot be used or written.
        """
        import tomlkit

        with self._changing() as document:
            table = document.setdefault(type_name, tomlkit.table(is_super_table=True))
            table[self._written(table, name) or name] = {**fields}

    def remove(self, type_name: str, name: str) -> bool:
        """Take a connection out.

        Args:
            type_name: The type of connection.
            name: Its name.

        Returns:
            Whether it was there.
        """
        if not self.path.exists():
            return False
        with self._changing() as document:
            table = document.get(type_name, {})
            written = self._written(table, name)
            if written is None:
                return False
            del table[written]
            if not table:
                del document[type_name]
            return True

    @staticmethod
    def _written(table: Mapping[str, Any], name: str) -> str | None:
        """How a name is written in a table that has it."""
        return next((key for key in table if same_name(key) == same_name(name)), None)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[TOMLDocument]:
        import tomlkit

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self.path}.lock", mode=0o600):
                document = tomlkit.parse(self._text())
                before = document.as_string()
                yield document
                if document.as_string() != before:
                    self._write(document.as_string())
        except OSError as error:
            raise self._error(f"it cannot be written: {error.strerror or error}") from error

    def _write(self, text: str) -> None:
        # A file of mkstemp is 0600 from the start: no moment at which others could read it.
        handle, temporary = tempfile.mkstemp(prefix=".connections-", dir=self.path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as opened:
                opened.write(text)
                opened.flush()
                os.fsync(opened.fileno())
            Path(temporary).replace(self.path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def _read(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self._text())
        except tomllib.TOMLDecodeError as error:
            raise self._error(f"it is not TOML: {error}") from error

    def _text(self) -> str:
        try:
            with self.path.open(encoding="utf-8") as opened:
                self._require_private(os.fstat(opened.fileno()).st_mode)
                return opened.read()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise self._error(f"it cannot be read: {getattr(error, 'strerror', None) or error}") from error

    def _require_private(self, mode: int) -> None:
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise self._error(
                f"others can read it (mode {stat.S_IMODE(mode):04o}), and it may hold secrets; "
                f"make it yours alone: chmod 600 {self.path}"
            )

    def _tables(self, data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for kind, connections in data.items():
            if not isinstance(connections, Mapping):
                raise self._error(f"'{kind}' is to be a table of connections, [{kind}.NAME]")
            yield kind, connections

    def _named(self, name: str, seen: dict[str, str]) -> None:
        try:
            require_name(name)
        except ValueError as error:
            raise self._error(str(error)) from error
        other = seen.setdefault(same_name(name), name)
        if other != name:
            raise self._error(f"'{other}' and '{name}' are one name; rename one of them")

    def _error(self, message: str) -> ConnectionSettingsError:
        return ConnectionSettingsError(f"{self.path}: {message}")
