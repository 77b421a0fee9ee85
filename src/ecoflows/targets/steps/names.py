"""Names for what a program defines: valid, readable, each for one thing."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable

from ecoflows.targets.names import Names

_COMMANDS = {"cat", "cd", "copy", "cp", "ddir", "echo", "ldir", "ls", "mkdir", "mv", "ren", "rm", "rmdir"}
"""What notebooks take for commands of a shell where it stands alone in a line."""

_LENGTH = 60


class Variables(Names):
    """Gives out names of variables for any texts; none of them hides another, a keyword or a builtin."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        """Start with the names that are taken.

        Args:
            taken: What the program defines by itself.
        """
        super().__init__({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *_COMMANDS, *taken})

    def free(self, *wanted: str) -> str:
        return super().free(*map(identifier, wanted))


def identifier(text: str) -> str:
    """A text as a name of Python: letters of any script, digits and underscores, not too long.

    Args:
        text: Any text.
    """
    plain = unicodedata.normalize("NFKC", text)
    letters = "".join(char if f"a{char}".isidentifier() else "_" for char in plain)
    # Normal form by normal form: cutting may leave what Python would read as another name.
    name = unicodedata.normalize("NFKC", re.sub("__+", "_", letters)[:_LENGTH].strip("_"))
    if not name:
        return "step"
    return name if name.isidentifier() else f"step_{name}"
