"""Progress of a run: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from ecoflows.progress import Advance
    from ecoflows.workflow.execution import Listener
    from ecoflows.workflow.model import Workflow
    from ecoflows.workflow.outcome import Outcome, Progress

_LINE_SECONDS = 10.0


@contextmanager
def following(workflow: Workflow, *, quiet: bool = False) -> Iterator[Listener]:
    """Show a run's progress while the block runs; yields what the engine is to tell it to.

    Args:
        workflow: What is run.
        quiet: Write plain lines to stderr whatever the terminal.
    """
    from rich.console import Console

    from ecoflows.progress import told_to

    console = Console(stderr=True, highlight=False)
    if quiet or not console.is_terminal:
        lines = _Lines()
        with told_to(lines.advance):
            yield lines.tell
        return
    from rich.live import Live

    board = _Board(workflow)
    with (
        Live(get_renderable=board.render, console=console, refresh_per_second=8, transient=True),
        told_to(board.advance),
    ):
        yield board.tell


class _Lines:
    """Progress as lines; of a map, one for each tenth that is done, of what a task reads one now and then."""

    def __init__(self) -> None:
        self._tenths: dict[str, int] = {}
        self._told = time.monotonic()

    def advance(self, advance: Advance) -> None:
        now = time.monotonic()
        if now - self._told >= _LINE_SECONDS:
            self._told = now
            click.echo(f"{advance.instance or 'a task'}: {advance.text} so far", file=sys.stderr)

    def tell(self, name: str, outcome: Outcome | Progress | None) -> None:
        text = self._text(name, outcome)
        if text is not None:
            click.echo(text, file=sys.stderr)

    def _text(self, name: str, outcome: Outcome | Progress | None) -> str | None:
        from ecoflows.workflow.outcome import Progress

        if outcome is None:
            return f"{name}: started"
        if isinstance(outcome, Progress):
            tenth = outcome.done * 10 // outcome.total
            if tenth == self._tenths.get(name, 0) or outcome.done == outcome.total:
                return None
            self._tenths[name] = tenth
            return f"{name}: {outcome.done} of {outcome.total} elements"
        detail = f" ({outcome.error})" if outcome.error else ""
        return f"{name}: {outcome.state.value.replace('_', ' ')}, {outcome.seconds:.2f} s{detail}"


class _Board:
    """The state of each task instance, for drawing."""

    def __init__(self, workflow: Workflow) -> None:
        self._outcomes: dict[str, Outcome | None] = {}
        self._progress: dict[str, Progress] = {}
        self._advances: dict[str, Advance] = {}
        self._started: dict[str, float] = {}
        self._names = list(workflow.nodes)
        self._lock = threading.Lock()

    def tell(self, name: str, outcome: Outcome | Progress | None) -> None:
        from ecoflows.workflow.outcome import Progress

        with self._lock:
            if isinstance(outcome, Progress):
                self._progress[name] = outcome
                return
            self._outcomes[name] = outcome
            self._started.setdefault(name, time.perf_counter())

    def advance(self, advance: Advance) -> None:
        if advance.instance is not None:
            with self._lock:
                self._advances[advance.instance.partition("[")[0]] = advance

    def render(self) -> Table:
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        with self._lock:
            for name in self._shown():
                outcome = self._outcomes.get(name)
                if outcome is not None:
                    style = {"failed": "red", "not_run": "yellow", "cached": "cyan", "skipped": "yellow"}.get(
                        outcome.state, "green"
                    )
                    label = outcome.state.value.replace("_", " ")
                    table.add_row(
                        Text("●", style), Text(name), Text(label, style), f"{outcome.seconds:.1f} s"
                    )
                elif name in self._outcomes:
                    passed = time.perf_counter() - self._started[name]
                    table.add_row(Spinner("dots"), Text(name), self._doing(name), f"{passed:.1f} s")
                else:
                    table.add_row(Text("○", "dim"), Text(name, "dim"), Text("waiting", "dim"), "")
        return table

    def _doing(self, name: str) -> RenderableType:
        """How far a running instance has come: a bar where it is known how much there is to read."""
        part, advance = self._progress.get(name), self._advances.get(name)
        if part is not None:
            return f"{part.done} of {part.total}"
        if advance is None:
            return "running"
        from rich.columns import Columns
        from rich.progress_bar import ProgressBar

        if advance.total is None:
            return advance.text
        return Columns([ProgressBar(advance.total, advance.done, width=12), advance.text])

    def _shown(self, limit: int = 20) -> list[str]:
        """Of a long workflow, what is going on and what comes next."""
        if len(self._names) <= limit:
            return self._names
        open_ones = [name for name in self._names if self._outcomes.get(name) is None]
        running = [name for name in open_ones if name in self._outcomes]
        return (running + [name for name in open_ones if name not in running])[:limit]
