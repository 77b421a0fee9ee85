"""``ecoflows compile``: what it writes, and what it refuses to."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from support import ROOT, ecoflows, write_package

SPEC = str(ROOT / "specs" / "time_density.yaml")
TASKS = '''
from ecoflows.decorators import distributed
from ecoflows.targets import Target, provenance


@distributed
def one() -> int:
    """Give one."""
    return 1


def _render(compilation):
    lines = [f"# {line}" for line in provenance(compilation)]
    return "\\n".join([*lines, *compilation.workflow.nodes, compilation.options.get("style", "")]) + "\\n"


LIST = Target("list", _render, "The ids.", ".txt", ("names.jinja2",), {"style": "How."})
'''


@pytest.mark.parametrize("target", ["airflow", "script", "notebook"])
def test_a_program_is_printed_or_written_always_the_same(target: str, tmp_path: Path) -> None:
    printed = ecoflows("compile", SPEC, "--target", target, cwd=tmp_path)
    assert printed.returncode == 0, printed.stderr
    assert (
        re.search(  # type: ignore[index]
            r"Compiled by ecoflows \S+ from time_density.yaml \(sha256:[0-9a-f]{64}, (\w+) [0-9a-f]{16}\)\.",
            printed.stdout,
        )[1]
        == target
    )
    written = ecoflows("compile", "--spec", SPEC, "--target", target, "--outpath", "out.py", cwd=tmp_path)
    assert written.returncode == 0, written.stderr
    assert (tmp_path / "out.py").read_text() == printed.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["out.py"]


@pytest.mark.parametrize(
    ("template", "target"),
    [
        ("airflow-kubernetes.jinja2", "airflow"),
        ("script-sequential.jinja2", "script"),
        ("jupytext.jinja2", "notebook"),
    ],
)
def test_the_names_of_old_templates_are_known(template: str, target: str, tmp_path: Path) -> None:
    old = ecoflows("compile", "--spec", SPEC, "--template", template, "--testing", cwd=tmp_path)
    new = ecoflows("compile", "--spec", SPEC, "--target", target, "--mock-io", cwd=tmp_path)
    assert old.returncode == 0, old.stderr
    assert old.stdout == new.stdout
    plain = ecoflows("compile", "--spec", SPEC, "--target", target, cwd=tmp_path)
    assert plain.stdout != old.stdout
    assert "MOCK: 'load_observations'" in old.stderr


def test_an_earlier_program_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    words = ("compile", SPEC, "--target", "script", "--outpath", "out.py")
    assert ecoflows(*words, cwd=tmp_path).returncode == 0
    first = (tmp_path / "out.py").read_text()
    more = ("--set", "calculate_time_density.pixel_size=123")
    assert ecoflows(*words, *more, cwd=tmp_path).returncode == 0
    assert "pixel_size=123" in (tmp_path / "out.py").read_text() != first
    (tmp_path / "out.py").write_text("my_work = 1\n")
    refused = ecoflows(*words, cwd=tmp_path)
    assert refused.returncode == 1
    assert "out.py is no compiled program; --force overwrites it" in refused.stderr
    assert (tmp_path / "out.py").read_text() == "my_work = 1\n"
    assert ecoflows(*words, "--force", cwd=tmp_path).returncode == 0
    assert (tmp_path / "out.py").read_text() == first


def test_a_notebook_has_the_form_that_its_name_says(tmp_path: Path) -> None:
    words = ("compile", SPEC, "--target", "notebook", "--outpath")
    for form in ((), ("--to", "ipynb")):  # the second replaces the first
        done = ecoflows(*words, "made/out.ipynb", *form, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert json.loads((tmp_path / "made" / "out.ipynb").read_text())["nbformat"] == 4
    for name, form in (("out.ipynb", "percent"), ("out.py", "ipynb")):
        done = ecoflows(*words, name, "--to", form, cwd=tmp_path)
        assert done.returncode == 2
        assert "are at odds" in done.stderr
        assert not (tmp_path / name).exists()


def test_work_of_others_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "out.py"
    words = ("compile", SPEC, "--target", "script", "--outpath", "out.py")

    def refused(text: str, reason: str) -> None:
        file.write_text(text)
        done = ecoflows(*words, cwd=tmp_path)
        assert done.returncode == 1
        assert f"error: out.py {reason}; --force overwrites it" in done.stderr
        assert file.read_text() == text

    line = f"Compiled by ecoflows 1.0 from x.yaml (sha256:{'0' * 64})."
    refused("# My notes: Compiled by ecoflows is nice\nprecious = 1\n", "is no compiled program")
    refused(f"# It says: {line}\n", "is no compiled program")
    refused(f"# {line}\n", "is no compiled program")
    file.unlink()
    assert ecoflows(*words, cwd=tmp_path).returncode == 0
    program = file.read_text()
    refused(
        program.replace("What the steps leave open", "What we leave open"),
        "was changed since it was compiled",
    )
    dag = ecoflows("compile", SPEC, "--target", "airflow", "--operator", "bash", cwd=tmp_path).stdout
    refused(dag, "is a program of the target 'airflow'")


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name, text in (("pipe", "is no file that can be replaced"), ("folder", "is a folder")):
        words = ("compile", SPEC, "--target", "script", "--outpath", name, "--force")
        done = ecoflows(*words, cwd=tmp_path, timeout=60)
        assert done.returncode == 1
        assert f"error: {name} {text}" in done.stderr


BROKEN = '''
from ecoflows.decorators import distributed
from ecoflows.targets import Target


@distributed
def one() -> int:
    """Give one."""
    return 1


def _raise(compilation):
    raise KeyError("x")


def _warn(compilation):
    return ["careful"]


RAISES = Target("raises", _raise, "It raises.")
NUMBER = Target("number", lambda compilation: 5, "It gives a number.")
CUT = Target("cut", lambda compilation: "\\udc80", "It gives half a character.")
WARNS = Target("warns", lambda compilation: "text", "It warns in texts.", warnings=_warn)
PLAIN = Target("plain", lambda compilation: "text\\n", "It says not where it comes from.")
'''


def test_a_target_that_is_broken_is_named(tmp_path: Path) -> None:
    packages = write_package(tmp_path / "packages", "broken", {"tasks.py": BROKEN})
    points = packages / "broken-1.0.dist-info" / "entry_points.txt"
    names = ("raises", "number", "cut", "warns", "plain")
    lines = [*(f"{name} = broken.tasks:{name.upper()}" for name in names), "script = broken.tasks:PLAIN"]
    points.write_text("\n".join([points.read_text(), "[ecoflows.targets]", *lines, ""]))
    (tmp_path / "spec.yaml").write_text("name: w\ntasks: {one: {}}\n")
    for name, text in (
        (
            "raises",
            f"(broken.tasks:RAISES) failed in its render: {packages}/broken/tasks.py:13: KeyError: 'x'",
        ),
        ("number", "(broken.tasks:NUMBER) gave no text, but int"),
        ("cut", "(broken.tasks:CUT) gave a text that UTF-8 has no form for"),
        ("warns", "(broken.tasks:WARNS) gave warnings that are no list of ecoflows.errors.Problem"),
    ):
        done = ecoflows("compile", "spec.yaml", "--target", name, cwd=tmp_path, path=packages)
        assert done.returncode == 1
        assert f"error: the target '{name}' {text}" in done.stderr
        assert "Traceback" not in done.stderr
    done = ecoflows("compile", "spec.yaml", "--target", "plain", cwd=tmp_path, path=packages)
    assert (done.returncode, done.stdout) == (0, "text\n")
    assert "has no line of ecoflows.targets.provenance()" in done.stderr
    done = ecoflows("compile", "spec.yaml", "--target", "script", cwd=tmp_path, path=packages)
    assert done.returncode == 2
    assert "the target 'script' is found in broken (broken.tasks:PLAIN) and ecoflows (" in done.stderr
    done = ecoflows("compile", "--targets", cwd=tmp_path, path=packages)
    assert "the target 'script' is found in broken" in done.stderr


def test_another_packages_target(tmp_path: Path) -> None:
    packages = write_package(tmp_path / "packages", "lists", {"tasks.py": TASKS})
    points = packages / "lists-1.0.dist-info" / "entry_points.txt"
    points.write_text(f"{points.read_text()}[ecoflows.targets]\nlist = lists.tasks:LIST\nlost = no.such:X\n")
    (tmp_path / "spec.yaml").write_text("name: w\ntasks: {one: {}}\n")

    def run(*words: str) -> tuple[int, str, str]:
        done = ecoflows("compile", *words, cwd=tmp_path, path=packages)
        return done.returncode, done.stdout, done.stderr

    code, out, _ = run("spec.yaml", "--template", "names.jinja2", "--option", "style=plain")
    assert code == 0
    assert out.splitlines()[1:] == ["# Tasks of lists 1.0.", "one", "plain"]
    code, _, err = run("spec.yaml", "--target", "list", "--option", "color=red")
    assert code == 2
    assert "the target 'list' has no option 'color'; its options: style" in err
    code, out, err = run("--targets")
    assert code == 0
    assert "The ids." in out
    assert "the target 'lost' cannot be imported: ModuleNotFoundError" in err
    code, _, err = run("spec.yaml", "--target", "lost")
    assert code == 2


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        ((SPEC,), 2, "name a target"),
        ((SPEC, "--target", "scirpt"), 2, "did you mean 'script'?"),
        ((SPEC, "--target", "script", "--template", "x"), 2, "one option"),
        ((SPEC, "--target", "script", "--operator", "bash"), 2, "has no option 'operator'"),
        ((SPEC, "--target", "script", "--option", "x"), 2, "not of the form NAME=VALUE"),
        (("--target", "script"), 2, "name a spec"),
        ((SPEC, "--target", "script", "--cache-root", ""), 2, "--cache-root is empty"),
        ((SPEC, "--target", "script", "--cache-root", "nope://x"), 1, "nope"),
        ((SPEC, "--target", "script", "--set", "draw_ecomap.titel=x"), 1, "did you mean 'title'?"),
        ((SPEC, "--target", "script", "--set", "calculate_time_density.pixel_size=-1"), 1, "above 0"),
    ],
)
def test_what_is_refused(words: tuple[str, ...], code: int, text: str, tmp_path: Path) -> None:
    done = ecoflows("compile", *words, "--outpath", "out.py", cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out.py").exists()
