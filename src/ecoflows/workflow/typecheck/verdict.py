"""What can be said of an edge before it carries anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Whether whatever a producer may give is what a consumer takes.

    Proved: every value that keeps the producer's promise is taken. Refuted: none is, tables
    without rows and lists without elements aside. Unknown: it depends on the value, and is checked
    when it is there.
    """

    PROVED = "proved"
    UNKNOWN = "unknown"
    REFUTED = "refuted"


@dataclass(frozen=True)
class Finding:
    """What was found of one requirement.

    Attributes:
        verdict: The verdict.
        reason: Why, in a sentence.
        column: The column that it is about, if it is about one.
    """

    verdict: Verdict
    reason: str
    column: str | None = None


def overall(findings: Iterable[Finding]) -> Verdict:
    """The verdict on the whole: one refuted requirement refutes it, all must be proved.

    Args:
        findings: What was found of each requirement.
    """
    verdicts = {finding.verdict for finding in findings}
    for verdict in (Verdict.REFUTED, Verdict.UNKNOWN):
        if verdict in verdicts:
            return verdict
    return Verdict.PROVED
