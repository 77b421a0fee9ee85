"""The cache root: whether results can be written there and read again."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from ecoflows.doctor.model import Finding, Subject, error, ok, warning
from ecoflows.errors import EcoflowsError
from ecoflows.settings import DEFAULT_CACHE_ROOT
from ecoflows.store import Store

_NAME = "cache root"


def check_cache_root(subject: Subject) -> Iterator[Finding]:
    """Whether a file can be written to the cache root, read again and removed.

    Yields:
        One finding, and another where only this machine has the cache root.
    """
    profile = subject.environment.profile if subject.environment is not None else None
    root = (profile.cache_root if profile else None) or DEFAULT_CACHE_ROOT
    local = "://" not in root
    folder = Path(root).expanduser()
    yield _place_for(folder) if local and not folder.exists() else _probe(root)
    if subject.environment is not None and subject.environment.uses_pods and local:
        if not root.startswith("/"):
            fix = "name a place that all pods reach, such as s3://bucket/prefix"
            yield error(_NAME, f"{root} would be a folder of each pod", fix)
        else:
            fix = f"mount it with 'volumes' and 'volume_mounts' at {root}, in job_variables and in execution"
            yield warning(_NAME, f"{root} has to be a volume of all pods", fix)


def _place_for(folder: Path) -> Finding:
    """Whether a folder could be made; it is not, since this may be the wrong place to make it."""
    parent = next(found for found in folder.absolute().parents if found.exists())
    if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
        return ok(_NAME, f"{folder} can be made, when there are results")
    fix = "name a folder that you may write to, with 'cache_root' or --cache-root"
    return error(_NAME, f"{folder} cannot be made: {parent} is no folder that you may write to", fix)


def _probe(root: str) -> Finding:
    path, data = f"doctor-{secrets.token_hex(8)}.txt", secrets.token_bytes(16)
    try:
        store = Store(root)
    except EcoflowsError as failure:
        return error(_NAME, str(failure))
    try:
        store.files.write(path, data)
        found = store.files.read(path)
        store.files.delete(path)
    except EcoflowsError as failure:
        reason, _, fix = str(failure).partition("; ")
        return error(_NAME, reason.replace(f"{path} in the ", "to the "), fix or None)
    if found != data:
        return error(_NAME, f"{store.root} gives another file than was written", "is something in between?")
    return ok(_NAME, f"{store.root} can be written and read")
