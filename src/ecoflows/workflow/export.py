"""Copies of a run's last results under names that people know."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from ecoflows.errors import EcoflowsError
from ecoflows.store import Artifact, Store
from ecoflows.workflow.execution import Run
from ecoflows.workflow.outcome import Outcome, State
from ecoflows.workflow.report import Report

_NOTES = ".ecoflows-outputs.json"
"""Names the files of the last export to a folder."""


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
    """Copy the results that no other task takes; see ``export_outcomes``.

    Args:
        run: The run.
        report: What became of it.
        target: The folder.

    Returns:
        The path of each copy, or of each folder of copies, by instance id.

    Raises:
        EcoflowsError: If one cannot be written.
    """
    return export_outcomes({name: report.outcomes[name] for name in run.workflow.outputs}, run.store, target)


def export_outcomes(outcomes: Mapping[str, Outcome], store: Store, target: Path) -> dict[str, str]:
    """Copy results under names that people know.

    What an instance that is mapped gave becomes a folder with a file per element, named by its key.
    Files of an earlier export that have no result any more are removed. What was made of packaged
    examples is ``<name>.mock.<extension>``, beside what is real.

    Args:
        outcomes: What became of each, by what it is called.
        store: Where the results are.
        target: The folder.

    Returns:
        The path of each copy, or of each folder of copies, by what it is called.

    Raises:
        EcoflowsError: If one cannot be written.
    """
    names = _file_names(tuple(outcomes))
    before = _noted(target)
    paths, files = {}, {}
    for name, outcome in outcomes.items():
        if outcome.state in (State.FAILED, State.NOT_RUN):
            files[name] = before.get(name, [])  # what an earlier run gave is the latest there is
            continue
        written = list(_copies(store, outcome, target, names[name]))
        mock = outcome.artifact is not None and outcome.artifact.mock
        if mock:
            files[name] = before.get(name, [])  # what is made of examples takes nothing real away
        elif f"mock:{name}" in before:
            files[f"mock:{name}"] = []
        key = f"mock:{name}" if mock else name
        files[key] = [file.relative_to(target).as_posix() for file in written]
        if written:
            paths[name] = str(written[0] if outcome.elements is None else target / names[name])
    kept = {file for found in files.values() for file in found}
    for file in {file for found in before.values() for file in found} - kept:
        (target / file).unlink(missing_ok=True)
    _write(target / _NOTES, json.dumps({**before, **files}, indent=1).encode())
    return paths


def _copies(store: Store, outcome: Outcome, target: Path, name: str) -> Iterator[Path]:
    """Write the files of one instance."""
    if outcome.result is None:
        return
    if outcome.elements is None:
        yield _copy(store, outcome.result.artifact, target / name)
        return
    folder = make_folder(str(target / name))
    found: dict[str, Artifact] = {}
    for element in outcome.elements:
        if element.result is not None:
            label = element.id[len(outcome.id) + 1 : -1]
            place = label if label not in found else f"{label} {len(found)}"
            found[place] = element.result.artifact
    files = _file_names(tuple(found))
    for place, artifact in found.items():
        yield _copy(store, artifact, folder / files[place])


def _noted(target: Path) -> dict[str, list[str]]:
    """The files that earlier exports wrote to a folder, by instance, as far as they are inside it."""
    try:
        notes = json.loads((target / _NOTES).read_text())
        return {
            str(name): [file for file in files if ".." not in file and not file.startswith("/")]
            for name, files in notes.items()
        }
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _copy(store: Store, artifact: Artifact, stem: Path) -> Path:
    mark = ".mock" if artifact.mock else ""
    file = stem.with_name(f"{stem.name}{mark}.{artifact.path.rpartition('.')[2]}")
    _write(file, store.read_bytes(artifact))
    return file


def _write(file: Path, data: bytes) -> None:
    temporary = file.with_name(f".{file.name}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(file)
    except OSError as error:
        raise EcoflowsError(f"{file} cannot be written: {error.strerror}") from error


def _file_names(ids: tuple[str, ...]) -> dict[str, str]:
    """A file name for each id; ids that a file system could not tell apart get a digest."""
    plain = {name: re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:100] for name in ids}
    folded = Counter(name.casefold() for name in plain.values())
    return {
        name: readable
        if readable and folded[readable.casefold()] == 1
        else f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        for name, readable in plain.items()
    }
