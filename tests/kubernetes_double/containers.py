"""A container: a process and its log, or one that only waits until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from kubernetes_double.kinds import Object, now, quantity
from kubernetes_double.texts import Mounts

_MARK = "KUBERNETES_DOUBLE_CONTAINER"

WAITING = "airflow-xcom-sidecar"
"""The container that runs nothing: Airflow reads a result beside it and then ends it."""


class Container:
    """One container of a pod.

    Args:
        manifest: What the pod says of it.
        folder: The pod's folder; the log is ``<name>.log`` in it, with the time before each line.
    """

    def __init__(self, manifest: Object, folder: Path) -> None:
        self.name: str = manifest["name"]
        self.image: str = manifest.get("image") or ""
        self.limit: str | None = ((manifest.get("resources") or {}).get("limits") or {}).get("memory")
        self.folder = folder
        self.log = folder / f"{self.name}.log"
        self.state: Object = {"waiting": {"reason": "ContainerCreating"}}
        self.mounts = Mounts({"spec": {}}, {}, folder)
        self.environment: dict[str, str] = {}
        self.process: asyncio.subprocess.Process | None = None
        self._told_to_end = asyncio.Event()
        self._mark = f"{folder.name}/{self.name}"

    @property
    def running(self) -> bool:
        """Whether it has started and not ended."""
        return "running" in self.state

    @property
    def exit_code(self) -> int | None:
        """How it ended; ``None`` before."""
        code: int | None = self.state.get("terminated", {}).get("exitCode")
        return code

    async def run(self, command: Sequence[str], environment: Mapping[str, str], cwd: str | None) -> None:
        """Start it; the state tells whether that worked."""
        self.state = {"running": {"startedAt": now()}}
        self.log.touch()
        if self.name == WAITING:
            return
        try:
            self.process = await asyncio.create_subprocess_exec(
                *command,
                env={**environment, _MARK: self._mark},
                cwd=cwd or self.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self._terminate(127, "ContainerCannotRun", str(error))

    async def wait(self) -> None:
        """Wait until it ends, killing it where it takes more memory than its limit."""
        if self.process is None:
            if self.running:
                await self._told_to_end.wait()
                self._terminate(0, "Completed")
            return
        reason, written = None, asyncio.create_task(self._write_log(self.process))
        waiting = asyncio.create_task(self.process.wait())
        # It waits for all who have the output open, too: the process itself is what counts.
        while not (await asyncio.wait([waiting], timeout=0.25))[0] and self.process.returncode is None:
            if self.limit and group_memory(self.process.pid) > quantity(self.limit):
                reason = "OOMKilled"
                self.kill()
        self.kill()
        await asyncio.wait([written], timeout=2)
        written.cancel()
        code = await waiting
        code = code if code >= 0 else 128 - code
        self._terminate(code, reason or ("Error" if code else "Completed"))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all of its processes."""
        self._told_to_end.set()
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """End what is left of it: a container's end is the end of all of its processes."""
        self.signal(signal.SIGKILL)
        mark = f"{_MARK}={self._mark}".encode()
        for file in Path("/proc").glob("[0-9]*/environ"):  # also of those in sessions of their own
            with contextlib.suppress(OSError):
                if mark in file.read_bytes().split(b"\0"):
                    os.kill(int(file.parent.name), signal.SIGKILL)

    def _terminate(self, code: int, reason: str, message: str | None = None) -> None:
        ended = {**self.state["running"], "finishedAt": now(), "exitCode": code, "reason": reason}
        self.state = {"terminated": ended | ({"message": message} if message else {})}

    async def _write_log(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            return
        with self.log.open("ab", buffering=0) as log:
            rest = b""
            while chunk := await process.stdout.read(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                _write(log, [line + b"\n" for line in lines])
            _write(log, [rest] if rest else [])


def _write(log: BinaryIO, lines: Sequence[bytes]) -> None:
    log.writelines(datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ ").encode() + line for line in lines)


def group_memory(session: int) -> int:
    """The resident memory of the processes in a session, in bytes."""
    total = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            total += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return total
