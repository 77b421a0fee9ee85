"""What a program says of where it comes from."""

from __future__ import annotations

import hashlib
import re
from importlib.metadata import entry_points
from pathlib import PurePath

from ecoflows import __version__
from ecoflows.registry import GROUP
from ecoflows.source import Source
from ecoflows.targets.base import Compilation
from ecoflows.workflow.model import Workflow

_HEAD = 40
_LINE = re.compile(
    r"^[\W_]*Compiled by ecoflows \S+ from .+ \((?P<spec>sha256:[0-9a-f]{64})"
    r"(?P<seal>, (?P<target>[^()\n]+) (?P<text>[0-9a-f]{16}))?\)\.",
    re.MULTILINE,
)
"""The line that the head of every compiled program has: a file without it is somebody's own."""


def provenance(compilation: Compilation) -> list[str]:
    """Lines for the head of a program: versions, and the digest of what it was compiled from.

    Args:
        compilation: What it is compiled from.
    """
    workflow = compilation.workflow
    spec = PurePath(workflow.source.name).name
    packages = [f"{name} {found}" for name, found in _packages(workflow)]
    return [
        f"Compiled by ecoflows {__version__} from {spec} (sha256:{spec_digest(workflow)}).",
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


def sealed(text: str, target: str) -> str:
    """A program that says in its head of what kind it is, and what its own text was.

    Args:
        text: The program, with the lines of ``provenance`` in its head; without them it stays as it is.
        target: The target's name.
    """
    found = _line_in(text)
    if found is None or found["seal"]:
        return text
    place = found.end("spec")
    return f"{text[:place]}, {target} {_digest(text)}{text[place:]}"


def is_sealed(text: str) -> bool:
    """Whether a text has the head of a compiled program.

    Args:
        text: The text.
    """
    found = _line_in(text)
    return found is not None and bool(found["seal"])


def objection(text: str, target: str) -> str | None:
    """Why a new program may not take the place of a file, or ``None`` where it may.

    Args:
        text: The file's content.
        target: The new program's target.
    """
    found = _line_in(text)
    if found is None or not found["seal"]:
        return "is no compiled program"
    if found["target"] != target:
        return f"is a program of the target '{found['target']}'"
    if _digest(text[: found.start("seal")] + text[found.end("seal") :]) != found["text"]:
        return "was changed since it was compiled"
    return None


def _line_in(text: str) -> re.Match[str] | None:
    head = "".join(text.splitlines(keepends=True)[:_HEAD])
    return _LINE.search(head)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


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
