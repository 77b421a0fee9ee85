"""``prefect.yaml``: what stands in it, checked as Prefect does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecoflows import source
from ecoflows.errors import Problem, ProblemError, as_warning, did_you_mean, in_order
from ecoflows.source import DataPath, Source
from ecoflows.validation import shown

NAME = "prefect.yaml"
"""What the file is called, in the folder of the deployments."""

TOP_KEYS = ("prefect-version", "name", "build", "push", "pull", "definitions", "deployments")
"""The keys that Prefect heeds at the top, and what people keep anchors under."""

ENTRY_KEYS = (
    "name",
    "description",
    "version",
    "version_type",
    "tags",
    "entrypoint",
    "flow_name",
    "parameters",
    "enforce_parameter_schema",
    "concurrency_limit",
    "paused",
    "schedule",
    "schedules",
    "work_pool",
    "build",
    "push",
    "pull",
    "triggers",
    "sla",
)
"""The keys that Prefect heeds in a deployment; all others it ignores in silence."""

INSIDE_KEYS = {
    "work_pool": ("name", "work_queue_name", "job_variables"),
    "concurrency_limit": ("limit", "collision_strategy", "grace_period_seconds"),
    "schedules": (
        "cron",
        "interval",
        "rrule",
        "timezone",
        "anchor_date",
        "active",
        "parameters",
        "slug",
        "replaces",
        "day_or",
    ),
}
"""The keys that Prefect heeds below one of a deployment."""

_MARK = "ecoflows:"


@dataclass(frozen=True)
class Entry:
    """One deployment of the file.

    Attributes:
        name: Its name.
        data: What stands there.
        path: Where in the file.
        project: The project of the builds that made it, or ``None`` where a person did.
    """

    name: str
    data: dict[str, Any]
    path: DataPath
    project: str | None


@dataclass(frozen=True)
class PrefectFile:
    """A ``prefect.yaml`` as it was read.

    Attributes:
        source: Its data and where everything stands.
        project: What it calls itself, which marks the deployments that are built into it.
        entries: Its deployments.
        pull: The pull steps of those that have none of their own.
        warnings: What is wrong with entries that people wrote.
    """

    source: Source
    project: str | None
    entries: tuple[Entry, ...]
    pull: Any
    warnings: tuple[Problem, ...]

    def entry(self, name: str) -> Entry | None:
        """The deployment of a name, if there is one."""
        return next((found for found in self.entries if found.name == name), None)


def mark(project: str) -> str:
    """The tag of the deployments that are built for a project.

    Args:
        project: The project's name.
    """
    return f"{_MARK}{project}"


def project_of(tags: Any) -> str | None:
    """The project whose builds made a deployment with these tags.

    Args:
        tags: The tags.
    """
    if not isinstance(tags, list):
        return None
    found = (tag for tag in tags if isinstance(tag, str) and tag.startswith(_MARK))
    return next((tag.removeprefix(_MARK) for tag in found), None)


def read(path: Path) -> PrefectFile:
    """Read a ``prefect.yaml``.

    Args:
        path: The file.

    Raises:
        ProblemError: If it is none, or what was built into it has keys that Prefect would ignore.
    """
    found = source.load(path)
    data = found.data if found.data is not None else {}
    if not isinstance(data, dict):
        message = f"a {NAME} is a mapping with the key 'deployments', not {shown(data)}"
        raise ProblemError([found.problem((), "not-a-mapping", message)])
    listed = data.get("deployments") or []
    if not isinstance(listed, list):
        message = f"a list of deployments is expected, not {shown(listed)}"
        raise ProblemError([found.problem(("deployments",), "wrong-shape", message)])
    problems = [*_unknown(found, (), data, TOP_KEYS)]
    entries: list[Entry] = []
    for index, item in enumerate(listed):
        at: DataPath = ("deployments", index)
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(name, str) or not name:
            message = "a deployment is a mapping with a name, which is text"
            problems.append(found.problem(at, "wrong-shape", message))
            continue
        if any(other.name == name for other in entries):
            message = f"there is another deployment '{name}' in this file"
            problems.append(found.problem((*at, "name"), "duplicate-name", message))
        entry = Entry(name, item, at, project_of(item.get("tags")))
        entries.append(entry)
        inside = _entry_problems(found, entry)
        problems += inside if entry.project else map(as_warning, inside)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise ProblemError(in_order(problems))
    name = data.get("name")
    return PrefectFile(
        found,
        name if isinstance(name, str) and name else None,
        tuple(entries),
        data.get("pull"),
        tuple(problems),
    )


def _entry_problems(found: Source, entry: Entry) -> list[Problem]:
    problems = [*_unknown(found, entry.path, entry.data, ENTRY_KEYS)]
    for key, known in INSIDE_KEYS.items():
        value = entry.data.get(key)
        if isinstance(value, dict):
            problems += _unknown(found, (*entry.path, key), value, known)
        for index, item in enumerate(value if isinstance(value, list) else ()):
            if isinstance(item, dict):
                problems += _unknown(found, (*entry.path, key, index), item, known)
    return problems


def _unknown(found: Source, at: DataPath, data: dict[Any, Any], known: tuple[str, ...]) -> Iterator[Problem]:
    for key in data:
        if key not in known and not str(key).startswith("."):
            message = f"unknown key '{key}', which Prefect ignores in silence"
            hint = did_you_mean(str(key), known, what="known keys")
            yield found.problem((*at, key), "unknown-key", message, hint=hint, side="key")


def part(found: Source, path: DataPath, names: dict[str, str] | None = None) -> Source:
    """A mapping inside a document as one of its own, whose problems are told in their places.

    Args:
        found: The document.
        path: Where the mapping stands.
        names: Other names for its keys.
    """
    renamed = names or {}
    data = found.data
    for step in path:
        data = data[step]

    def inside(places: Any) -> Any:
        cut = {place[len(path) :]: at for place, at in places.items() if place[: len(path)] == path}
        return {
            tuple(renamed.get(key, key) for key in place[:1]) + place[1:]: at for place, at in cut.items()
        }

    whole = {renamed.get(key, key): value for key, value in (data or {}).items()}
    return Source(found.name, found.text, whole, inside(found.keys), inside(found.values))
