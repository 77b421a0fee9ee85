"""Copies of a run's last results under names that people know."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from ecoflows.errors import EcoflowsError
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

    Args:
        run: The run.
        report: What became of it.
        target: The folder.

    Returns:
        The path of each copy by instance id.

    Raises:
        EcoflowsError: If one cannot be written.
    """
    names = _file_names(run.workflow.outputs)
    paths = {}
    for name in run.workflow.outputs:
        result = report.outcomes[name].result
        if result is None:
            continue
        file = target / f"{names[name]}.{result.artifact.path.rpartition('.')[2]}"
        temporary = file.with_name(f".{file.name}.tmp")
        try:
            temporary.write_bytes(run.store.read_bytes(result.artifact))
            temporary.replace(file)
        except OSError as error:
            raise EcoflowsError(f"{file} cannot be written: {error.strerror}") from error
        paths[name] = str(file)
    return paths


def _file_names(ids: tuple[str, ...]) -> dict[str, str]:
    """A file name for each id; ids that a file system could not tell apart get a digest."""
    plain = {name: re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:100] for name in ids}
    folded = [name.casefold() for name in plain.values()]
    return {
        name: readable
        if readable and folded.count(readable.casefold()) == 1
        else f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        for name, readable in plain.items()
    }
