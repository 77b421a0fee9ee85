"""The specs that a command line names, resolved."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ecoflows import registry
from ecoflows import spec as specs
from ecoflows.errors import EcoflowsError, Problem, ProblemError
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.resolve import resolve

_PARAMS = (".params.yaml", ".params.yml")


@dataclass(frozen=True)
class Found:
    """A spec that was found.

    Attributes:
        path: Its file.
        workflow: What it says, its parameters open.
    """

    path: Path
    workflow: Workflow


def spec_files(names: Sequence[str]) -> tuple[list[Path], list[Path]]:
    """The files that names and patterns stand for.

    Args:
        names: Paths, or patterns such as ``specs/*.yaml``.

    Returns:
        The specs, each once, and the params files beside them, which are left out.

    Raises:
        EcoflowsError: If a pattern fits nothing.
    """
    found: dict[Path, None] = {}
    for name in names:
        if Path(name).exists() or not glob.has_magic(name):
            found[Path(name)] = None
            continue
        # A pattern of ** also fits what lies in folders below.
        fitting = sorted(glob.glob(name, recursive=True))  # noqa: PTH207  # patterns may be absolute
        if not fitting:
            raise EcoflowsError(f"no file fits '{name}'")
        found.update(dict.fromkeys(map(Path, fitting)))
    params = [path for path in found if path.name.endswith(_PARAMS)] if len(found) > 1 else []
    return [path for path in found if path not in params and not path.is_dir()], params


def load_all(paths: Sequence[Path]) -> tuple[list[Found], list[Problem], list[Problem]]:
    """Resolve specs, each whatever becomes of the others.

    Args:
        paths: Their files.

    Returns:
        Those without problems, all problems, and all warnings.
    """
    found: list[Found] = []
    problems: list[Problem] = []
    warnings: list[Problem] = []
    by_name: dict[str, Path] = {}
    for path in paths:
        try:
            workflow, told = resolve(specs.load(path), registry.installed())
        except ProblemError as error:
            problems += error.problems
            continue
        warnings += told
        if workflow.name in by_name:
            hint = f"give one of them another name; {by_name[workflow.name]} has it, too"
            message = f"two specs are named '{workflow.name}', and so would be their deployments"
            problems.append(workflow.source.problem(("name",), "duplicate-name", message, hint=hint))
            continue
        by_name[workflow.name] = path
        found.append(Found(path, workflow))
    return found, problems, warnings
