"""Failures on demand."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

KINDS = ("429", "429 date", "500", "502", "503", "slow", "truncated", "dropped", "401", "403", "404")


@dataclass
class Faults:
    """Which requests for data fail, and how.

    Attributes:
        kind: How; one of ``KINDS``.
        at: Which requests, by their number from 0.
        rate: The share of all requests, drawn anew for each.
        seed: For that.
        path: Only requests for what ends with this.
        for_good: Whether every request from the first of ``at`` on fails.
    """

    kind: str = "500"
    at: frozenset[int] = frozenset()
    rate: float = 0.0
    seed: int = 1
    path: str = ""
    for_good: bool = False
    made: int = 0
    _count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        assert self.kind in KINDS
        self._random = random.Random(self.seed)

    def next(self, path: str) -> str | None:
        """How the next request fails, if it does."""
        if not path.endswith(self.path):
            return None
        with self._lock:
            number, self._count = self._count, self._count + 1
            drawn = self._random.random() < self.rate
            hit = number in self.at or drawn or (self.for_good and number >= min(self.at, default=0))
            self.made += hit
        return self.kind if hit else None
