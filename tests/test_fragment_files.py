"""Where fragments are looked for: by path, beside a file, in packages."""

from __future__ import annotations

from importlib.metadata import distributions
from pathlib import Path

import pytest

from ecoflows.errors import Problem
from ecoflows.spec.fragments.files import package_folders
from fragment_specs import FragmentSpecs


@pytest.fixture
def specs(tmp_path: Path) -> FragmentSpecs:
    return FragmentSpecs(tmp_path / "specs")


def tasks(specs: FragmentSpecs, name: str) -> list[str]:
    return [entry["task"] for entry in specs.entries(f"- {{id: u, use: {{fragment: '{name}'}}}}")]


def test_where_fragments_are_looked_for(specs: FragmentSpecs) -> None:
    def write(path: str, body: str) -> None:
        specs.write(path, f"fragment: {Path(path).stem}\nworkflow: [{{id: x, {body}}}]\n")

    write("fragments/a.yaml", "task: beside")
    write("sub/a.yaml", "task: sub")
    write("sub/fragments/a.yaml", "task: below_sub")
    write("sub/first.yaml", "use: {fragment: a}")
    write("sub/path.yaml", "use: {fragment: ../fragments/a.yaml}")
    write("sub/deep/second.yaml", "use: {fragment: a}")
    write("third.yml", "use: {fragment: fragments/a.yaml}")
    assert tasks(specs, "a") == ["beside"]
    assert tasks(specs, "fragments/a.yaml") == ["beside"]
    assert tasks(specs, f"{specs.folder}/sub/a.yaml") == ["sub"]
    assert tasks(specs, "./sub/first.yaml") == ["sub"]
    assert tasks(specs, "sub/path.yaml") == ["beside"]
    assert tasks(specs, "sub/deep/second.yaml") == ["beside"]
    assert tasks(specs, "third.yml") == ["beside"]
    (specs.folder / "sub" / "a.yaml").unlink()
    assert tasks(specs, "./sub/first.yaml") == ["below_sub"]


def test_the_home_of_the_user_is_known(specs: FragmentSpecs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(specs.folder / "home"))
    specs.write("home/mine/a.yaml", "fragment: a\nworkflow: [{id: x, task: at_home}]\n")
    assert tasks(specs, "~/mine/a.yaml") == ["at_home"]


def test_what_is_not_there(specs: FragmentSpecs) -> None:
    specs.fragment("grouped_value", "workflow: [{id: x, task: now}]")

    def problem(name: str) -> Problem:
        (found,) = specs.problems(f"- {{id: u, use: {{fragment: '{name}'}}}}")
        assert specs.at(found) == f"spec.yaml:3 '{name.partition(':')[0]}{'' if ':' in name else chr(39)}"
        assert found.code == "unknown-fragment"
        return found

    near = problem("groupd_value")
    assert near.message == "there is no fragment 'groupd_value'"
    assert near.hint == f"did you mean 'grouped_value'? (looked in {specs.folder}/fragments/)"
    assert problem("zzz").hint == f"known fragments: grouped_value (looked in {specs.folder}/fragments/)"
    path = problem("./fragments/groupd_value.yaml")
    assert path.message == f"there is no file '{specs.folder}/fragments/groupd_value.yaml'"
    assert path.hint == f"did you mean '{specs.folder}/fragments/grouped_value.yaml'?"
    assert problem("parks:zzz").hint == "none that is installed does"
    assert problem("x" * 400).message.startswith("there is no fragment 'xxx")
    (specs.folder / "fragments" / "grouped_value.yaml").unlink()
    assert problem("zzz").hint == f"looked in {specs.folder}/fragments/"


@pytest.mark.parametrize(
    "name",
    [
        "./fragments/",
        "~nobody-of-this-name/a.yaml",
        "/dev/null/a.yaml",
        f"./{'x' * 300}.yaml",
        "loop/a.yaml",
    ],
)
def test_what_cannot_be_read(specs: FragmentSpecs, name: str) -> None:
    specs.fragment("x", "workflow: [{id: x, task: now}]")
    (specs.folder / "loop").symlink_to(specs.folder / "loop")
    (problem,) = specs.problems(f"- {{id: u, use: {{fragment: '{name}'}}}}")
    assert problem.code in ("not-a-file", "unreadable-file")
    assert [one.message for one in problem.related] == ["used here as 'u'"]


def package(folder: Path, name: str, **fragments: str) -> None:
    """Write a distribution that brings fragments; importing its package would fail."""
    module = name.replace("-", "_")
    (folder / module / "more" / "fragments").mkdir(parents=True)
    (folder / module / "__init__.py").write_text("raise RuntimeError('nobody imports this')\n")
    for fragment, entries in fragments.items():
        text = f"fragment: {fragment}\nworkflow: [{entries}]\n"
        (folder / module / "more" / "fragments" / f"{fragment}.yaml").write_text(text)
    distribution(folder, name, f"{module}.more.fragments")


def distribution(folder: Path, name: str, value: str) -> None:
    """Write what an installer knows of a distribution with an entry point."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[ecoflows.fragments]\nany = {value}\n")


def test_fragments_of_packages(specs: FragmentSpecs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    package(site, "hill-parks", shared="{id: x, task: of_hills}", hills="{id: x, task: hills}")
    package(
        site,
        "sea_parks",
        shared="{id: x, task: of_seas}",
        seas="{id: x, task: seas}",
        both="{id: s, use: {fragment: shared}}, {id: h, use: {fragment: hills}}",
    )
    monkeypatch.syspath_prepend(str(site))
    specs.packages = None
    assert tasks(specs, "hills") == ["hills"]
    assert tasks(specs, "sea_parks:shared") == ["of_seas"]
    assert tasks(specs, "hill_parks:shared") == ["of_hills"]
    assert tasks(specs, "both") == ["of_seas", "hills"]

    def problem(name: str) -> tuple[str, str, str | None]:
        (found,) = specs.problems(f"- {{id: u, use: {{fragment: '{name}'}}}}")
        return found.code, found.message, found.hint

    assert problem("shared") == (
        "ambiguous-fragment",
        "the fragment 'shared' is in several packages: hill-parks, sea_parks",
        "write 'hill-parks:shared' or 'sea_parks:shared'",
    )
    assert problem("hill-park:shared") == (
        "unknown-fragment",
        "no package 'hill-park' brings fragments",
        "did you mean 'hill-parks'?",
    )
    assert problem("hill-parks:hlls") == (
        "unknown-fragment",
        "the package 'hill-parks' has no fragment 'hlls'",
        "did you mean 'hills'?",
    )
    looked = f"{specs.folder}/fragments/, the package hill-parks, the package sea_parks"
    assert problem("seass") == (
        "unknown-fragment",
        "there is no fragment 'seass'",
        f"did you mean 'seas'? (looked in {looked})",
    )
    specs.fragment("shared", "workflow: [{id: x, task: of_the_spec}]")
    assert tasks(specs, "shared") == ["of_the_spec"]
    assert tasks(specs, "both") == ["of_seas", "hills"]


def test_entry_points_that_lead_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, "parks", a="{id: x, task: now}")
    for name, value in (("none", "nobody_has_this.fragments"), ("file", "textwrap"), ("odd", "..")):
        distribution(tmp_path, name, value)
    monkeypatch.syspath_prepend(str(tmp_path))
    points = [point for found in distributions(path=[str(tmp_path)]) for point in found.entry_points]
    folder = tmp_path / "parks" / "more" / "fragments"
    assert package_folders(points) == {"parks": (folder,), "none": (), "file": (), "odd": ()}
