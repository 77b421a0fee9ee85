"""Keeping a cache root in order: check everything in it, and remove what nothing refers to.

Both work on a root that others use at the same time. A run writes an artifact first and the
result that refers to it afterwards; that is why nothing young is ever removed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ecoflows.errors import CorruptArtifactError
from ecoflows.store.files import FileEntry
from ecoflows.store.layout import ARTIFACTS, LATEST, RESULTS, RUNS, is_ours, key_of, pointed_key
from ecoflows.store.local_files import TEMPORARY_SUFFIX
from ecoflows.store.model import Artifact, Result
from ecoflows.store.store import Store

_RUNS_LAST = timedelta(days=30)
"""How long the notes of a run are kept where nothing else is said."""


@dataclass(frozen=True)
class Finding:
    """Something under the cache root that is not as it should be.

    Attributes:
        path: The file, relative to the cache root.
        message: What is wrong with it.
        key: The cache key that is affected, if one is.
    """

    path: str
    message: str
    key: str | None = None


@dataclass
class GarbageReport:
    """What a garbage collection removed, or would remove.

    Attributes:
        dry_run: Whether everything was left in place.
        temporary: Files that a killed process left behind.
        results: Results that are too old or cannot be read.
        artifacts: Artifacts that no result refers to.
        latest: Pointers to results that are gone.
        runs: Notes of runs that are long over.
        bytes: The size of all those files.
    """

    dry_run: bool
    temporary: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    artifacts: list[str] = field(default_factory=list)
    latest: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    bytes: int = 0


def verify_all(store: Store) -> list[Finding]:
    """Check every result and every artifact under the cache root.

    Args:
        store: The store.

    Returns:
        What is wrong, by result first; empty where all is well.
    """
    findings: list[Finding] = []
    checked: dict[str, str | None] = {}
    for entry in _settled(_ours(store, RESULTS)):
        key = key_of(entry.path)
        result = store.find_result(key) if key else None
        if result is None:
            findings.append(Finding(entry.path, "is not a result that can be read", key))
        else:
            findings += _check(store, result.artifact, result.key, checked)
    for entry in _settled(_ours(store, ARTIFACTS)):
        if entry.path not in checked and not _keeps_digest(store, entry.path):
            findings.append(Finding(entry.path, "has another content than its name says"))
    return findings


def collect_garbage(
    store: Store,
    *,
    older_than: timedelta | None = None,
    grace: timedelta = timedelta(hours=1),
    dry_run: bool = False,
) -> GarbageReport:
    """Remove what no result refers to any more, and on request old results first.

    Args:
        store: The store.
        older_than: Also remove results that were neither computed nor the latest of a task
            instance in a run within this time.
        grace: Leave everything alone that was written within this time. It should be longer than
            the longest task instance takes, so that a run at work loses nothing.
        dry_run: Only say what would be removed.

    Returns:
        What was removed.
    """
    now = datetime.now(UTC)
    report = GarbageReport(dry_run)
    # Artifacts are listed before results: what a result refers to that appears meanwhile is
    # either among these and then kept, or not among these at all.
    artifacts = list(_ours(store, ARTIFACTS))
    kept = _sweep_results(store, report, now, older_than, grace)
    needed = _needed(store, kept.values())
    for entry in artifacts:
        if entry.path.endswith(TEMPORARY_SUFFIX):
            _remove(store, entry, report.temporary, report, now - grace)
        elif entry.path not in needed:
            _remove(store, entry, report.artifacts, report, now - grace)
    _sweep_latest(store, report, set(kept), now - grace)
    over = now - max(grace, older_than if older_than is not None else _RUNS_LAST)
    for entry in list(_ours(store, RUNS)):
        _remove(store, entry, report.runs, report, over)
    return report


def _sweep_results(
    store: Store, report: GarbageReport, now: datetime, older_than: timedelta | None, grace: timedelta
) -> dict[str, Result]:
    kept: dict[str, Result] = {}
    used = _used_since(store, now - older_than) if older_than is not None else set()
    for entry in list(_ours(store, RESULTS)):
        if entry.path.endswith(TEMPORARY_SUFFIX):
            _remove(store, entry, report.temporary, report, now - grace)
            continue
        key = key_of(entry.path)
        result = store.find_result(key) if key else None
        expired = result is not None and older_than is not None and result.created < now - older_than
        expired = expired and key not in used
        removed = (result is None or expired) and _remove(store, entry, report.results, report, now - grace)
        if result is not None and not removed:
            kept[result.key] = result
    return kept


def _used_since(store: Store, before: datetime) -> set[str]:
    """The keys that a run gave or found since a moment: it may still need what they name."""
    entries = (entry for entry in _ours(store, LATEST) if entry.modified and entry.modified >= before)
    keys = {key for entry in entries if (key := pointed_key(store.files.read(entry.path) or b""))}
    results = [result for key in keys if (result := store.find_result(key))]
    return keys.union(*(result.elements or () for result in results))


def _sweep_latest(store: Store, report: GarbageReport, kept: set[str], before: datetime) -> None:
    for entry in list(_ours(store, LATEST)):
        if entry.path.endswith(TEMPORARY_SUFFIX):
            _remove(store, entry, report.temporary, report, before)
        elif pointed_key(store.files.read(entry.path) or b"") not in kept:
            _remove(store, entry, report.latest, report, before)


def _remove(
    store: Store, entry: FileEntry, removed: list[str], report: GarbageReport, before: datetime
) -> bool:
    # Looked at again: a run may have written the same content anew since the listing.
    current = store.files.find(entry.path)
    if current is None or current.modified is None or current.modified >= before:
        return False
    if not report.dry_run:
        store.files.delete(entry.path)
    removed.append(entry.path)
    report.bytes += current.size
    return True


def _needed(store: Store, results: Iterable[Result]) -> set[str]:
    needed: set[str] = set()
    pending = [result.artifact for result in results]
    while pending:
        artifact = pending.pop()
        if artifact.path in needed:
            continue
        needed.add(artifact.path)
        try:
            pending += store.parts(artifact)
        except CorruptArtifactError:
            continue  # it will be made again, and its parts with it
    return needed


def _check(store: Store, artifact: Artifact, key: str, checked: dict[str, str | None]) -> list[Finding]:
    if artifact.path not in checked:
        checked[artifact.path] = _damage(store, artifact)
    damage = checked[artifact.path]
    if damage is not None:
        return [Finding(artifact.path, damage, key)]
    return [finding for part in store.parts(artifact) for finding in _check(store, part, key, checked)]


def _damage(store: Store, artifact: Artifact) -> str | None:
    try:
        store.read_bytes(artifact)
    except CorruptArtifactError as error:
        return str(error)
    return None


def _keeps_digest(store: Store, path: str) -> bool:
    data = store.files.read(path)
    if data is None:  # removed by somebody else meanwhile
        return True
    digest = path.rpartition("/")[2].partition(".")[0]
    return hashlib.sha256(data).hexdigest() == digest


def _ours(store: Store, folder: str) -> Iterator[FileEntry]:
    """The files below a folder that a store wrote; people's own are not looked at."""
    return (entry for entry in store.files.walk(folder) if is_ours(entry.path))


def _settled(entries: Iterable[FileEntry]) -> list[FileEntry]:
    return [entry for entry in entries if not entry.path.endswith(TEMPORARY_SUFFIX)]
