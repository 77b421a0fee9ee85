"""Copies of a run's last results under names that people know."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from ecoflows.errors import EcoflowsError
from ecoflows.store import Artifact
from ecoflows.workflow.execution import Run
from ecoflows.workflow.report import Report


def make_folder(folder: str) -> Path:
    """The folder for the copies; made before a run, so that a long one is not for nothing.

    Raises:
        EcoflowsError: If it cannot be made.
    """
    target = Path(folder).expanduser()
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EcoflowsError(
            f"the folder {folder} for the outputs cannot be made: {error.strerror}"
        ) from error
    return target


def export(run: Run, report: Report, target: Path) -> dict[str, str]:
    """Copy the results that no other task takes.

    What an instance that is mapped gave becomes a folder with a file per element, named by its key.

    Args:
        run: The run.
        report: What became of it.
        target: The folder.

    Returns:
        The path of each copy, or of each folder of copies, by instance id.

    Raises:
        EcoflowsError: If one cannot be written.
    """
    names = _file_names(run.workflow.outputs)
    paths = {}
    for name in run.workflow.outputs:
        outcome = report.outcomes[name]
        if outcome.result is None:
            continue
        if outcome.elements is None:
            paths[name] = str(_copy(run, outcome.result.artifact, target / names[name]))
            continue
        folder = make_folder(str(target / names[name]))
        found = {f"{index} {one.id}": one for index, one in enumerate(outcome.elements) if one.result}
        files = _file_names(tuple(found), {place: one.id[len(name) + 1 : -1] for place, one in found.items()})
        for place, one in found.items():
            if one.result is not None:
                _copy(run, one.result.artifact, folder / files[place])
        paths[name] = str(folder)
    return paths


def _copy(run: Run, artifact: Artifact, stem: Path) -> Path:
    file = stem.with_name(f"{stem.name}.{artifact.path.rpartition('.')[2]}")
    temporary = file.with_name(f".{file.name}.tmp")
    try:
        temporary.write_bytes(run.store.read_bytes(artifact))
        temporary.replace(file)
    except OSError as error:
        raise EcoflowsError(f"{file} cannot be written: {error.strerror}") from error
    return file


def _file_names(ids: tuple[str, ...], shown: Mapping[str, str] | None = None) -> dict[str, str]:
    """A file name for each id; ids that a file system could not tell apart get a digest.

    Args:
        ids: The ids.
        shown: What the names are made of, where that is not the ids themselves.
    """
    plain = {
        name: re.sub(r"[^A-Za-z0-9._-]", "_", (shown or {}).get(name, name)).lstrip(".")[:100] for name in ids
    }
    folded = Counter(name.casefold() for name in plain.values())
    return {
        name: readable
        if readable and folded[readable.casefold()] == 1
        else f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        for name, readable in plain.items()
    }
