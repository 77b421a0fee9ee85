"""A folder of fragments and a spec that uses them, for the tests of fragments."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import sample_tasks
from ecoflows.errors import Problem, ProblemError, Related
from ecoflows.source import Source, flow_text, load
from ecoflows.spec import from_source
from ecoflows.spec.fragments import expanded
from ecoflows.workflow.resolve import resolve
from support import registry_of


@dataclass
class FragmentSpecs:
    """Writes fragments and expands workflows that use them.

    Attributes:
        folder: Where the spec stands.
        packages: The packages that bring fragments; ``None`` are those that are installed.
    """

    folder: Path
    packages: Mapping[str, tuple[Path, ...]] | None = field(default_factory=dict)

    def write(self, path: str, text: str) -> Path:
        """Write a file."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return file

    def fragment(self, name: str, text: str) -> None:
        """Write a fragment into ``fragments/``; its text starts behind the name."""
        self.write(f"fragments/{name}.yaml", f"fragment: {name}\n{textwrap.dedent(text).strip()}\n")

    def expand(self, workflow: str) -> tuple[Source, list[Problem]]:
        """Expand a spec with the entries of a workflow; they start in its third line."""
        text = textwrap.indent(textwrap.dedent(workflow).strip(), "  ")
        return expanded(load(self.write("spec.yaml", f"name: test\nworkflow:\n{text}\n")), self.packages)

    def entries(self, workflow: str) -> list[Any]:
        """What a workflow without problems expands to."""
        source, problems = self.expand(workflow)
        assert problems == []
        entries: list[Any] = source.data["workflow"]
        return entries

    def given(self, name: str, **values: Any) -> list[Any]:
        """What a use of a fragment with some values expands to."""
        return self.entries(f"- {flow_text({'id': 'u', 'use': {'fragment': name, 'with': values}})}")

    def problems(self, workflow: str) -> list[Problem]:
        """The problems of expanding a workflow, which has some."""
        try:
            found = self.expand(workflow)[1]
        except ProblemError as error:
            found = list(error.problems)
        assert found
        return found

    def codes(self, workflow: str) -> list[str]:
        """The codes of the problems of expanding a workflow."""
        return [problem.code for problem in self.problems(workflow)]

    def resolved(self, workflow: str) -> list[Problem]:
        """The problems of a workflow that expands without any."""
        source, problems = self.expand(workflow)
        assert problems == []
        with pytest.raises(ProblemError) as raised:
            resolve(from_source(source), registry_of(sample_tasks))
        return list(raised.value.problems)

    def at(self, place: Problem | Related) -> str:
        """Where a place is: ``file:line`` from the folder on, and the word that stands there."""
        assert place.file is not None
        assert place.line is not None
        assert place.col is not None
        line = Path(place.file).read_text(encoding="utf-8").splitlines()[place.line - 1]
        if isinstance(place, Problem):
            assert place.excerpt == line
        word = re.split(r"[,\]} :]", line[place.col - 1 :])[0]
        return f"{place.file.removeprefix(f'{self.folder}/')}:{place.line} {word}"

    def related(self, problem: Problem) -> list[str]:
        """What a problem has to do with, and where that is."""
        return [f"{one.message} {self.at(one)}" for one in problem.related]
