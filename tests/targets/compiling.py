"""What tests of several targets share: workflows that are compiled, golden files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import map_tasks
from ecoflows import registry, spec
from ecoflows.targets import Compilation, Target
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.resolve import resolve
from support import ROOT, registry_of

HOSTILE = Path(__file__).parent / "hostile.yaml"
GOLDEN = Path(__file__).parent / "golden"
SPECS = [*sorted(file for file in (ROOT / "specs").glob("*.yaml") if ".params" not in file.name), HOSTILE]


def workflow_in(file: Path) -> Workflow:
    """The workflow of a spec, of the installed tasks or, of the hostile one, those of the tests."""
    known = registry_of(map_tasks) if file == HOSTILE else registry.installed()
    workflow, _warnings = resolve(spec.load(file), known)
    return workflow


def compiled(
    target: Target, workflow: Workflow, given: Mapping[str, Mapping[str, Any]] | None = None, **options: str
) -> str:
    """The text of a program."""
    return target.render(Compilation(workflow, given or {}, workflow.cache_root or "cache", options))


def without_versions(text: str) -> str:
    """A program's text without what differs between versions of ecoflows and edits of a spec."""
    text = re.sub(r"Compiled by ecoflows \S+ from (\S+) \(sha256:[0-9a-f]{64}\)", r"Compiled from \1", text)
    return re.sub(r"^(# )?Tasks of .*\n(#\n|(?=\n))?", "", text, flags=re.MULTILINE)


def check_golden(text: str, name: str) -> None:
    """Compare a program with the file that was read and found good."""
    file = GOLDEN / name
    if os.environ.get("UPDATE_EXPECTED"):
        file.write_text(without_versions(text), encoding="utf-8")
    assert without_versions(text) == file.read_text(encoding="utf-8")


def lint(text: str) -> str:
    """What the linter finds under its usual rules, in a folder of nobody's sources."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--output-format=concise", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return done.stdout.replace("All checks passed!\n", "") + done.stderr
