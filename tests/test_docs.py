"""The README's examples are true."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from support import ROOT, ecoflows, write_package

README = (ROOT / "README.md").read_text()
TARGETS = (ROOT / "docs" / "targets.md").read_text()


def example(name: str, page: str = README) -> str:
    """The code block that a page marks with a name."""
    found = re.search(rf"<!-- example: {re.escape(name)} -->\n```\w+\n(.*?)```", page, re.DOTALL)
    assert found, name
    return found[1]


def test_the_spec_is_the_shipped_one() -> None:
    assert example("specs/time_density.yaml") == (ROOT / "specs" / "time_density.yaml").read_text()


def test_a_task_of_ones_own_runs(tmp_path: Path) -> None:
    project = tomllib.loads(example("park_tasks/pyproject.toml"))["project"]
    packages = tmp_path / "park_tasks"
    package = packages / "park_tasks"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "tasks.py").write_text(example("park_tasks/tasks.py"))
    info = packages / f"{project['name']}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: park_tasks\nVersion: 1.0\n")
    entry_points = project["entry-points"]["ecoflows"]
    (info / "entry_points.txt").write_text(f"[ecoflows]\ntasks = {entry_points['tasks']}\n")
    (tmp_path / "speed.yaml").write_text(example("speed.yaml"))
    assert ecoflows("simulate", "demo/observations.parquet", "--fixes", "100", cwd=tmp_path).returncode == 0
    done = ecoflows(
        *("run", "speed.yaml", "--engine", "sequential", "--json"),
        cwd=tmp_path,
        path=packages,
    )
    assert done.returncode == 0, done.stderr
    share = json.loads(done.stdout)["nodes"][-1]
    assert share["task"] == "share_above_speed"
    assert 0 < json.loads(Path(share["artifact"]["uri"]).read_text()) < 1


def test_a_target_of_ones_own_draws(tmp_path: Path) -> None:
    module, points = example("park_tasks/mermaid.py", TARGETS), example("pyproject.toml", TARGETS)
    packages = write_package(tmp_path / "packages", "park_tasks", {"tasks.py": "", "mermaid.py": module})
    (group,) = tomllib.loads(points)["project"]["entry-points"].items()
    lines = [f"[{group[0]}]", *(f"{name} = {value}" for name, value in group[1].items()), ""]
    (packages / "park_tasks-1.0.dist-info" / "entry_points.txt").write_text("\n".join(lines))
    words = ("compile", ROOT / "specs" / "time_density.yaml", "--target", "mermaid", "--outpath", "t.mmd")
    for _ in range(2):  # the second replaces the first
        done = ecoflows(*words, cwd=tmp_path, path=packages)
        assert (done.returncode, done.stderr) == (0, "wrote t.mmd\n")
    drawn = (tmp_path / "t.mmd").read_text()
    assert "  n0[load_observations]\n" in drawn
    assert "  n0 -- observations --> n1\n" in drawn


def test_the_error_that_is_shown(tmp_path: Path) -> None:
    shown = re.search(r"```text\n(specs/mine.yaml.*?)```", README, re.DOTALL)
    assert shown
    (tmp_path / "specs").mkdir()
    text = example("specs/time_density.yaml").partition("\n")[2]
    wrong = text.replace("observations: load_observations", "observations: load_observation")
    (tmp_path / "specs" / "mine.yaml").write_text(wrong)
    done = ecoflows("check", "specs/mine.yaml", cwd=tmp_path)
    assert done.stdout == shown[1] + "1 problem\n"


def test_every_command_of_the_readme_exists() -> None:
    from ecoflows.cli.main import cli

    named = set(re.findall(r"^ecoflows ([a-z-]+).*  # ", README, re.MULTILINE))
    assert named
    assert named <= set(cli.commands)
