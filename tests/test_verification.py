"""Comparing what several ways of running a workflow gave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ecoflows.verification import Found, compare
from ecoflows.verification.model import RunState


def found(state: RunState = "completed", reason: str | None = None, **digests: str) -> Found:
    return Found(state, digests, reason)


@pytest.mark.parametrize(
    ("ways", "equal"),
    [
        ({"x": found(a="1", b="2"), "y": found(a="1", b="2")}, [True, True]),
        ({"x": found(a="1", b="2"), "y": found(a="1", b="3")}, [True, False]),
        ({"x": found(a="1", b="2"), "y": found(a="1")}, [True, False]),
        ({"x": found(a="1", b="2"), "y": found("failed", a="1")}, [True, True]),
        ({"x": found(a="1", b="2"), "y": found("failed", a="9")}, [False, True]),
        ({"x": found(a="1", b="2"), "y": found("unavailable")}, [True, True]),
        ({"x": found(), "y": found()}, [True, True]),
    ],
)
def test_nodes_are_compared_by_digest(ways: Mapping[str, Found], equal: list[bool]) -> None:
    comparison = compare(["a", "b"], ways)
    assert [node.equal for node in comparison.nodes] == equal
    assert comparison.differing == tuple(name for name, same in zip("ab", equal, strict=True) if not same)


def test_the_json_names_states_nodes_and_reasons() -> None:
    ways = {"x": found(a="1"), "y": found("failed", "broke", a="2"), "z": found("unavailable", "no z here")}
    told: dict[str, Any] = compare(["a"], ways).as_json()
    assert told["targets"] == {"x": "completed", "y": "failed", "z": "unavailable"}
    assert told["nodes"] == [{"id": "a", "equal": False, "digests": {"x": "1", "y": "2"}}]
    assert told["reasons"] == {"y": "broke", "z": "no z here"}
