"""Nodes and workflows as data."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

import node_tasks
from ecoflows.runtime import Freshness, Reuse
from ecoflows.spec import CacheTtl, Options
from ecoflows.store import Artifact
from ecoflows.workflow.model import Node, Workflow
from support import registry_of, workflow_of


def diamond() -> Workflow:
    return workflow_of(
        """
        name: diamond
        workflow:
          - {id: top, task: read}
          - {id: left, task: total, partial: {table: "${{ workflow.top.return }}"}}
          - {id: right, task: count, partial: {table: "${{ workflow.top.return }}"}}
          - {id: end, task: add, partial: {numbers: ["${{ workflow.left.return }}",
             "${{ workflow.right.return }}", 1]}}
        """,
        registry_of(node_tasks),
    )


def artifact(digest: str) -> Artifact:
    return Artifact(path=f"artifacts/{digest * 64}.json", sha256=digest * 64, type="json", bytes=1)


def test_ancestors_and_descendants() -> None:
    workflow = diamond()
    assert workflow.ancestors("end") == {"left", "right", "top"}
    assert workflow.ancestors("top") == set()
    assert workflow.descendants("top") == {"left", "right", "end"}
    assert workflow.descendants("end") == set()
    assert workflow.outputs == ("end",)


def test_a_workflow_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        diamond().name = "x"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        diamond().nodes["top"].id = "x"  # type: ignore[misc]


def test_more_arguments_make_another_workflow() -> None:
    before = diamond()
    after = before.with_arguments({"top": {"path": "a"}}, {"top": {"path": "params.yaml:1:1"}})
    assert after.nodes["top"].arguments == {"path": "a"}
    assert after.nodes["top"].origins == {"path": "params.yaml:1:1"}
    assert after.nodes["top"].open == ()
    assert before.nodes["top"].open == ("path",)
    assert after.nodes["end"] == before.nodes["end"]


def test_a_call_has_artifacts_for_references() -> None:
    node = diamond().nodes["end"]
    call = node.call({"left": artifact("a"), "right": artifact("b")}, "diamond")
    assert call.arguments == {"numbers": [artifact("a"), artifact("b"), 1]}
    assert (call.workflow, call.instance, call.task) == ("diamond", "end", node_tasks.add)
    assert call.key.inputs == {"numbers[0]": "a" * 64, "numbers[1]": "b" * 64}


@pytest.mark.parametrize(
    ("cache", "task", "freshness"),
    [
        (None, node_tasks.add, Freshness(reuse=True, reason=Reuse.IO)),
        (None, node_tasks.read, Freshness(reuse=False, reason=Reuse.IO)),
        ("always", node_tasks.read, Freshness()),
        ("never", node_tasks.add, Freshness(reuse=False, reason=Reuse.NOT_ALLOWED)),
        (CacheTtl(ttl=timedelta(days=1)), node_tasks.read, Freshness(ttl=timedelta(days=1))),
    ],
)
def test_freshness(cache: Any, task: Any, freshness: Freshness) -> None:
    assert Node("a", "a", task, {}, Options(cache=cache), ()).freshness == freshness
