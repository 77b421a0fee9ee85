"""Ctrl-C while a flow runs: the first lets running tasks end, the second leaves at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType

import httpx

_EXIT_CODE = 130
_TELL_SECONDS = 3.0


@contextmanager
def interruptible(api_url: str, identity: Mapping[str, str]) -> Iterator[None]:
    """Handle Ctrl-C in the block; a task in a thread cannot be stopped from outside.

    Args:
        api_url: The API of the Prefect server in use.
        identity: Has the flow run's ``id`` once it is known.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            _tell_cancelled(api_url, identity.get("id"))
            os._exit(_EXIT_CODE)
        pressed = True
        sys.stderr.write("\ninterrupted: running tasks may end; Ctrl-C again leaves at once\n")
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _tell_cancelled(api_url: str, flow_run: str | None) -> None:
    """Give the flow run its final state, since this process will not."""
    if flow_run is None:
        return
    state = {"state": {"type": "CANCELLED", "name": "Cancelled", "message": "interrupted"}, "force": True}
    with suppress(httpx.HTTPError):
        httpx.post(f"{api_url}/flow_runs/{flow_run}/set_state", json=state, timeout=_TELL_SECONDS)
