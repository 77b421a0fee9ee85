"""What stands for values is not taken for the values, and says how to get these."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecoflows.errors import ProblemError
from map_tasks import keys_and_tables, numbers, square, total
from scripting_runs import Recording


@pytest.fixture
def run(tmp_path: Path) -> Recording:
    return Recording(tmp_path)


@pytest.mark.parametrize(
    ("use", "told"),
    [
        (len, "it has no length"),
        (list, "it cannot be gone over"),
        (lambda found: found[0], "it has no parts"),
        (lambda found: 1 in found, "nothing can be looked for in it"),
        (lambda found: found.head(), "it has no 'head'"),
    ],
    ids=["len", "iter", "getitem", "in", "attribute"],
)
def test_what_a_step_returned_is_not_its_value(run: Recording, use: Callable[[Any], Any], told: str) -> None:
    found = run.step("n", numbers)(count=2)
    with pytest.raises(ProblemError) as raised:
        use(found)
    (problem,) = raised.value.problems
    assert problem.message == f"'n' is what a step returned, not the value itself: {told}"
    assert problem.hint is not None
    assert "take its .value" in problem.hint
    assert found
    assert not hasattr(found, "_ipython_canary_method")
    assert hasattr(found, "head") is False


def test_a_pair_is_one_element_with_a_key(run: Recording) -> None:
    pairs = run.step("pairs", keys_and_tables)()
    step = run.mapped("m", total, argnames=["df"])
    with pytest.raises(ProblemError, match=r"'m\[a\]' is one element, not the value itself") as raised:
        [step(df=table) for _key, table in step.over_values(pairs)]
    assert "the key of a pair is its .key" in str(raised.value)
    step = run.mapped("n", total, argnames=["df"])
    seen = []
    found = step.collect([step(df=one) for one in step.over_values(pairs) if not seen.append(one.key)])
    assert seen == ["a", "b"]
    assert {key: one.value for key, one in found.elements.items()} == {"a": 3, "b": 5}
    assert "what an element gave: .elements[KEY]" in _problem(lambda: found["a"])


def test_elements_without_keys_go_by_their_places(run: Recording) -> None:
    step = run.mapped("m", square, argnames=["x"])
    found = step.collect([step(x=one) for one in step.over([3, 4]) if one.key is None])
    assert {key: one.value for key, one in found.elements.items()} == {"0": 9, "1": 16}
    assert run.step("n", numbers)(count=1).elements == {}


def _problem(use: Callable[[], Any]) -> str:
    with pytest.raises(ProblemError) as raised:
        use()
    return str(raised.value)
