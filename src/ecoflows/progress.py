"""How far something long has come: a bar on a terminal, a line in a log now and then elsewhere."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_log = logging.getLogger("ecoflows")
_LINE_SECONDS = 10.0


@dataclass(frozen=True)
class Advance:
    """How far one thing has come.

    Attributes:
        instance: The task instance that is at it, if any.
        what: What is counted, such as ``observations``.
        done: How many there are so far.
        total: How many there will be, if that is known.
    """

    instance: str | None
    what: str
    done: int
    total: int | None

    @property
    def text(self) -> str:
        """In words, such as ``4,000 of 120,000 observations``."""
        of = "" if self.total is None else f" of {self.total:,}"
        return f"{self.done:,}{of} {self.what}"


Listener = Callable[[Advance], None]

_instance: ContextVar[str | None] = ContextVar("ecoflows_instance", default=None)
_listeners: list[Listener] = []


@contextmanager
def within(instance: str) -> Iterator[None]:
    """Let what advances in the block be known as a task instance's.

    Args:
        instance: What messages call it.
    """
    token = _instance.set(instance)
    try:
        yield
    finally:
        _instance.reset(token)


@contextmanager
def told_to(listener: Listener) -> Iterator[None]:
    """Show what advances in the block elsewhere than on a bar or in the log.

    Args:
        listener: Told of each advance, from any thread.
    """
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


class Meter:
    """Counts what comes in, from any thread.

    Args:
        what: What is counted.
        show: Told of each advance.
    """

    def __init__(self, what: str, show: Listener) -> None:
        self._what, self._show, self._instance = what, show, _instance.get()
        self._done, self._total = 0, 0
        self._lock = threading.Lock()

    def expect(self, more: int) -> None:
        """Say that so many more will come."""
        with self._lock:
            self._total += more

    def advance(self, more: int) -> None:
        """Say that so many have come."""
        with self._lock:
            self._done += more
            found = Advance(self._instance, self._what, self._done, self._total or None)
        self._show(found)


@contextmanager
def metered(what: str) -> Iterator[Meter]:
    """Show how far something comes while the block runs.

    Args:
        what: What is counted, such as ``observations``.
    """
    if _listeners:
        yield Meter(what, _listeners[-1])
    elif sys.stderr is not None and sys.stderr.isatty():
        with _bar(what) as show:
            yield Meter(what, show)
    else:
        yield Meter(what, _Lines())


class _Lines:
    """Lines in the log, none in the first seconds."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, advance: Advance) -> None:
        now = time.monotonic()
        if now - self._last >= _LINE_SECONDS:
            self._last = now
            _log.info("%s%s so far", f"{advance.instance}: " if advance.instance else "", advance.text)


@contextmanager
def _bar(what: str) -> Iterator[Listener]:
    from rich.console import Console
    from rich.errors import LiveError
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(what, total=None)
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(LiveError):  # another bar has the terminal
            stack.enter_context(bar)
        yield lambda advance: bar.update(task, completed=advance.done, total=advance.total)
