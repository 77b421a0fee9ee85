"""Tables and numbers on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_STYLES = {
    "completed": "green",
    "cached": "cyan",
    "failed": "bold red",
    "not run": "yellow",
    "skipped": "yellow",
    "skip": "yellow",
    "run": "green",
    "damaged": "bold red",
}


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[str] = (),
    whole: Sequence[str] = ("Task instance",),
    title: str | None = None,
) -> None:
    """Print a table that fits the terminal.

    Args:
        columns: The headings.
        rows: The cells.
        right: The headings of columns that are aligned to the right.
        whole: The headings of columns that are not broken as long as others can be.
        title: A line above it.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        show_edge=False,
        title=Text(title, "bold") if title else None,
        title_justify="left",
    )
    for column in columns:
        table.add_column(
            column, justify="right" if column in right else "left", overflow="fold", no_wrap=column in whole
        )
    for row in rows:
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    Console(highlight=False).print(table)


def seconds_text(seconds: float) -> str:
    """A duration as a person reads it."""
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{int(seconds // 60)} min {seconds % 60:02.0f} s"


def bytes_text(count: int) -> str:
    """A number of bytes as a person reads it."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
