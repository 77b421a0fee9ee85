"""``ecoflows check`` in all its forms, and what else refuses a refuted spec."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import edge_tasks
import map_tasks
import sample_tasks
from answer import Answer
from ecoflows import __version__, registry
from support import ROOT, command_environment, registry_of

Command = Callable[..., Answer]

PROVED = """\
name: speeds
workflow:
  - {id: fast, task: gives_speeds}
  - {id: rest, task: drop, partial: {df: "${{ workflow.fast.return }}", columns: [x]}}
  - {id: taken, task: takes_speeds, partial: {df: "${{ workflow.fast.return }}"}}
"""
REFUTED = """\
name: speeds
workflow:
  - {id: fast, task: gives_speeds}
  - id: slow
    task: drop
    partial: {df: "${{ workflow.fast.return }}", columns: [speed]}
  - id: taken
    task: takes_speeds
    partial:
      df: ${{ workflow.slow.return }}
"""
UNKNOWN = """\
name: speeds
workflow:
  - {id: read, task: gives_fixes_from_outside}
  - {id: taken, task: takes_speeds, partial: {df: "${{ workflow.read.return }}"}}
  - {id: number, task: takes_number}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command) -> None:
    """Specs in a folder, and the tasks of edges beside the usual ones."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "installed", lambda: registry_of(sample_tasks, map_tasks, edge_tasks))
    for name, text in {"proved": PROVED, "refuted": REFUTED, "unknown": UNKNOWN}.items():
        Path(f"{name}.yaml").write_text(text)


def test_json_has_every_edge_and_every_problem(command: Command) -> None:
    answer = command("check", "refuted.yaml", "--format", "json")
    assert answer.code == 1
    found = json.loads(answer.out)
    assert found["edges"] == [
        {
            "source": "fast",
            "target": "slow",
            "argument": "df",
            "verdict": "proved",
            "reason": "any table is taken",
        },
        {
            "source": "slow",
            "target": "taken",
            "argument": "df",
            "verdict": "refuted",
            "reason": "the table of 'slow' has no column 'speed' any more",
        },
    ]
    (problem,) = found["problems"]
    assert (problem["code"], problem["line"], problem["col"]) == ("refuted-edge", 10, 11)


def test_json_of_a_good_spec(command: Command) -> None:
    answer = command("check", "unknown.yaml", "--format", "json")
    assert answer.code == 0
    found = json.loads(answer.out)
    assert found["problems"] == []
    assert [edge["verdict"] for edge in found["edges"]] == ["unknown"]


def test_text_tells_both_ends_and_what_became_of_the_column(command: Command) -> None:
    answer = command("check", "refuted.yaml")
    assert answer.code == 1
    head = (
        "refuted.yaml:10:11: error[refuted-edge]: 'taken' (takes_speeds) cannot take what 'slow' (drop) "
        "returns as 'df': the table of 'slow' has no column 'speed' any more"
    )
    assert answer.out.startswith(head)
    for told in (
        "'fast' made 'speed' here",
        "'slow' dropped 'speed' here",
        "'taken' needs 'speed' here",
        "'ecoflows check --explain taken.df' tells more",
    ):
        assert told in answer.out
    assert answer.out.endswith("1 problem\n")


def test_summary_counts_edges(command: Command) -> None:
    assert command("check", "proved.yaml") == Answer(
        0, "proved.yaml: 3 task instances, no problems; 2 of 2 edges proved\n", ""
    )
    answer = command("check", "unknown.yaml")
    assert answer.out.endswith("; 0 of 1 edges proved, 1 checked in the run (--verbose lists them)\n")


def test_verbose_lists_what_only_a_run_decides(command: Command) -> None:
    answer = command("check", "unknown.yaml", "--verbose")
    assert answer == Answer(
        0,
        "unknown.yaml:4:51: unknown: 'read' -> taken.df\n"
        "  Fixes may have no column 'speed'\n"
        "unknown.yaml: 3 task instances, no problems; 0 of 1 edges proved, 1 checked in the run\n",
        "",
    )


def test_github_annotations_are_escaped(command: Command) -> None:
    Path("a,b.yaml").write_text(REFUTED)
    answer = command("check", "a,b.yaml", "--format", "github")
    assert answer.code == 1
    (line,) = answer.out.splitlines()
    assert line.startswith(
        "::error file=a%2Cb.yaml,line=10,col=11,title=refuted-edge::'taken' (takes_speeds)"
    )
    assert "%0A'ecoflows check --explain taken.df' tells more%0A" in line
    assert "'slow' dropped 'speed' here: a,b.yaml:6:59" in line


def test_github_says_nothing_of_a_good_spec(command: Command) -> None:
    assert command("check", "proved.yaml", "--format", "github") == Answer(0, "", "")


def test_github_escapes_per_cent_signs(command: Command) -> None:
    Path("spec.yaml").write_text("name: n\nworkflow:\n  - {id: a, task: load%0A}\n")
    answer = command("check", "spec.yaml", "--format", "github")
    assert answer.code == 1
    (line,) = answer.out.splitlines()
    assert "'load%250A'" in line


SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "tool": {
                        "properties": {
                            "driver": {
                                "required": ["name", "version", "rules"],
                                "properties": {"rules": {"items": {"required": ["id", "shortDescription"]}}},
                            }
                        }
                    },
                    "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
                },
            },
        },
    },
    "$defs": {
        "location": {
            "required": ["physicalLocation"],
            "properties": {
                "id": {"type": "integer", "minimum": 0},
                "message": {"required": ["text"]},
                "physicalLocation": {
                    "required": ["artifactLocation"],
                    "properties": {
                        "artifactLocation": {"properties": {"uri": {"type": "string", "minLength": 1}}},
                        "region": {
                            "required": ["startLine"],
                            "properties": {
                                "startLine": {"type": "integer", "minimum": 1},
                                "startColumn": {"type": "integer", "minimum": 1},
                            },
                        },
                    },
                },
            },
        },
        "result": {
            "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
            "properties": {
                "level": {"enum": ["error", "warning", "note"]},
                "message": {"required": ["text"], "properties": {"text": {"minLength": 1}}},
                "locations": {"items": {"$ref": "#/$defs/location"}},
                "relatedLocations": {"items": {"$ref": "#/$defs/location"}},
            },
        },
    },
}
"""What of SARIF 2.1.0 the log uses."""


@pytest.mark.parametrize("name", ["proved", "refuted", "broken"])
def test_sarif_is_a_log(name: str, command: Command) -> None:
    Path("broken.yaml").write_text("name: n\ntasks:\n  load_observation: {}\n  nothing: {}\n")
    answer = command("check", f"{name}.yaml", "--format", "sarif")
    log = json.loads(answer.out)
    jsonschema.validate(log, SARIF)
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["version"] == __version__
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert bool(run["results"]) is bool(answer.code) is (name != "proved")


def test_sarif_names_every_step_of_a_refuted_edge(command: Command) -> None:
    log = json.loads(command("check", "refuted.yaml", "--format", "sarif").out)
    (result,) = log["runs"][0]["results"]
    assert result["ruleId"] == "refuted-edge"
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 10, "startColumn": 11}
    told = {
        place["message"]["text"]: place["physicalLocation"]["region"]["startLine"]
        for place in result["relatedLocations"]
    }
    assert told["'slow' dropped 'speed' here"] == 6
    assert told["'taken' needs 'speed' here"] == 7
    ids = [place["id"] for place in result["relatedLocations"]]
    assert len(set(ids)) == len(ids)


def test_sarif_names_files_as_addresses(command: Command) -> None:
    Path("my spec #1.yaml").write_text(REFUTED)
    log = json.loads(command("check", "my spec #1.yaml", "--format", "sarif").out)
    (location,) = log["runs"][0]["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"] == {"uri": "my%20spec%20%231.yaml"}


@pytest.mark.parametrize(
    ("spec", "code", "lines"),
    [
        (
            "proved",
            0,
            ["+ proved: 'fast' -> taken.df", "given by 'fast' (gives_speeds)", "  + both keep to Speeds"],
        ),
        (
            "refuted",
            1,
            [
                "x refuted: 'slow' -> taken.df",
                "connected at refuted.yaml:10:11",
                "  x the table of 'slow' has no column 'speed' any more",
                "      made by 'fast' at refuted.yaml:3:5",
                "      dropped by 'slow' at refuted.yaml:4:5",
            ],
        ),
        (
            "unknown",
            0,
            ["? unknown: 'read' -> taken.df", "as DataFrame[Speeds]", "  ? Fixes may have no column 'speed'"],
        ),
    ],
)
def test_explain_tells_the_story_of_an_edge(spec: str, code: int, lines: list[str], command: Command) -> None:
    answer = command("check", f"{spec}.yaml", "--explain", "taken.df")
    assert answer.code == code
    assert answer.err == ""
    for line in lines:
        assert line in answer.out
    # What decides comes first.
    signs = [line.strip()[0] for line in answer.out.splitlines() if line.strip()[0] in "+?x"]
    assert signs[1:] == sorted(signs[1:], key="x?+".index)


@pytest.mark.parametrize(
    ("spec", "name", "why"),
    [
        ("refuted", "slow.columns", "'slow.columns' is a value that is given at refuted.yaml:6:"),
        ("unknown", "number.value", "'number.value' is a parameter, no edge"),
        ("refuted", "takn.df", "no edge ends at 'takn.df'; did you mean 'taken.df'?"),
        ("refuted", "taken", "no edge ends at 'taken'; did you mean 'taken.df'?"),
    ],
)
def test_explain_of_what_is_no_edge(spec: str, name: str, why: str, command: Command) -> None:
    answer = command("check", f"{spec}.yaml", "--explain", name)
    assert answer.code == 2
    assert why in answer.out + answer.err


@pytest.mark.parametrize(
    "arguments",
    [("run", "--engine", "sequential"), ("run",), ("plan",)],
    ids=" ".join,
)
def test_a_refuted_spec_is_refused_before_anything_runs(arguments: tuple[str, ...], command: Command) -> None:
    first, *options = arguments
    answer = command(first, "refuted.yaml", *options, "--cache-root", "cache")
    assert answer.code == 1
    assert "error[refuted-edge]" in answer.out + answer.err
    assert not Path("cache").exists()


def test_check_loads_neither_prefect_nor_geopandas(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from ecoflows.cli.main import main\n"
        f"sys.argv = ['ecoflows', 'check', {str(ROOT / 'specs' / 'time_density.yaml')!r}, '--verbose']\n"
        "try:\n    main()\nexcept SystemExit as ended:\n    assert ended.code == 0\n"
        "print(sorted({'prefect', 'geopandas'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=command_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "edges proved" in done.stdout
    assert done.stdout.endswith("[]\n")
