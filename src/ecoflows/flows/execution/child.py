"""Calls in child processes of the flow run's process."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import IO

from ecoflows.errors import NodeError, TimeLimitError
from ecoflows.flows.execution.answers import Output, results_of
from ecoflows.flows.execution.settings import VARIABLE
from ecoflows.flows.execution.work import OutOfMemoryError, RunEndedError, Work
from ecoflows.store import Result, Store

TERM_SECONDS = 5.0
"""How long a process may take to end before it is killed."""

LATE_SECONDS = 10.0
"""How much longer than its time limit a call may take, which its own process ends as a rule."""

_LOOK_SECONDS = 1.0
_OWN = (VARIABLE, "ECOFLOWS_CALL", "ECOFLOWS_ARGUMENTS", "ECOFLOWS_CACHE_ROOT")


class ChildProcesses:
    """Makes calls in child processes, each in a group of its own with what it starts."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._running: set[int] = set()
        self._lock = threading.RLock()  # a signal may call close in the midst of it
        self._closed = False

    def run(self, work: Work) -> list[Result | NodeError]:
        """Make the calls in one process."""
        output = Output(work.logger)
        with tempfile.TemporaryFile() as call:
            call.write(json.dumps(work.calls(self._store.root)).encode())
            call.seek(0)
            process = self._start(work, call)
            try:
                late = _followed(process, output, _seconds(work))
            finally:
                self._end(process)
        if self._closed:
            raise RunEndedError(f"'{work.label}': the run was ended")
        return results_of(work, output.answers, _ending(work, process.returncode, late, output), self._store)

    def _start(self, work: Work, call: IO[bytes]) -> subprocess.Popen[bytes]:
        # -P, since python -m would else put the working directory in front of everybody's modules.
        command = [sys.executable, "-P", "-m", "ecoflows", "run-task", work.reference, "--call", "-"]
        with self._lock:
            if self._closed:
                raise RunEndedError(f"'{work.label}': the run was ended")
            try:
                process = subprocess.Popen(  # noqa: S603  # our own command
                    command,
                    stdin=call,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=_environment(),
                    start_new_session=True,
                )
            except OSError as error:
                raise NodeError(f"'{work.label}': its process cannot be started: {error}") from error
            self._running.add(process.pid)
            return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """End what is left of a process and of all that it started."""
        if process.poll() is None:
            _signal(process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(TERM_SECONDS)
        _signal(process.pid, signal.SIGKILL)
        process.wait()
        with self._lock:
            self._running.discard(process.pid)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    def close(self) -> None:
        """End all processes, with all that they started."""
        until = time.monotonic() + TERM_SECONDS
        with self._lock:
            self._closed = True
            for pid in self._running:
                _signal(pid, signal.SIGTERM)
        while self._running and time.monotonic() < until:
            time.sleep(0.02)
        with self._lock:
            for pid in self._running:
                _signal(pid, signal.SIGKILL)


def _followed(process: subprocess.Popen[bytes], output: Output, seconds: float | None) -> bool:
    """Hand on what a process writes until it ends; whether it was ended because it took too long."""
    deadline = None if seconds is None else time.monotonic() + seconds
    with selectors.DefaultSelector() as selector, _process_descriptor(process.pid) as ended:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ, b"")
        if ended is not None:
            selector.register(ended, selectors.EVENT_READ, None)
        while process.poll() is None:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return True
            usual = None if ended is not None else _LOOK_SECONDS
            selector.select(min((wait for wait in (left, usual) if wait is not None), default=None))
            _read(selector, output)
        _read(selector, output, last=True)
    return False


def _read(selector: selectors.BaseSelector, output: Output, *, last: bool = False) -> None:
    """Read what there is now; what stands behind the last line's end waits, unless nothing follows."""
    for key in list(selector.get_map().values()):
        if key.data is None or isinstance(key.fileobj, int):
            continue
        rest, over = key.data, False
        while True:
            try:
                data = os.read(key.fd, 65536)
            except BlockingIOError:
                break
            if not data:
                over = True
                break
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                output.take(line.decode(errors="replace"))
        if (over or last) and rest:
            output.take(rest.decode(errors="replace"))
        if over:
            selector.unregister(key.fileobj)
        else:
            selector.modify(key.fileobj, selectors.EVENT_READ, rest)


@contextlib.contextmanager
def _process_descriptor(pid: int) -> Iterator[int | None]:
    """What can be waited for to learn that a process ended; ``None`` where the system has no such thing."""
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _seconds(work: Work) -> float | None:
    """When a process is ended that cannot end its calls itself."""
    limit = work.units[0].node.options.timeout_seconds
    return None if limit is None else len(work.units) * limit + LATE_SECONDS


def _ending(work: Work, code: int, late: bool, output: Output) -> NodeError | None:
    """Why a process failed, where it did."""
    if late:
        limit = work.units[0].node.options.timeout_seconds
        return TimeLimitError(f"'{work.label}': gave up after {limit:g} s (timeout_seconds)")
    if code == 0:
        return None
    if code == -signal.SIGKILL:
        return OutOfMemoryError(
            f"'{work.label}': its process was killed, as the system does where memory runs out; let fewer "
            "run at the same time (concurrency, workers), or run it on a larger machine"
        )
    how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
    said = f":\n{output.tail}" if output.tail else ""
    return NodeError(f"'{work.label}': its process ended {how}{said}")


def _environment() -> dict[str, str]:
    """This process' environment, with what it can import and without what is its own."""
    kept = {name: value for name, value in os.environ.items() if name not in _OWN}
    usual = (sys.prefix, sys.base_prefix)
    more = [path for path in sys.path if path and not path.startswith(usual)]
    known = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    paths = dict.fromkeys([*known, *more])
    return {
        **kept,
        **({"PYTHONPATH": os.pathsep.join(paths)} if paths else {}),
        "PYTHONUNBUFFERED": "1",
    }
