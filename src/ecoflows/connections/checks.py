"""What a check of a connection finds: one line for each thing that has to work."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class CheckState(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Check:
    """One thing that has to work for a client to work.

    Attributes:
        name: What was looked at, such as ``DNS`` or ``authentication``.
        state: How it ended.
        detail: What was seen, in a few words, never a secret.
        fix: What to do about it, where it did not pass.
    """

    name: str
    state: CheckState
    detail: str = ""
    fix: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The finding as the command line's JSON shows it."""
        return {"name": self.name, "state": self.state.value, "detail": self.detail, "fix": self.fix}
