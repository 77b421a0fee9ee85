"""What became of a task instance, or of one element of it, in a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from ecoflows.store import Artifact, Result


class State(StrEnum):
    """What became of a task instance in a run."""

    COMPLETED = "completed"
    CACHED = "cached"
    SKIPPED = "skipped"
    FAILED = "failed"
    NOT_RUN = "not_run"


@dataclass(frozen=True)
class Outcome:
    """What became of one task instance, or of one element of a mapped one.

    Attributes:
        id: The instance, or the element as ``instance[key]``.
        state: Its state.
        result: What it gave, new or reused.
        seconds: How long it took in this run.
        error: Why it failed, was skipped or did not run.
        exception: The error itself, where it failed.
        skipped: What stands for its value where it was skipped.
        elements: What became of each element, where it is mapped.
    """

    id: str
    state: State
    result: Result | None = None
    seconds: float = 0.0
    error: str | None = None
    exception: BaseException | None = field(default=None, compare=False)
    skipped: Artifact | None = None
    elements: tuple[Outcome, ...] | None = None

    @property
    def artifact(self) -> Artifact | None:
        """What others take from it; ``None`` where there is nothing to take."""
        return self.result.artifact if self.result is not None else self.skipped

    @property
    def failed_elements(self) -> tuple[Outcome, ...]:
        """The elements that failed, also where the instance did not."""
        return tuple(found for found in self.elements or () if found.state is State.FAILED)


@dataclass(frozen=True)
class Progress:
    """How far a mapped task instance has come.

    Attributes:
        done: How many of its elements have ended.
        total: How many it has.
    """

    done: int
    total: int


def count_text(outcomes: Iterable[Outcome], *, what: str) -> str:
    """How many came to which state, such as ``100 elements: 98 cached, 2 failed``."""
    counts = Counter(outcome.state for outcome in outcomes)
    parts = [f"{counts[state]} {state.value.replace('_', ' ')}" for state in State if counts[state]]
    return f"{counts.total()} {what}: {', '.join(parts)}" if parts else f"0 {what}"
