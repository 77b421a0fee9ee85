"""Small pieces of Python source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecoflows.targets.literal import literal


class Code(str):
    """Source that stands as it is among values that become source."""

    __slots__ = ()


def source_of(value: Any) -> str:
    """The source of a value in which pieces of source may stand.

    Args:
        value: Plain data with ``Code`` leaves.
    """
    return literal(value, lambda part: str(part) if isinstance(part, Code) else None)


def call(
    function: str, /, *positional: Any, spread: str | None = None, keywords: Mapping[str, Any] | None = None
) -> Code:
    """The source of a call, which the formatter puts on lines of their own where it is long.

    Args:
        function: What is called.
        positional: The positional arguments.
        spread: A variable whose entries are keyword arguments, too.
        keywords: The keyword arguments.
    """
    parts = [source_of(value) for value in positional]
    parts += [f"**{spread}"] if spread else []
    parts += [f"{name}={source_of(value)}" for name, value in (keywords or {}).items()]
    # With a comma at its end, a call of several arguments has one on each line.
    return Code(f"{function}({', '.join(parts)}{',' if len(parts) > 1 else ''})")


def joined(pieces: list[str]) -> Code:
    """The source of a long text, a piece on each line.

    Args:
        pieces: The parts of the text.
    """
    return Code("(\n" + "\n".join(map(literal, pieces)) + "\n)")


def comment(text: str) -> str:
    """A line of comment, whatever the text has in it.

    Args:
        text: Any text.
    """
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    return f"# {shown.encode('utf-8', 'backslashreplace').decode()}"
