"""Names in a program, each for one thing."""

from __future__ import annotations

from collections.abc import Iterable


class Names:
    """Gives out names, each once.

    Attributes:
        taken: The names that nothing else may have.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        """Start with the names that are taken.

        Args:
            taken: What the program defines by itself.
        """
        self.taken = set(taken)

    def take(self, *wanted: str) -> str:
        """The first of some names that is free, else the last one with a number; it is taken from now on.

        Args:
            wanted: The names, the best one first.
        """
        found = self.free(*wanted)
        self.taken.add(found)
        return found

    def free(self, *wanted: str) -> str:
        """What ``take`` would give, for a name that is used in one place only.

        Args:
            wanted: The names, the best one first.
        """
        found = next((name for name in wanted if name not in self.taken), None)
        number = 2
        while found is None:
            numbered = f"{wanted[-1]}_{number}"
            found = numbered if numbered not in self.taken else None
            number += 1
        return found
