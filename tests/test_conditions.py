"""Skip conditions: the language's own, those of packages, and where they are found."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from ecoflows.conditions import BUILT_IN, Condition, condition
from ecoflows.decorators import distributed
from ecoflows.errors import TaskDefinitionError
from ecoflows.registry import Registry, UnknownConditionError, discover
from support import write_package


@dataclass(frozen=True)
class Known:
    """What a condition gets to see."""

    name: str = "x"
    skipped: bool = False
    empty: bool = False
    held: Any = None

    def value(self) -> Any:
        return self.held


@condition
def is_long(*values: Any) -> bool:
    """Skip where a text is long.

    Longer than ten characters.
    """
    return any(isinstance(value, str) and len(value) > 10 for value in values)


def test_the_language_has_three() -> None:
    assert {name: found.description for name, found in BUILT_IN.items()} == {
        "any_dependency_skipped": "Skip where a dependency was skipped.",
        "any_is_empty_df": "Skip where a dependency is a table without rows.",
        "never": "Skip in no case, also where a dependency was skipped.",
    }


@pytest.mark.parametrize(
    ("name", "dependencies", "reason"),
    [
        ("any_dependency_skipped", [Known(), Known("y", skipped=True)], "'y' was skipped"),
        ("any_dependency_skipped", [Known(empty=True)], None),
        ("any_is_empty_df", [Known(), Known("y", empty=True)], "'y' has no rows"),
        ("any_is_empty_df", [Known(skipped=True)], None),
        ("never", [Known(skipped=True), Known(empty=True)], None),
    ],
)
def test_conditions_of_the_language(name: str, dependencies: list[Known], reason: str | None) -> None:
    assert BUILT_IN[name].reason(dependencies) == reason


def test_a_condition_of_values() -> None:
    assert isinstance(is_long, Condition)
    assert (is_long.name, is_long.description) == ("is_long", "Skip where a text is long.")
    assert is_long.reason([Known(held="short"), Known(held=5)]) is None
    assert is_long.reason([Known(held="a rather long text")]) == "is_long holds"


def test_a_condition_takes_any_number_of_values() -> None:
    with pytest.raises(TaskDefinitionError, match=r"the condition 'two' takes .* \(\*values\)"):

        @condition
        def two(first: Any, second: Any) -> bool:
            """Compare."""
            return bool(first == second)

    with pytest.raises(TaskDefinitionError, match="goes on a function"):
        condition(distributed(lambda: 1))  # type: ignore[arg-type]


def test_conditions_are_found_beside_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = """
        from ecoflows.conditions import condition, Condition
        @condition
        def closed_park(*values):
            "Skip where the park is closed."
            return True
        """
    for name in ("north", "south"):
        write_package(tmp_path, name, {"tasks.py": module})
    write_package(tmp_path, "west", {"tasks.py": "from north.tasks import closed_park\n"})
    monkeypatch.syspath_prepend(str(tmp_path))
    point = [EntryPoint(name, f"{name}.tasks", "ecoflows") for name in ("north", "west")]
    found = discover(point)
    assert found.find_condition("closed_park").module == "north.tasks"
    assert found.find_condition("north.tasks.closed_park") is found.find_condition("closed_park")
    assert set(found.conditions) == {*BUILT_IN, "closed_park"}
    both = discover([*point, EntryPoint("south", "south.tasks", "ecoflows")])
    assert both.find_condition("south.tasks.closed_park").module == "south.tasks"
    with pytest.raises(UnknownConditionError, match=r"claimed by north\.tasks .* and south\.tasks") as raised:
        both.find_condition("closed_park")
    assert raised.value.hint == "write 'north.tasks.closed_park' or 'south.tasks.closed_park'"
    for name in ("north", "south", "west"):
        sys.modules.pop(f"{name}.tasks", None)


def test_a_condition_that_does_not_exist() -> None:
    with pytest.raises(UnknownConditionError, match="no skip condition 'nevr'") as raised:
        Registry([]).find_condition("nevr")
    assert raised.value.hint == "did you mean 'never'?"
