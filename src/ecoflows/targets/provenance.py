"""What a program says of where it comes from."""

from __future__ import annotations

import hashlib
from importlib.metadata import entry_points
from pathlib import PurePath

from ecoflows import __version__
from ecoflows.registry import GROUP
from ecoflows.source import Source
from ecoflows.targets.base import Compilation
from ecoflows.workflow.model import Workflow

MARK = "Compiled by ecoflows "
"""What the first lines of every compiled program have: a file without it is somebody's own."""


def provenance(compilation: Compilation) -> list[str]:
    """Lines for the head of a program: versions, and the digest of what it was compiled from.

    Args:
        compilation: What it is compiled from.
    """
    workflow = compilation.workflow
    spec = PurePath(workflow.source.name).name
    packages = [f"{name} {found}" for name, found in _packages(workflow)]
    return [
        f"{MARK}{__version__} from {spec} (sha256:{spec_digest(workflow)}).",
        *([f"Tasks of {', '.join(packages)}."] if packages else []),
    ]


def spec_digest(workflow: Workflow) -> str:
    """The digest of a spec and of the fragments that it uses.

    Args:
        workflow: The workflow.
    """
    digest = hashlib.sha256(workflow.source.text.encode())
    for document in _fragments(workflow.source):
        digest.update(b"\0" + document.encode())
    return digest.hexdigest()


def is_compiled(text: str) -> bool:
    """Whether a file is a compiled program, and not somebody's own.

    Args:
        text: Its content.
    """
    return MARK in "\n".join(text.splitlines()[:40])


def _fragments(source: Source) -> list[str]:
    marks = [*source.keys.values(), *source.values.values()]
    return sorted({mark.origin.document.text for mark in marks if mark.origin is not None})


def _packages(workflow: Workflow) -> list[tuple[str, str]]:
    """The packages that the tasks come from, ecoflows itself left out, with their versions."""
    modules = {node.task.module for node in workflow.nodes.values()}
    found = set()
    for point in entry_points(group=GROUP):
        inside = any(f"{module}.".startswith(f"{point.module}.") for module in modules)
        if inside and point.dist is not None and point.dist.name != "ecoflows":
            found.add((point.dist.name, point.dist.version))
    return sorted(found)
