"""Ctrl-C while a flow runs: the first lets running tasks end, the second leaves at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.states import Cancelled

_EXIT_CODE = 130
_LAST_WORDS = 5.0


@contextmanager
def interruptible(identity: Mapping[str, str], leave: Callable[[], None]) -> Iterator[None]:
    """Handle Ctrl-C in the block; a task in a thread cannot be stopped from outside.

    Args:
        identity: Has the flow run's ``id`` once it is known.
        leave: Ends what runs outside of this process, before it leaves at once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            # The interrupted code may hold a lock that the last words need, or the server be slow.
            signal.signal(signal.SIGALRM, lambda _number, _frame: os._exit(_EXIT_CODE))
            signal.setitimer(signal.ITIMER_REAL, _LAST_WORDS)
            with suppress(Exception):
                leave()
            _tell_cancelled(identity.get("id"))
            os._exit(_EXIT_CODE)
        pressed = True
        sys.stderr.write("\ninterrupted: running tasks may end; Ctrl-C again leaves at once\n")
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _tell_cancelled(flow_run: str | None) -> None:
    """Give the flow run its final state, since this process will not."""
    if flow_run is None:
        return
    # Leaving comes first: whatever keeps the server from hearing of it, the process ends.
    with suppress(Exception), get_client(sync_client=True) as client:
        client.set_flow_run_state(UUID(flow_run), Cancelled(message="interrupted"), force=True)
