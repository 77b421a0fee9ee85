"""A PostgreSQL with PostGIS of the tests' own, on a free port of this machine, with a password."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OWNER, OWNER_PASSWORD = "owner", "password-of-the-owner-77e1"
READER, READER_PASSWORD = "reader", "password-of-the-reader-3d20"
DATABASE = "park"


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        port: Its port on 127.0.0.1.
    """

    port: int

    def settings(self, **more: Any) -> dict[str, Any]:
        """The settings of a connection of the reader's."""
        found = {"host": "127.0.0.1", "port": self.port, "database": DATABASE, "username": READER}
        return {**found, "password": READER_PASSWORD, **more}

    def execute(self, *statements: str, rows: Sequence[Any] = ()) -> None:
        """Change the database as its owner; of several rows each goes through the last statement."""
        import psycopg

        address = {"host": "127.0.0.1", "port": self.port, "dbname": DATABASE}
        with psycopg.connect(**address, user=OWNER, password=OWNER_PASSWORD) as connection:
            for statement in statements[: len(statements) - bool(rows)]:
                connection.execute(statement)
            if rows:
                with connection.cursor() as cursor:
                    cursor.executemany(statements[-1], rows)


def programs() -> Path | None:
    """The folder of a PostgreSQL that has PostGIS; none where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if (configured := shutil.which("pg_config")) is not None:
        found.append(Path(subprocess.check_output([configured, "--bindir"], text=True).strip()))
    for folder in found:
        shared = Path("/usr/share/postgresql") / folder.parent.name
        if (folder / "initdb").exists() and (shared / "extension" / "postgis.control").exists():
            return folder
    return None


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Run a server while the block lasts.

    Args:
        folder: The folder of its programs.
    """
    with tempfile.TemporaryDirectory(prefix="ecoflows-postgis-") as temporary:
        data = Path(temporary) / "data"
        secret = Path(temporary) / "password"
        secret.write_text(OWNER_PASSWORD)
        who = _user(Path(temporary))
        subprocess.run(
            [
                folder / "initdb",
                "-D",
                data,
                "-U",
                OWNER,
                f"--pwfile={secret}",
                "-A",
                "scram-sha-256",
                "-E",
                "UTF8",
            ],
            check=True,
            capture_output=True,
            **who,
        )
        port = _free_port()
        options = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "timezone": "UTC"}
        process = subprocess.Popen(
            [folder / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", temporary]
            + [word for name, value in options.items() for word in ("-c", f"{name}={value}")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **who,
        )
        try:
            _await(port, process)
            yield _filled(Server(port))
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _user(folder: Path) -> dict[str, Any]:
    """Who runs the server: it refuses to be run by root."""
    if os.geteuid() != 0:
        return {}
    name = next(name for name in ("postgres", "nobody") if name in {one.pw_name for one in pwd.getpwall()})
    found = pwd.getpwnam(name)
    for path in (folder, *folder.iterdir()):
        os.chown(path, found.pw_uid, found.pw_gid)
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": [], "cwd": folder}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    import psycopg

    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None, "PostgreSQL ended while it started"
        try:
            address = {"host": "127.0.0.1", "port": port, "dbname": "postgres"}
            with psycopg.connect(
                **address, user=OWNER, password=OWNER_PASSWORD, autocommit=True
            ) as connection:
                connection.execute(f"CREATE DATABASE {DATABASE}")
                return
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "PostgreSQL does not answer"
            time.sleep(0.1)


def _filled(server: Server) -> Server:
    server.execute(
        "CREATE EXTENSION postgis",
        f"CREATE ROLE {READER} LOGIN PASSWORD '{READER_PASSWORD}'",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {READER}",
    )
    return server
