"""Where everything lies under the cache root.

::

    artifacts/<sha256>.<extension>            values
    results/<key>.json                        what each cache key gave
    latest/<workflow>/<instance>.json         which key a task instance had last
    runs/<workflow>/<run>/<instance>.json     what came of it in a run of several processes
    runs/<workflow>/<run>/<instance>/<n>.json     and of an element of it
"""

from __future__ import annotations

import hashlib
import json
import re

from ecoflows.errors import StoreError

ARTIFACTS = "artifacts"
RESULTS = "results"
LATEST = "latest"
RUNS = "runs"

_KEY = re.compile(r"[0-9a-f]{64}")
_RESULT_PATH = re.compile(r"results/([0-9a-f]{64})\.json")
_ELEMENT_PATH = re.compile(rf"{RUNS}/.+/(\d{{1,9}})\.json")
_READABLE = 40
_POINTER_NAME = r"[a-z0-9-]{32,73}"
_OURS = re.compile(
    rf"artifacts/[0-9a-f]{{64}}(\.[a-z0-9]+)+|results/[0-9a-f]{{64}}\.json"
    rf"|latest/{_POINTER_NAME}/{_POINTER_NAME}\.json"
    rf"|runs/{_POINTER_NAME}/{_POINTER_NAME}/{_POINTER_NAME}(/\d{{1,9}})?\.json"
    rf"|(artifacts|results|latest/{_POINTER_NAME}|runs/{_POINTER_NAME}(/{_POINTER_NAME}){{1,2}})/\.[a-z0-9.-]+\.\d+-\d+-[0-9a-f]{{16}}\.tmp"
)


def artifact_path(digest: str, extension: str) -> str:
    """The path of the artifact with a digest."""
    return f"{ARTIFACTS}/{digest}.{extension}"


def result_path(key: str) -> str:
    """The path of the result of a cache key.

    Args:
        key: The cache key.

    Raises:
        StoreError: If it is none; nothing else may become a path.
    """
    return f"{RESULTS}/{checked_key(key)}.json"


def latest_path(workflow: str, instance: str) -> str:
    """The path of the pointer to a task instance's latest result.

    Args:
        workflow: The workflow's name, any text.
        instance: The instance's id, any text.
    """
    return f"{LATEST}/{_file_name(workflow)}/{_file_name(instance)}.json"


def run_path(workflow: str, run: str, instance: str, index: int | None = None) -> str:
    """The path of what came of a task instance in one run.

    Args:
        workflow: The workflow's name, any text.
        run: The run's id, any text.
        instance: The instance's id, any text.
        index: Which element of it.
    """
    folder = elements_folder(workflow, run, instance)
    return f"{folder}.json" if index is None else f"{folder}/{index}.json"


def elements_folder(workflow: str, run: str, instance: str) -> str:
    """The folder of what came of the elements of a mapped task instance in one run.

    Args:
        workflow: The workflow's name, any text.
        run: The run's id, any text.
        instance: The instance's id, any text.
    """
    return f"{RUNS}/{_file_name(workflow)}/{_file_name(run)}/{_file_name(instance)}"


def element_index(path: str) -> int | None:
    """Which element a file in that folder is about, or ``None`` where it is about none.

    Args:
        path: The file's path under the cache root.
    """
    match = _ELEMENT_PATH.fullmatch(path)
    return int(match[1]) if match else None


def is_ours(path: str) -> bool:
    """Whether a path under the cache root has a name that only a store gives.

    A cache root may be a folder in which people keep files of their own.
    """
    return _OURS.fullmatch(path) is not None


def key_of(path: str) -> str | None:
    """The cache key whose result a path is, or ``None`` for any other path."""
    match = _RESULT_PATH.fullmatch(path)
    return match[1] if match else None


def checked_key(key: str) -> str:
    """A cache key as it is.

    Args:
        key: What should be one.

    Raises:
        StoreError: If it is not.
    """
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise StoreError(f"{key!r} is not a cache key; keys are 64 hexadecimal digits")
    return key


def pointed_key(pointer: bytes) -> str | None:
    """The cache key in a file below ``latest``, or ``None`` where the file is damaged.

    Args:
        pointer: The file's content.
    """
    try:
        return checked_key(json.loads(pointer)["key"])
    except (LookupError, TypeError, ValueError, StoreError):
        return None


def _file_name(name: str) -> str:
    # Readable as far as it goes. Distinct by its digest, because some file systems fold case,
    # forbid characters or cut names.
    readable = re.sub(r"[^a-z0-9]+", "-", name.lower())[:_READABLE].strip("-")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{readable}-{digest}".lstrip("-")
