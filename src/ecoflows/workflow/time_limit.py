"""End an attempt that takes too long, in a process that has nothing else to do."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ecoflows.errors import TimeLimitError
from ecoflows.runtime import Call

_log = logging.getLogger("ecoflows")


@contextmanager
def interrupting(call: Call, seconds: float | None) -> Iterator[None]:
    """End an attempt that takes too long; only a main thread can be interrupted.

    Args:
        call: The call that is attempted.
        seconds: How long it may take.

    Raises:
        TimeLimitError: In the attempt, where it takes longer.
    """
    if seconds is None:
        yield
        return
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        _log.warning("'%s' has a time limit, which cannot be enforced outside the main thread", call.label)
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        raise TimeLimitError(f"'{call.label}': gave up after {seconds:g} s (timeout_seconds)")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
