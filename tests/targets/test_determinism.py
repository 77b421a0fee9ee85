"""The same input gives the same text, in every process."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import ecoflows, write_package

TASKS = '''
from typing import Annotated

from pydantic import BaseModel, Field

from ecoflows.decorators import distributed


class Style(BaseModel):
    colors: set[str] = {"red", "green", "blue", "white"}
    pairs: frozenset[tuple[int, str]] = frozenset([(1, "a"), (2, "b"), (3, "c")])


@distributed
def paint(
    names: set[str] = {"lion", "zebra", "elephant", "rhino", "giraffe"},
    nested: list[set[str]] = [{"a", "b", "c", "d"}],
    by_name: dict[str, frozenset[str]] = {"x": frozenset({"p", "q", "r", "s"})},
    style: Style = Style(),
    given: Annotated[set[str], Field(description="Some names.")] = {"u", "v", "w"},
) -> int:
    """Paint."""
    return len(names)
'''
SPEC = "name: sets\nworkflow:\n  - {id: paint, task: paint}\n"


@pytest.mark.parametrize(
    "words",
    [
        ("compile", "spec.yaml", "--target", "airflow", "--operator", "bash"),
        ("compile", "spec.yaml", "--target", "script"),
        ("compile", "spec.yaml", "--target", "notebook"),
        ("get-params", "spec.yaml", "--format", "json"),
        ("get-params", "spec.yaml"),
    ],
    ids=["airflow", "script", "notebook", "schema", "form"],
)
def test_sets_have_an_order(tmp_path: Path, words: tuple[str, ...]) -> None:
    package = write_package(tmp_path / "packages", "unordered", {"tasks.py": TASKS})
    (tmp_path / "spec.yaml").write_text(SPEC)
    texts = set()
    for seed in ("1", "2", "3"):
        done = ecoflows(*words, cwd=tmp_path, path=package, PYTHONHASHSEED=seed)
        assert done.returncode == 0, done.stderr
        texts.add(done.stdout)
    assert "zebra" in texts.copy().pop()
    assert len(texts) == 1
