"""``ecoflows compile``: what it writes, and what it refuses to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support import ROOT, ecoflows, write_package

SPEC = str(ROOT / "specs" / "time_density.yaml")
TASKS = '''
from ecoflows.decorators import distributed
from ecoflows.targets import Target
from ecoflows.targets.provenance import provenance


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
    assert re.search(
        r"Compiled by ecoflows \S+ from time_density.yaml \(sha256:[0-9a-f]{64}\)", printed.stdout
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


def test_a_notebook_is_replaced_too(tmp_path: Path) -> None:
    words = ("compile", SPEC, "--target", "notebook", "--to", "ipynb", "--outpath", "out.ipynb")
    for _ in range(2):
        done = ecoflows(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr


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
