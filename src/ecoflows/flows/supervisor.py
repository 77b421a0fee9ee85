"""Keeps a local Prefect server for as long as somebody's record names it.

It runs as a process of its own: ``python -m ecoflows.flows.supervisor RECORD PORT``. It ends
the server when the record file is gone or names another process, so that a server never
outlives the folder that holds its database.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

_LOOK_SECONDS = 2.0
_GRACE_SECONDS = 10.0


def main(record: str, port: str) -> int:
    """Run a server on a port of the loopback interface until it is not wanted any more."""
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603  # our own command

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while server.poll() is None and _wanted(Path(record)):
            time.sleep(_LOOK_SECONDS)
    finally:
        server.terminate()
        try:
            server.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
    return server.returncode or 0


def _wanted(record: Path) -> bool:
    try:
        return bool(json.loads(record.read_text())["pid"] == os.getpid())
    except (OSError, ValueError, KeyError, TypeError):
        return False


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
