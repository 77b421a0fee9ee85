"""What a check looks at, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ecoflows.deployments.profiles import Profile
from ecoflows.source import Source


class Health(Enum):
    """How well something is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """What a check has found.

    Attributes:
        name: What was checked.
        health: How well it is.
        found: What was found, in a sentence.
        fix: What to do about it, where it is not well.
    """

    name: str
    health: Health
    found: str
    fix: str | None = None

    def as_json(self) -> dict[str, str | None]:
        """The finding as the command line's JSON shows it."""
        return {"name": self.name, "state": self.health.value, "found": self.found, "fix": self.fix}


@dataclass(frozen=True)
class Environment:
    """The profile whose environment is checked.

    Attributes:
        profile: The profile.
        source: Where everything in it stands.
        out: The folder of the deployments.
    """

    profile: Profile
    source: Source
    out: Path

    @property
    def uses_pods(self) -> bool:
        """Whether flows or their task instances run in pods."""
        return self.profile.type == "kubernetes" or self.profile.execution.mode == "pod"


@dataclass(frozen=True)
class Subject:
    """What is checked.

    Attributes:
        environment: A profile's environment; without one, what any run on this machine needs.
    """

    environment: Environment | None = None


Check = Callable[[Subject], Iterable[Finding]]
"""Finds out about one thing; an exception costs what it has not found out yet, and no other check."""


def ok(name: str, found: str) -> Finding:
    """A finding that all is well."""
    return Finding(name, Health.OK, found)


def warning(name: str, found: str, fix: str | None = None) -> Finding:
    """A finding of what may be wrong."""
    return Finding(name, Health.WARNING, found, fix)


def error(name: str, found: str, fix: str | None = None) -> Finding:
    """A finding of what is wrong."""
    return Finding(name, Health.ERROR, found, fix)


def skipped(name: str, found: str, fix: str | None = None) -> Finding:
    """A finding that something could not be checked, or that there is nothing to check."""
    return Finding(name, Health.SKIPPED, found, fix)


def attempted(name: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """What is found; where that fails, the failure is the last finding.

    Args:
        name: What is checked.
        findings: The findings, which a check makes on the way.
    """
    try:
        yield from findings
    except Exception as failure:  # noqa: BLE001  # whatever stands in a check's way is a finding
        text = " ".join(str(failure).split())[:500]
        yield error(name, f"cannot be checked: {type(failure).__name__}{f': {text}' if text else ''}")
