"""Discovery over packages that are written for each test, good ones and broken ones."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

import sample_tasks
from ecoflows.registry import GROUP, Registry, UnknownTaskError, discover
from support import registry_of, write_package

TASK = """
    from ecoflows.decorators import distributed

    @distributed
    def {name}({arguments}) -> int:
        return 1
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of packages that are forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def task(name: str, arguments: str = "") -> str:
    return textwrap.dedent(TASK.format(name=name, arguments=arguments))


def found_in(folder: Path, packages: Mapping[str, Mapping[str, str]]) -> Registry:
    for name, modules in packages.items():
        write_package(folder, name, modules)
    return discover(EntryPoint("tasks", f"{name}.tasks", GROUP) for name in packages)


def broken(registry: Registry) -> list[tuple[str, str]]:
    return [(found.package, found.module) for found in registry.broken]


def test_nested_modules_are_walked(folder: Path) -> None:
    registry = found_in(
        folder,
        {
            "wild": {
                "tasks/__init__.py": task("top"),
                "tasks/io.py": task("load"),
                "tasks/maps/__init__.py": "",
                "tasks/maps/deep/__init__.py": "",
                "tasks/maps/deep/draw.py": task("draw"),
            }
        },
    )
    assert list(registry) == ["draw", "load", "top"]
    assert len(registry) == 3
    assert registry["draw"].package == "wild"
    assert registry.find("draw").module == "wild.tasks.maps.deep.draw"
    assert registry.find("wild.tasks.maps.deep.draw.draw") is registry.find("draw")
    assert registry.find("wild.tasks.io:load") is registry.find("load")
    assert registry.broken == ()


def test_a_broken_module_costs_only_its_own_tasks(folder: Path) -> None:
    registry = found_in(
        folder,
        {
            "wild": {
                "tasks/__init__.py": "",
                "tasks/a.py": "import does_not_exist\n" + task("lost"),
                "tasks/b.py": "raise SystemExit(3)",
                "tasks/c.py": "def broken(:\n",
                "tasks/d.py": "1 / 0",
                "tasks/e.py": task("kept"),
            },
            "other": {"tasks.py": task("also_kept")},
        },
    )
    assert list(registry) == ["also_kept", "kept"]
    assert broken(registry) == [("wild", f"wild.tasks.{name}") for name in "abcd"]
    messages = [found.message for found in registry.broken]
    assert messages[0] == "ModuleNotFoundError: No module named 'does_not_exist'"
    assert messages[1] == "SystemExit: 3"
    assert messages[2].startswith("SyntaxError")
    assert "ZeroDivisionError" in registry.broken[3].details
    assert "Traceback" in registry.broken[3].details


def test_a_missing_module_is_reported_once(folder: Path) -> None:
    points = [EntryPoint("tasks", value, GROUP) for value in ("nowhere.tasks", "nowhere.tasks:attribute")]
    registry = discover([*points, EntryPoint("tasks", "not a module!", GROUP)])
    assert broken(registry) == [("nowhere", "nowhere.tasks"), ("not a module!", "not a module!")]


def test_a_broken_module_is_imported_once(folder: Path) -> None:
    count = folder / "count"
    found_in(
        folder,
        {"wild": {"tasks.py": f"with open({str(count)!r}, 'a') as file: file.write('x')\nraise ValueError"}},
    )
    assert count.read_text() == "x"


def test_a_package_whose_init_fails_is_reported(folder: Path) -> None:
    registry = found_in(
        folder, {"wild": {"__init__.py": "raise RuntimeError('no licence')", "tasks.py": task("x")}}
    )
    assert broken(registry) == [("wild", "wild.tasks")]
    assert registry.broken[0].message == "RuntimeError: no licence"


def test_two_entry_points_for_one_package_are_no_collision(folder: Path) -> None:
    write_package(folder, "wild", {"tasks/__init__.py": "", "tasks/io.py": task("load")})
    registry = discover(
        EntryPoint("x", value, GROUP) for value in ("wild.tasks", "wild.tasks.io", "wild.tasks")
    )
    assert list(registry) == ["load"]
    assert registry.collisions == {}


def test_re_exported_and_renamed_tasks_are_found_once(folder: Path) -> None:
    registry = found_in(
        folder,
        {
            "wild": {
                "tasks/__init__.py": "from wild.tasks.io import load\nfrom .io import load as again",
                "tasks/io.py": task("load") + "\nsame = load\n",
            }
        },
    )
    assert list(registry) == ["load"]
    assert registry.broken == ()


def test_a_task_under_another_name_than_its_functions_is_reported(folder: Path) -> None:
    text = """
        from ecoflows.decorators import distributed

        def make(k):
            def statistic(x: int) -> int:
                return x + k
            return distributed(statistic)

        mean = make(1)
        maximum = make(2)
    """
    registry = found_in(folder, {"wild": {"tasks.py": text}})
    assert list(registry) == []
    assert [found.message.partition(": ")[2] for found in registry.broken] == [
        f"the task under the name '{name}' is a function named 'statistic'; "
        "a task is found by its function's name, so give both one name"
        for name in ("mean", "maximum")
    ]


def test_a_collision_names_both_places_and_neither_wins(folder: Path) -> None:
    registry = found_in(folder, {"wild": {"tasks.py": task("load")}, "tame": {"tasks.py": task("load")}})
    assert "load" not in registry
    assert len(registry.all()) == 2
    with pytest.raises(UnknownTaskError) as raised:
        registry.find("load")
    assert str(raised.value) == (
        f"the task 'load' is claimed by wild ({folder}/wild/tasks.py:4) and tame ({folder}/tame/tasks.py:4)"
    )
    assert raised.value.hint == "write 'wild.tasks.load' or 'tame.tasks.load'"
    assert registry.find("wild.tasks.load").module == "wild.tasks"
    assert registry.find("tame.tasks.load").module == "tame.tasks"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (task("bad", "x"), "parameter 'x' of task 'bad' has no annotation"),
        (task("bad", "x: Nowhere = 1").replace("from eco", "from __future__ import annotations\nfrom eco"),
         "the annotations of task 'bad' cannot be read"),
        (task("bad").replace(" -> int", ""), "task 'bad' has no return annotation"),
        (task("bad", "x: DataFrame[int]").replace(
            "from eco", "from ecoflows.annotations import DataFrame\nfrom eco"),
         "takes a pandera DataFrameModel"),
    ],
)  # fmt: skip
def test_a_task_that_is_none_costs_only_itself(folder: Path, text: str, message: str) -> None:
    registry = found_in(folder, {"wild": {"tasks.py": text + task("good")}})
    assert list(registry) == ["good"]
    (found,) = registry.broken
    assert message in found.message
    assert f"{folder}/wild/tasks.py:" in found.message


def test_an_unknown_name_lists_near_ones_and_what_is_lost(folder: Path) -> None:
    registry = found_in(folder, {"wild": {"tasks/__init__.py": task("load"), "tasks/lost.py": "1 / 0"}})
    with pytest.raises(UnknownTaskError) as raised:
        registry.find("laod")
    assert str(raised.value) == "there is no task 'laod'"
    assert raised.value.hint == (
        "did you mean 'load'?; not importable: wild.tasks.lost ('ecoflows tasks --broken' says why)"
    )
    with pytest.raises(UnknownTaskError) as raised:
        Registry([]).find("x")
    assert raised.value.hint is None


def test_a_registry_is_read_only() -> None:
    registry = registry_of(sample_tasks)
    with pytest.raises(TypeError):
        registry["x"] = registry["now"]  # type: ignore[index]
    with pytest.raises(KeyError):
        registry["nope"]


def test_built_ins_are_found_by_entry_point_like_anybody() -> None:
    (point,) = [point for point in entry_points(group=GROUP) if point.dist and point.dist.name == "ecoflows"]
    registry = discover([point])
    assert registry.broken == ()
    assert registry.collisions == {}
    assert {"load_observations", "process_relocations", "draw_ecomap"} <= set(registry)
    assert {item.package for item in registry.all()} == {"ecoflows"}
