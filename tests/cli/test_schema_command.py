"""``ecoflows schema``, as its user sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import map_tasks
import sample_tasks
from answer import Answer
from ecoflows.registry import Broken, Registry
from ecoflows.workflow.spec_schema import spec_schema
from support import ROOT, ecoflows, registry_of

Command = Callable[..., Answer]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which commands run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_to_the_terminal(command: Command) -> None:
    answer = command("schema", "spec")
    assert (answer.code, answer.err) == (0, "")
    assert json.loads(answer.out) == spec_schema(registry_of(sample_tasks, map_tasks))
    assert answer.out.endswith("}\n")


def test_to_a_file(folder: Path, command: Command) -> None:
    out = command("schema", "spec").out
    assert command("schema", "spec", "--outpath", "x.json") == Answer(0, "", "wrote x.json\n")
    assert (folder / "x.json").read_text(encoding="utf-8") == out
    assert [file.name for file in folder.iterdir()] == ["x.json"]


def test_an_existing_file_is_overwritten_by_force_only(folder: Path, command: Command) -> None:
    (folder / "x.json").write_text("mine")
    answer = command("schema", "spec", "--outpath", "x.json")
    assert answer == Answer(1, "", "error: x.json exists; --force overwrites it\n")
    assert (folder / "x.json").read_text() == "mine"
    assert command("schema", "spec", "--outpath", "x.json", "--force").code == 0
    assert json.loads((folder / "x.json").read_text())["title"] == "ecoflows spec"


def test_a_file_that_cannot_be_written(folder: Path, command: Command) -> None:
    (folder / "no").touch()
    answer = command("schema", "spec", "--outpath", "no/x.json")
    assert answer == Answer(1, "", "error: no/x.json cannot be written: no is no folder\n")


def test_what_is_not_in_the_schema_is_told(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Registry([], [Broken("wild", "wild.tasks", "no", "")])
    monkeypatch.setattr("ecoflows.registry.installed", lambda: broken)
    answer = command("schema", "spec")
    assert answer.code == 0
    assert json.loads(answer.out) == spec_schema(Registry([]))
    assert answer.err == (
        "warning: wild: wild.tasks cannot be imported, its tasks are not in the schema "
        "('ecoflows tasks --broken' says why)\n"
    )


@pytest.mark.parametrize("arguments", [["spec.yaml"], ["--spec", "spec.yaml"]])
def test_params_is_get_params_as_json(folder: Path, command: Command, arguments: list[str]) -> None:
    (folder / "spec.yaml").write_text("name: x\ntasks: {numbers: {}}\n")
    expected = command("get-params", "spec.yaml", "--format", "json")
    assert command("schema", "params", *arguments) == expected
    assert json.loads(expected.out)["title"] == "x"
    answer = command("schema", "params", "spec.yaml", "--outpath", "x.json")
    assert answer == Answer(0, "", "wrote x.json\n")
    assert (folder / "x.json").read_text() == expected.out


def test_in_a_process_of_its_own_no_engine_is_needed(tmp_path: Path) -> None:
    done = ecoflows("schema", "spec", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "arguments.calculate_time_density" in json.loads(done.stdout)["$defs"]


def test_the_readme_says_how_to_switch_it_on() -> None:
    text = (ROOT / "README.md").read_text()
    assert "ecoflows schema spec --outpath .ecoflows/spec.schema.json --force" in text
    assert "# yaml-language-server: $schema=../.ecoflows/spec.schema.json" in text
