"""A user's words as comments, docstrings and Markdown, whatever stands in them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

_HAZARD = re.compile(
    r"%|!|\?|<codecell>|In\[|[-+#]|\S*\?$|\w+\s*=\s*[%!]"
    r"|(fmt|isort|ruff|type)\s*:|(region|endregion|noqa|cat|cd|copy|cp|ddir|echo|ldir|ls|mkdir|mv|ren|rm|rmdir)\b"
)
"""What notebooks and tools would take for theirs in a comment, some for a command to be run."""

_CODE = re.compile(r"``(?! )([^`]+)(?<! )``")
_MARKDOWN = re.compile(r"[\\`*\[\]<>$&~|{}]|(?<!\w)_|_(?!\w)")


def one_line(text: str) -> str:
    """A text in one line, with every character visible.

    Args:
        text: Any text.
    """
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in " ".join(text.split()))


def comment(text: str, width: int = 96, indent: str = "") -> list[str]:
    """A text as comment lines, none of which any tool takes for its own.

    Args:
        text: Any text.
        width: How long a line may be.
        indent: What stands in front of each line.
    """
    lines = textwrap.wrap(one_line(text), width - len(indent) - 4, break_on_hyphens=False)
    return [f"{indent}# {'. ' if _HAZARD.match(line) else ''}{line}" for line in lines]


def docstring(lines: Sequence[str]) -> str:
    """Lines as a docstring.

    Args:
        lines: Any texts; each becomes one line.
    """
    text = "\n".join(map(one_line, lines)).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""{text}\n"""'


def markdown(text: str) -> str:
    """A text as Markdown that shows it as it is, code between double backticks as code.

    Args:
        text: Any text.
    """
    parts = _CODE.split(one_line(text))
    plain = "".join(
        f"`{part}`" if index % 2 else _MARKDOWN.sub(r"\\\g<0>", part) for index, part in enumerate(parts)
    )
    # At the start of a line these begin a list, a heading, a rule or a cell.
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", re.sub(r"^[-+#=%!]", r"\\\g<0>", plain))
