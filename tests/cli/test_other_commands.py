"""The commands around ``ecoflows run``, as their user sees them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from place import Place
from support import ROOT, by_id, command_environment

SHIPPED = str(ROOT / "specs" / "time_density.yaml")
RUN = ("run", "counting.yaml", "--params", "params.yaml", "--engine", "sequential")


def test_help_names_every_command(place: Place) -> None:
    done = place.run("--help")
    assert done.returncode == 0
    names = "tasks check convert get-params schema plan run cache server simulate"
    for command in names.split():
        assert f"\n  {command} " in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        (["--help"], {"prefect", "geopandas", "pandas", "pydantic", "rich"}),
        (
            ["check", str(ROOT / "specs" / "time_density.yaml")],
            {"prefect", "geopandas", "shapely", "matplotlib"},
        ),
        (["tasks"], {"prefect", "matplotlib", "scipy"}),
        (["get-params", SHIPPED], {"prefect", "geopandas", "shapely"}),
        (["server", "status"], {"prefect", "geopandas", "pandas"}),
    ],
)
def test_commands_import_no_more_than_they_need(
    tmp_path: Path, arguments: list[str], forbidden: set[str]
) -> None:
    script = (
        "import sys\nsys.argv = ['ecoflows', *sys.argv[1:]]\nfrom ecoflows.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('MODULES', *{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=command_environment(ECOFLOWS_HOME=str(tmp_path)),
        cwd=tmp_path,
    )
    loaded = set(done.stdout.rpartition("MODULES")[2].split())
    assert "ecoflows" in loaded
    assert not loaded & forbidden


def test_check_in_text_and_json(place: Place) -> None:
    good = place.call("check", "counting.yaml", "--params", "params.yaml")
    told = "counting.yaml: 3 task instances, no problems; 2 of 2 edges proved\n"
    assert (good.returncode, good.stdout) == (0, told)
    place.write("bad.yaml", "name: bad\ntasks:\n  totl: {counts: read_counts}\n  read_counts: {strat: 1}\n")
    bad = place.call("check", "--spec", "bad.yaml")
    assert bad.returncode == 1
    assert bad.stdout == (
        "bad.yaml:3:3: error[unknown-task]: there is no task 'totl'\n"
        "  |   totl: {counts: read_counts}\n"
        "  |   ^\n"
        "  = did you mean 'total'?\n"
        "bad.yaml:4:17: error[unknown-argument]: the task 'read_counts' has no argument 'strat'\n"
        "  |   read_counts: {strat: 1}\n"
        "  |                 ^\n"
        "  = did you mean 'start'?\n"
        "2 problems\n"
    )
    done = place.call("check", "bad.yaml", "--format", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["problems"][0] == {
        "file": "bad.yaml",
        "line": 3,
        "col": 3,
        "severity": "error",
        "code": "unknown-task",
        "message": "there is no task 'totl'",
        "hint": "did you mean 'total'?",
        "related": [],
    }


def test_check_tells_the_problems_of_both_files(place: Place) -> None:
    place.write("bad.yaml", "name: bad\ntasks:\n  totl:\n")
    place.write("torn.yaml", "divide: {by: 2\n")
    done = place.call("check", "bad.yaml", "--params", "torn.yaml")
    assert "bad.yaml:3:3: error[unknown-task]" in done.stdout
    assert "torn.yaml:2:1: error[yaml-syntax]" in done.stdout


def test_a_spec_that_does_not_exist(place: Place) -> None:
    done = place.call("check", "countin.yaml")
    assert done.returncode == 1
    assert done.stdout == (
        "countin.yaml: error[no-such-file]: there is no such file\n"
        "  = did you mean 'counting.yaml'?\n"
        "1 problem\n"
    )


def test_get_params_gives_a_form_that_works_once_filled(place: Place) -> None:
    done = place.call("get-params", "--spec", "counting.yaml", "--format", "yaml", "--outpath", "form.yaml")
    assert done.returncode == 0
    text = (place.folder / "form.yaml").read_text()
    assert "# The divisor." in text
    unfilled = place.call("check", "counting.yaml", "--params", "form.yaml")
    assert "the parameter 'by' of 'divide' is missing" in unfilled.stdout
    place.write("form.yaml", text.replace("  by:", "  by: 3"))
    assert place.call("check", "counting.yaml", "--params", "form.yaml").returncode == 0
    again = place.call("get-params", "counting.yaml", "--outpath", "form.yaml")
    assert again.returncode == 1
    assert "form.yaml exists and may be filled in already" in again.stderr
    assert yaml.safe_load((place.folder / "form.yaml").read_text())["divide"] == {"by": 3}


def test_get_params_as_json_schema(place: Place) -> None:
    schema = place.call_json("get-params", "counting.yaml", "--format", "json")
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(schema["properties"]) == {"read_counts", "divide"}
    assert schema["required"] == ["divide"]
    start = schema["$defs"]["read_counts_parameters"]["properties"]["start"]
    assert start == {
        "default": 1,
        "description": "The first count.",
        "minimum": 0,
        "title": "Start",
        "type": "integer",
    }


def test_plan_tells_why(place: Place) -> None:
    def plan(*extra: str) -> dict[str, tuple[str, str]]:
        found = place.call_json(
            "plan", "counting.yaml", "--params", "params.yaml", "--format", "json", *extra
        )
        assert all(set(node) == {"id", "task", "action", "why", "key"} for node in found["nodes"])
        return {name: (node["action"], node["why"]) for name, node in by_id(found).items()}

    assert plan()["total"] == ("run", "never ran")
    assert place.call(*RUN).returncode == 0
    ran = list(place.log)
    assert plan()["read_counts"][0] == "run"
    assert "io is fresh" in plan()["read_counts"][1]
    assert plan()["total"][0] == "cached_if_unchanged"
    assert plan("--set", "divide.by=3")["divide"] == ("run", "argument 'by' changed from 2 to 3")
    module = place.folder / "packages" / "park" / "tasks.py"
    module.write_text(
        module.read_text().replace('counts["animals"].sum() / by', 'counts["animals"].sum() / by + 1')
    )
    assert plan()["divide"] == ("run", "code changed")
    assert plan()["total"][0] == "cached_if_unchanged"
    assert place.log == ran
    text = place.call("plan", "counting.yaml", "--params", "params.yaml").stdout
    assert "code changed" in text
    assert max(map(len, text.splitlines())) <= 80


def test_tasks_by_package(place: Place) -> None:
    text = place.call("tasks").stdout
    assert text.index("\necoflows\n") < text.index("\npark\n")
    assert "requests: cpu 500m" in text
    assert "limits: memory 1Gi" in text
    assert "image: park/io:1.0" in text
    assert "returns: columns animals (int64)" in text
    assert max(map(len, text.splitlines())) <= 80
    found = {task["name"]: task for task in place.call_json("tasks", "--format", "json")["tasks"]}
    assert found["read_counts"]["package"] == "park"
    assert found["read_counts"]["container_resources"] == {
        "requests": {"cpu": "500m"},
        "limits": {"memory": "1Gi"},
    }
    assert found["divide"]["parameters"][0]["columns"][0]["name"] == "animals"
    assert found["calculate_time_density"]["returns"]["type"] == "DataFrame[TimeDensityReturnGDFSchema]"


def test_one_task_in_full(place: Place) -> None:
    text = place.call("tasks", "divide").stdout
    assert "park.tasks:divide" in text
    assert "by: whole number; required\n      The divisor." in text
    assert "- animals (int64): Animals seen." in text
    unknown = place.call("tasks", "divid")
    assert unknown.returncode == 1
    assert "did you mean 'divide'?" in unknown.stderr


def test_broken_packages_cost_only_themselves(place: Place) -> None:
    package = place.folder / "packages" / "park"
    tasks = (package / "tasks.py").read_text()
    (package / "tasks.py").unlink()
    (package / "tasks").mkdir()
    (package / "tasks" / "__init__.py").write_text(tasks)
    (package / "tasks" / "rusty.py").write_text("import no_such_library\n")
    listed = place.call("tasks")
    assert "read_counts" in listed.stdout
    assert "park.tasks.rusty cannot be imported: ModuleNotFoundError" in " ".join(listed.stderr.split())
    assert "Traceback" not in listed.stderr
    assert "Traceback" in place.call("tasks", "--broken").stdout
    assert place.call("check", "counting.yaml").returncode == 0


def test_cache_commands(place: Place) -> None:
    assert "no results" in place.call("cache", "ls", "--spec", "counting.yaml").stdout
    nodes = by_id(place.call_json(*RUN, "--json"))
    listed = place.call_json("cache", "ls", "--cache-root", "cache", "--format", "json")["results"]
    assert {result["instance"] for result in listed} == {"read_counts", "total", "divide"}
    text = place.call("cache", "ls", "--cache-root", "cache").stdout
    assert max(map(len, text.splitlines())) <= 80
    key = nodes["divide"]["key"]
    shown = place.call_json("cache", "show", key[:10], "--spec", "counting.yaml", "--format", "json")
    assert shown["key"] == key
    assert shown["arguments"]["by"] == 2
    assert shown["task"] == "park.tasks:divide"
    assert place.call("cache", "show", "0" * 64, "--cache-root", "cache").returncode == 1
    assert place.call("cache", "verify", "--cache-root", "cache").returncode == 0
    file = Path(nodes["read_counts"]["artifact"]["uri"])
    file.write_bytes(file.read_bytes()[:-1])
    damaged = place.call("cache", "verify", "--cache-root", "cache")
    assert damaged.returncode == 1
    assert file.name in damaged.stdout
    again = place.call(*RUN, "--from", "total", "--force", "total")
    assert again.returncode == 2
    assert "damaged" in again.stderr
    assert place.call(*RUN).returncode == 0
    assert place.call("cache", "verify", "--cache-root", "cache").returncode == 0
    tidy = place.call("cache", "gc", "--cache-root", "cache", "--older-than", "1w", "--dry-run")
    assert tidy.stdout.startswith("would remove 0 artifacts, 0 results")
    assert place.call("cache", "gc", "--cache-root", "cache", "--older-than", "soon").returncode == 2


def test_simulate_gives_the_same_file_for_the_same_seed(place: Place) -> None:
    for run, name in ((place.run, "a.parquet"), (place.call, "b.parquet")):
        done = run("simulate", name, "--subjects", "2", "--fixes", "50", "--seed", "5")
        assert done.returncode == 0, done.stderr
    assert (place.folder / "a.parquet").read_bytes() == (place.folder / "b.parquet").read_bytes()
    assert place.call("simulate", "c.parquet", "--subjects", "0").returncode == 2


def test_the_shipped_spec_runs_on_simulated_data(place: Place) -> None:
    place.run("simulate", "fixes.parquet", "--fixes", "200")
    report = place.json(
        "run",
        ROOT / "specs" / "time_density.yaml",
        "--params",
        ROOT / "specs" / "time_density.params.yaml",
        "--set",
        "load_observations.path=fixes.parquet",
        "--cache-root",
        "cache",
        "--engine",
        "sequential",
        "--outputs",
        "out",
        "--json",
    )
    assert report["state"] == "completed"
    assert by_id(report)["calculate_time_density"]["artifact"]["rows"] == 6
    assert (place.folder / "out" / "draw_ecomap.html").read_text().lower().startswith("<!doctype html>")
    assert (place.folder / "out" / "save_map_image.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
