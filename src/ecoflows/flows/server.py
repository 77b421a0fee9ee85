"""The local Prefect server: started once in the background, reused by every run, stopped on request."""

from __future__ import annotations

import getpass
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import httpx
from filelock import FileLock, Timeout

from ecoflows import settings
from ecoflows.errors import EcoflowsError
from ecoflows.flows.environment import server_environment

START_SECONDS = 180.0
_DEFAULT_PORT = 4200
_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 45.0
_children: dict[int, subprocess.Popen[bytes]] = {}  # kept, for a process that starts a server to reap it


class ServerError(EcoflowsError):
    """Raised where the local server cannot be started or reached."""


@dataclass(frozen=True)
class LocalServer:
    """A background server as its record file describes it.

    Attributes:
        url: Where the UI is.
        pid: The process that keeps it.
        prefect: The version of Prefect that it runs.
    """

    url: str
    pid: int
    prefect: str

    @property
    def api_url(self) -> str:
        """Where the API is."""
        return f"{self.url}/api"


def ensure_server(say: Callable[[str], None] = lambda _text: None) -> LocalServer:
    """The local server, started if there is none; safe to call from several processes at once.

    Args:
        say: Told what is going on, since a first start takes a while.

    Returns:
        A server that answers.

    Raises:
        ServerError: If it does not come up; the message has the end of its log.
    """
    folder = _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServerError(
            f"the folder {folder} for the local server cannot be made: {error.strerror}; "
            "name another one with ECOFLOWS_HOME"
        ) from error
    try:
        with FileLock(folder / "server.lock", timeout=START_SECONDS):
            server = _recorded()
            if server is not None and server.prefect == version("prefect") and _answers_in_time(server):
                return server
            if server is not None:
                _end(server)
            # One start at a time whatever the home: two that find the same port free would take
            # each other's server for their own.
            with FileLock(_starts(), timeout=START_SECONDS):
                return _start(say)
    except Timeout as error:
        raise ServerError(
            f"another process has been starting the local server for {START_SECONDS:g} s"
        ) from error


def running_server() -> LocalServer | None:
    """The local server, if one answers."""
    server = _recorded()
    return server if server is not None and _answers(server) else None


def stop_server() -> LocalServer | None:
    """Stop the local server.

    Returns:
        What was stopped, or ``None`` where nothing was.
    """
    folder = _folder()
    if not folder.exists():
        return None
    with FileLock(folder / "server.lock", timeout=START_SECONDS):
        server = _recorded()
        if server is None:
            return None
        _end(server)
        return server


def _folder() -> Path:
    return settings.home() / "server"


def _starts() -> Path:
    return Path(tempfile.gettempdir()) / f"ecoflows-server-start-{getpass.getuser()}.lock"


def _record() -> Path:
    return _folder() / "server.json"


@contextmanager
def in_use() -> Iterator[None]:
    """Mark the local server as in use by this process; the mark goes with the process, however it ends."""
    folder = _folder() / "users"
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / f"{os.getpid()}.lock"
    with FileLock(mark):
        yield
    mark.unlink(missing_ok=True)


def users() -> list[int]:
    """The processes whose runs use the local server now."""
    return sorted(int(mark.stem) for mark in (_folder() / "users").glob("*.lock") if _is_held(mark))


def _is_held(mark: Path) -> bool:
    try:
        with FileLock(mark, timeout=0):
            pass
    except Timeout:
        return True
    mark.unlink(missing_ok=True)  # its process was killed
    return False


def _recorded() -> LocalServer | None:
    try:
        return LocalServer(**json.loads(_record().read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _answers(server: LocalServer) -> bool:
    try:
        return httpx.get(f"{server.api_url}/health", timeout=5, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _answers_in_time(server: LocalServer) -> bool:
    """Whether a server answers, be it busy: others may be using it, so it is not given up lightly."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not _answers(server):
        if not _lives(server.pid) or time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _start(say: Callable[[str], None]) -> LocalServer:
    folder, port = _folder(), _free_port()
    say("starting a local Prefect server (the first time takes up to a minute)")
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # our own command
            [sys.executable, "-m", "ecoflows.flows.supervisor", str(_record()), str(port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=server_environment(str(folder / "prefect")),
            cwd=folder,
            start_new_session=True,
        )
        _children[process.pid] = process
        server = LocalServer(f"http://127.0.0.1:{port}", process.pid, version("prefect"))
        _write(server)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if _answers(server):
            return server
        time.sleep(_POLL_SECONDS)
    _end(server)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise ServerError(f"the local Prefect server did not start; the end of {log}:\n{tail}")


def _write(server: LocalServer) -> None:
    temporary = _record().with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(server)))
    temporary.replace(_record())


def _free_port() -> int:
    """Prefect's usual port where it is free, so that bookmarks of the UI stay good."""
    for port in (_DEFAULT_PORT, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise ServerError("no free port on 127.0.0.1")


def _end(server: LocalServer) -> None:
    """End a server; its supervisor does so as soon as the record is gone."""
    _record().unlink(missing_ok=True)
    with suppress(ProcessLookupError, PermissionError):
        if _lives(server.pid):
            os.kill(server.pid, signal.SIGTERM)
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and _answers(server):
        time.sleep(_POLL_SECONDS)
    child = _children.pop(server.pid, None)
    if child is not None:
        with suppress(subprocess.TimeoutExpired):
            child.wait(15)


def _lives(pid: int) -> bool:
    """Whether the process recorded is still there, for numbers of processes come again."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False  # somebody else's: the number was given anew
    command = Path(f"/proc/{pid}/cmdline")
    if not Path("/proc/self").exists():
        return True  # no /proc here: the record is all there is
    try:
        return b"ecoflows.flows.supervisor" in command.read_bytes()
    except OSError:
        return False
