"""``ecoflows convert``, as its user sees it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from answer import Answer
from support import ROOT, command_environment, ecoflows

SPEC = "name: x  # é\ntasks:\n  load:\n  use: {x: load}\n"
CONVERTED = (
    "name: x  # é\nworkflow:\n  - id: load\n    task: load\n  - id: use\n    task: use\n"
    '    partial: {x: "${{ workflow.load.return }}"}\n'
)

Command = Callable[..., Answer]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which commands run, with ``spec.yaml``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.yaml").write_text(SPEC)
    return tmp_path


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


@pytest.mark.parametrize("arguments", [["spec.yaml"], ["--spec", "spec.yaml"]])
def test_to_the_terminal(folder: Path, command: Command, arguments: list[str]) -> None:
    assert command("convert", *arguments) == Answer(0, CONVERTED, "")
    assert files(folder) == ["spec.yaml"]


def test_to_a_file(folder: Path, command: Command) -> None:
    assert command("convert", "spec.yaml", "--outpath", "new.yaml") == Answer(0, "", "wrote new.yaml\n")
    assert (folder / "new.yaml").read_text() == CONVERTED
    assert files(folder) == ["new.yaml", "spec.yaml"]


def test_ends_of_lines_arrive_as_they_are(folder: Path) -> None:
    spec = folder / "windows.yaml"
    spec.write_bytes(SPEC.replace("\n", "\r\n").encode("utf-8-sig"))
    run = [sys.executable, "-m", "ecoflows", "convert", str(spec)]
    done = subprocess.run(run, capture_output=True, check=True, env=command_environment())
    assert done.stdout == CONVERTED.replace("\n", "\r\n").encode()
    subprocess.run(
        [*run, "--outpath", "new.yaml"], capture_output=True, check=True, env=command_environment()
    )
    assert (folder / "new.yaml").read_bytes() == done.stdout


def test_an_existing_file_is_overwritten_by_force_only(folder: Path, command: Command) -> None:
    (folder / "new.yaml").write_text("mine")
    answer = command("convert", "spec.yaml", "--outpath", "new.yaml")
    assert answer == Answer(1, "", "error: new.yaml exists; --force overwrites it\n")
    assert (folder / "new.yaml").read_text() == "mine"
    assert command("convert", "spec.yaml", "--outpath", "new.yaml", "--force").code == 0
    assert (folder / "new.yaml").read_text() == CONVERTED
    assert files(folder) == ["new.yaml", "spec.yaml"]


def test_in_place_through_a_link(folder: Path, command: Command) -> None:
    spec = folder / "spec.yaml"
    spec.chmod(0o640)
    (folder / "link.yaml").symlink_to("spec.yaml")
    answer = command("convert", "link.yaml", "--outpath", "link.yaml", "--force")
    assert answer == Answer(0, "", "wrote link.yaml\n")
    assert (folder / "link.yaml").is_symlink()
    assert spec.read_text() == CONVERTED
    assert stat.S_IMODE(spec.stat().st_mode) == 0o640
    again = command("convert", "spec.yaml", "--outpath", "spec.yaml", "--force")
    assert again.code == 1
    assert again.err == (
        "spec.yaml:2:1: error[already-converted]: the spec is in the instance form already\n"
        "  | workflow:\n"
        "  | ^\n"
        "  = there is nothing to convert\n"
    )
    assert spec.read_text() == CONVERTED


def test_what_cannot_be_written(folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = command("convert", "spec.yaml", "--outpath", "spec.yaml/new.yaml")
    assert answer == Answer(1, "", "error: spec.yaml/new.yaml cannot be written: spec.yaml is no folder\n")
    answer = command("convert", "spec.yaml", "--outpath", "made/here/new.yaml")
    assert answer == Answer(0, "", "wrote made/here/new.yaml\n")
    assert (folder / "made" / "here" / "new.yaml").exists()
    (folder / "folder").mkdir()
    answer = command("convert", "spec.yaml", "--outpath", "folder", "--force")
    assert answer == Answer(1, "", "error: folder is a folder\n")

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "replace", fail)
    answer = command("convert", "spec.yaml", "--outpath", "spec.yaml", "--force")
    assert answer == Answer(1, "", "error: spec.yaml cannot be written: No space left on device\n")
    assert (folder / "spec.yaml").read_text() == SPEC
    assert files(folder) == ["folder", "made", "spec.yaml"]


def test_problems_write_nothing(folder: Path, command: Command) -> None:
    answer = command("convert", "spek.yaml", "--outpath", "new.yaml")
    assert answer == Answer(
        1, "", "spek.yaml: error[no-such-file]: there is no such file\n  = did you mean 'spec.yaml'?\n"
    )
    (folder / "spec.yaml").write_text("name: x\ntasks:\n  a: [\n")
    answer = command("convert", "spec.yaml", "--outpath", "new.yaml")
    assert (answer.code, answer.out) == (1, "")
    assert "error[yaml-syntax]" in answer.err
    assert files(folder) == ["spec.yaml"]
    answer = command("convert")
    assert (answer.code, answer.out) == (2, "")
    assert "name a spec" in answer.err


def test_the_shipped_spec_means_the_same(tmp_path: Path) -> None:
    shipped = str(ROOT / "specs" / "time_density.yaml")
    assert ecoflows("convert", shipped, "--outpath", "new.yaml", cwd=tmp_path).returncode == 0
    checked = ecoflows("check", "new.yaml", cwd=tmp_path)
    assert checked.stdout == "new.yaml: 6 task instances, no problems; 5 of 5 edges proved\n"
    forms = [ecoflows("get-params", spec, cwd=tmp_path) for spec in (shipped, "new.yaml")]
    assert forms[0].stdout == forms[1].stdout != ""


def test_it_imports_no_tasks_and_others_import_no_ruamel(folder: Path) -> None:
    script = (
        "import sys\nsys.argv = ['ecoflows', *sys.argv[1:]]\nfrom ecoflows.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('MODULES', *{name.partition('.')[0] for name in sys.modules})"
    )

    def loaded(*arguments: str) -> set[str]:
        run = [sys.executable, "-c", script, *arguments]
        done = subprocess.run(run, capture_output=True, text=True, check=True, env=command_environment())
        return set(done.stdout.rpartition("MODULES")[2].split())

    assert "ruamel" in loaded("convert", "spec.yaml")
    assert not loaded("convert", "spec.yaml") & {"prefect", "geopandas", "pandas", "shapely", "matplotlib"}
    assert "ruamel" not in loaded("check", "spec.yaml")
