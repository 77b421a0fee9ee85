"""Names for what a program defines: valid, readable, each for one thing."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable

_COMMANDS = {"cat", "cd", "copy", "cp", "ddir", "echo", "ldir", "ls", "mkdir", "mv", "ren", "rm", "rmdir"}
"""What notebooks take for commands of a shell where it stands alone in a line."""

_LENGTH = 60


class Names:
    """Gives out names; none of them hides another, a keyword or a builtin."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        """Start with the names that are taken.

        Args:
            taken: What the program defines by itself.
        """
        self._taken = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *_COMMANDS, *taken}

    def take(self, *wanted: str) -> str:
        """The first of some names that is free, else the last one with a number; it is taken from now on.

        Args:
            wanted: Any texts, the best one first.
        """
        found = self.free(*wanted)
        self._taken.add(found)
        return found

    def free(self, *wanted: str) -> str:
        """What ``take`` would give, for a name that is used in one place only.

        Args:
            wanted: Any texts, the best one first.
        """
        names = [identifier(text) for text in wanted]
        found = next((name for name in names if name not in self._taken), None)
        number = 2
        while found is None:
            numbered = f"{names[-1]}_{number}"
            found = numbered if numbered not in self._taken else None
            number += 1
        return found


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
