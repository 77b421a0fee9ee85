"""A corpus of edges: the verdict on each, its exact reason, and what a run makes of it.

Each file in ``tests/edges`` begins with ``# expect: VERDICT``, ``# reason: TEXT`` and, where the edge
is not the one that ends at the last instance, ``# edge: ID.ARG``.
``UPDATE_EXPECTED=1 pytest tests/workflow/typecheck/test_edge_corpus.py`` writes the reasons anew;
read every change.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import edge_tasks
from ecoflows.registry import Registry
from ecoflows.sequential import run_sequential
from ecoflows.store import Store
from ecoflows.workflow.execution import Run, select
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.outcome import State
from ecoflows.workflow.typecheck import EdgeVerdict, check_edges
from support import registry_of, workflow_of

EDGES = Path(__file__).parents[2] / "edges"
NAMES = sorted(file.stem for file in EDGES.glob("*.yaml"))


@cache
def registry() -> Registry:
    return registry_of(edge_tasks)


def expected(name: str) -> dict[str, str]:
    """What the comments at the start of a file say."""
    text = (EDGES / f"{name}.yaml").read_text(encoding="utf-8")
    return dict(re.findall(r"^# (expect|reason|edge): (.*)$", text, re.MULTILINE))


def edge_of(name: str) -> tuple[Workflow, EdgeVerdict]:
    """The workflow of a file, and the edge that it is about."""
    workflow = workflow_of((EDGES / f"{name}.yaml").read_text(encoding="utf-8"), registry())
    target, _, argument = expected(name).get("edge", f"{list(workflow.nodes)[-1]}.").partition(".")
    found = [
        edge for edge in check_edges(workflow) if edge.target == target and argument in ("", edge.argument)
    ]
    assert len(found) == 1
    return workflow, found[0]


@pytest.mark.parametrize("name", NAMES)
def test_verdict_and_reason(name: str) -> None:
    _workflow, edge = edge_of(name)
    assert edge.verdict == expected(name)["expect"], edge.reason
    if os.environ.get("UPDATE_EXPECTED"):
        file = EDGES / f"{name}.yaml"
        text = file.read_text(encoding="utf-8")
        file.write_text(
            re.sub(r"^# reason: .*$", lambda _found: f"# reason: {edge.reason}", text, flags=re.MULTILINE),
            encoding="utf-8",
        )
    assert edge.reason == expected(name)["reason"]


@pytest.mark.parametrize("name", [name for name in NAMES if expected(name)["expect"] != "unknown"])
def test_a_run_agrees(name: str, tmp_path: Path) -> None:
    workflow, edge = edge_of(name)
    outcomes = run_sequential(Run(workflow, Store(str(tmp_path)), select(workflow))).outcomes
    others = {node: outcome.error for node, outcome in outcomes.items() if node != edge.target}
    assert not any(others.values()), others
    outcome = outcomes[edge.target]
    if expected(name)["expect"] == "proved":
        assert outcome.state is State.COMPLETED, outcome.error
        return
    assert outcome.state is State.FAILED
    told = str(outcome.error)
    assert f"the argument '{edge.argument}'" in told, told


def test_the_corpus_is_large() -> None:
    counts = Counter(expected(name)["expect"] for name in NAMES)
    assert counts.total() >= 60
    assert all(counts[verdict] >= 15 for verdict in ("proved", "refuted", "unknown"))
