"""The JSON Schema of specs: what is right passes, what an editor can know to be wrong does not."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import map_tasks
import sample_tasks
from ecoflows import registry, source
from ecoflows.errors import ProblemError
from ecoflows.spec.options import Options, parse_duration
from ecoflows.workflow.spec_schema import spec_schema
from support import ROOT, registry_of, workflow_of, write_package

INSTALLED = spec_schema(registry.installed())
TASKS = registry_of(sample_tasks, map_tasks)
SCHEMA = spec_schema(TASKS)
SHIPPED = sorted(file for file in (ROOT / "specs").rglob("*.yaml") if not file.name.endswith(".params.yaml"))
CHECKED = sorted((ROOT / "tests" / "bad_specs").glob("*.yaml"))


def findings(text: str, schema: dict[str, Any] = SCHEMA) -> list[str]:
    """What is wrong, as the places that an editor underlines."""
    data = source.loads(textwrap.dedent(text), "spec.yaml").data
    return sorted(error.json_path for error in Draft202012Validator(schema).iter_errors(data))


@pytest.mark.parametrize("schema", [INSTALLED, SCHEMA, spec_schema(registry.Registry([]))])
def test_it_is_a_schema_whose_references_all_lead_somewhere(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)
    text = json.dumps(schema, allow_nan=False)
    for path in set(re.findall(r'"\$ref": "#/([^"]+)"', text)):
        found = schema
        for part in path.split("/"):
            found = found[part]
        assert isinstance(found, dict)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_specs_and_fragments_are_right(file: Path) -> None:
    assert findings(file.read_text(), INSTALLED) == []


def test_there_are_shipped_specs_and_a_fragment() -> None:
    assert {"time_density", "density_by_subject", "density_maps"} <= {file.stem for file in SHIPPED}


def test_what_check_accepts_is_right() -> None:
    accepted = []
    for file in CHECKED:
        if "error[" in file.with_suffix(".txt").read_text():
            continue
        accepted.append(file.stem)
        assert findings(file.read_text(encoding="utf-8-sig")) == [], file.stem
    assert accepted


RIGHT = {
    "every option and top-level key": """
        id: x
        cache_root: s3://${{ env.BUCKET }}/x
        requirements: [{name: other}]
        rjsf-overrides: {any: thing}
        task-instance-defaults: {retries: 1, cache: {ttl: 12h}, skipif: {conditions: [never]}}
        workflow:
          - id: a
            name: A
            task: numbers
            partial: {count: 3}
            retries: 2
            retry_delay_seconds: [1, 2.5]
            timeout_seconds: 10
            cache: never
            skipif: {conditions: [any_is_empty_df, my_package.tasks.any_is_short]}
          - {id: b, task: now, cache: null, partial: null}
    """,
    "references where values may stand": """
        name: x
        workflow:
          - {id: a, task: numbers, partial: {count: "${{ workflow.b.return }}"}}
          - id: b
            task: calculate_time_density
            partial:
              trajectory_gdf: ${{ workflow.a.return }}
              pixel_size: ${{ env.SIZE }}
              percentiles: [50, "${{ workflow.a.return }}"]
          - id: c
            task: merge_tables
            partial: {tables: ["${{ workflow.b.return }}", "${{ workflow.b.return }}"]}
          - id: d
            task: draw_ecomap
            partial: {geodataframe: "${{ workflow.c.return }}", title_kws: {font_size: "${{ env.SIZE }}"}}
          - {id: e, task: compare, partial: {frame: "${{ workflow.c.return }}", reference: null}}
          - id: f
            task: process_relocations
            partial:
              observations: ${{ workflow.b.return }}
              filter_point_coords: [[1, 2], {x: 1, y: "${{ workflow.a.return }}"}, "${{ workflow.a.return }}"]
    """,
    "maps, groups in groups and fragments": """
        name: x
        workflow:
          - type: task-group
            title: Outer
            tasks:
              - type: task-group
                title: Inner
                description: Deep.
                tasks:
                  - {id: a, task: numbers}
          - id: b
            task: numbers
            map: {argnames: count, argvalues: "${{ workflow.a.return }}", on_error: skip, batch: 3}
          - id: c
            task: numbers
            mapvalues: {argnames: [count, offset], argvalues: [[k, [1, 2]]], concurrency: 2}
          - {id: d, name: D, use: {fragment: f, with: {x: [1], y: "${{ workflow.a.return }}"}}}
          - {id: e, use: {fragment: ./f.yaml}}
    """,
    "full names": """
        name: x
        workflow:
          - {id: a, task: map_tasks.numbers, partial: {count: 1}}
          - {id: b, task: "map_tasks:numbers"}
    """,
    "bare words": """
        name: x
        tasks:
          numbers: {count: now, retries: 2}
          now:
          map_tasks.table: {rows: 3}
          merge_tables: {tables: [numbers, now], names: {a: now}}
          draw_ecomap: {geodataframe: numbers, title_kws: {font_size: now}, static: now}
          calculate_time_density: {trajectory_gdf: numbers, percentiles: [now, 50]}
    """,
    "a fragment": """
        fragment: f
        description: Two.
        parameters: {x: {description: X., default: 1}, y: null}
        workflow:
          - {id: a, task: numbers, partial: {count: "${{ with.x }}"}}
        return: a
    """,
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_right(text: str) -> None:
    assert findings(text) == []


INSTANCE = "name: x\nworkflow:\n  - {id: a, task: numbers}\n  - "
MAPPING = "name: x\ntasks:\n  "

WRONG = {
    "an unknown task": (INSTANCE + "{id: b, task: nombers}", "$.workflow[1].task"),
    "an unknown task in the mapping form": (MAPPING + "nombers: {}", "$.tasks"),
    "an unknown full name": (INSTANCE + "{id: b, task: map_tasks.nombers}", "$.workflow[1].task"),
    "no task": (INSTANCE + "{id: b}", "$.workflow[1]"),
    "no id": (INSTANCE + "{task: numbers}", "$.workflow[1]"),
    "a misspelt option": (INSTANCE + "{id: b, task: numbers, retrys: 1}", "$.workflow[1]"),
    "a misspelt option in the mapping form": (MAPPING + "numbers: {retrys: 1}", "$.tasks.numbers"),
    "an argument beside the options": (INSTANCE + "{id: b, task: numbers, count: 1}", "$.workflow[1]"),
    "an option of a wrong type": (
        INSTANCE + "{id: b, task: numbers, retries: two}",
        "$.workflow[1].retries",
    ),
    "an option out of range": (MAPPING + "numbers: {retries: 101}", "$.tasks.numbers.retries"),
    "a duration that is none": (
        INSTANCE + "{id: b, task: numbers, cache: {ttl: 1 day}}",
        "$.workflow[1].cache",
    ),
    "an unknown condition": (
        INSTANCE + "{id: b, task: numbers, skipif: {conditions: [nevr]}}",
        "$.workflow[1].skipif",
    ),
    "an unknown argument": (
        INSTANCE + "{id: b, task: numbers, partial: {cuont: 1}}",
        "$.workflow[1].partial",
    ),
    "an unknown argument of a full name": (
        INSTANCE + "{id: b, task: map_tasks.numbers, partial: {cuont: 1}}",
        "$.workflow[1].partial",
    ),
    "a literal of a wrong type": (
        INSTANCE + "{id: b, task: numbers, partial: {count: [1]}}",
        "$.workflow[1].partial.count",
    ),
    "a text for a number": (
        INSTANCE + "{id: b, task: numbers, partial: {count: three}}",
        "$.workflow[1].partial.count",
    ),
    "a literal of a wrong type in the mapping form": (
        MAPPING + "numbers: {count: true}",
        "$.tasks.numbers.count",
    ),
    "a literal out of range": (
        INSTANCE + "{id: b, task: calculate_time_density, partial: {pixel_size: 0}}",
        "$.workflow[1].partial.pixel_size",
    ),
    "a part of a wrong type": (
        INSTANCE + "{id: b, task: calculate_time_density, partial: {percentiles: [fifty]}}",
        "$.workflow[1].partial.percentiles",
    ),
    "an unknown key of a model": (
        INSTANCE + "{id: b, task: draw_ecomap, partial: {title_kws: {size: 3}}}",
        "$.workflow[1].partial.title_kws",
    ),
    "an unknown key of a model in the mapping form": (
        MAPPING + "draw_ecomap: {title_kws: {size: now}}",
        "$.tasks.draw_ecomap.title_kws",
    ),
    "an unknown choice": (
        INSTANCE + "{id: b, task: draw_ecomap, partial: {scheme: equl}}",
        "$.workflow[1].partial.scheme",
    ),
    "a literal for a table": (
        INSTANCE + "{id: b, task: compare, partial: {frame: a}}",
        "$.workflow[1].partial.frame",
    ),
    "a mapping for a table in the mapping form": (
        MAPPING + "compare: {frame: {x: 1}}",
        "$.tasks.compare.frame",
    ),
    "a literal among tables": (
        INSTANCE + "{id: b, task: merge_tables, partial: {tables: [a]}}",
        "$.workflow[1].partial.tables",
    ),
    "an option that is also an argument": (MAPPING + "fetch: {retries: 1}", "$.tasks.fetch.retries"),
    "an unknown argname": (
        INSTANCE + "{id: b, task: numbers, map: {argnames: cuont, argvalues: [1]}}",
        "$.workflow[1].map.argnames",
    ),
    "an argname of a task without arguments": (
        INSTANCE + "{id: b, task: now, map: {argnames: x, argvalues: [1]}}",
        "$.workflow[1].map.argnames",
    ),
    "an unknown key of a map": (
        INSTANCE + "{id: b, task: numbers, mapvalues: {argnames: count, argvalues: [], onerror: skip}}",
        "$.workflow[1].mapvalues",
    ),
    "a map without values": (
        INSTANCE + "{id: b, task: numbers, map: {argnames: count}}",
        "$.workflow[1].map",
    ),
    "a misspelt key in a group in a group": (
        INSTANCE
        + "{type: task-group, title: O, tasks: [{type: task-group, title: I, tasks: [{id: c, tsk: now}]}]}",
        "$.workflow[1].tasks[0].tasks[0]",
    ),
    "a group of another type": (
        INSTANCE + "{type: group, title: O, tasks: [{id: c, task: now}]}",
        "$.workflow[1].type",
    ),
    "an empty group": (INSTANCE + "{type: task-group, title: O, tasks: []}", "$.workflow[1].tasks"),
    "a use that is a text": (INSTANCE + "{id: b, use: density_maps}", "$.workflow[1].use"),
    "a use with a task": (INSTANCE + "{id: b, task: now, use: {fragment: f}}", "$.workflow[1]"),
    "a misspelt default": (
        "name: x\ntask-instance-defaults: {retrys: 1}\ntasks: {now: }",
        "$['task-instance-defaults']",
    ),
    "an unknown key at the top": ("nam: x\nname: x\ntasks: {now: }", "$"),
    "no name": ("tasks: {now: }", "$"),
    "both forms": (INSTANCE + "{id: b, task: now}\ntasks: {now: }", "$"),
    "neither form": ("name: x", "$"),
    "a list under tasks": (MAPPING + "- now", "$.tasks"),
    "nothing under tasks": ("name: x\ntasks: {}", "$.tasks"),
    "a mapping under workflow": ("name: x\nworkflow: {now: }", "$.workflow"),
    "an unknown key of a fragment": ("fragment: f\nname: x\nworkflow: [{id: a, task: now}]", "$"),
    "an unknown task in a fragment": (
        "fragment: f\nworkflow: [{id: a, task: nwo}]",
        "$.workflow[0].task",
    ),
}


@pytest.mark.parametrize(("text", "place"), WRONG.values(), ids=WRONG)
def test_wrong(text: str, place: str) -> None:
    found = findings(text)
    assert found
    assert all(path.startswith(place) for path in found), found


@pytest.mark.parametrize("text", [text for text, _ in WRONG.values() if "fragment" not in text], ids=str)
def test_what_is_wrong_here_is_wrong_for_check_too(text: str) -> None:
    with pytest.raises(ProblemError):
        workflow_of(text, TASKS)


def test_descriptions_come_from_tasks_and_parameters() -> None:
    defs = INSTALLED["$defs"]
    arguments = defs["arguments.calculate_time_density"]
    assert arguments["description"].startswith("Outline the areas in which the animal spends")
    expected = "The side of a raster cell (m). A smaller one gives finer areas and takes longer."
    assert arguments["properties"]["pixel_size"]["description"] == expected
    entry = defs["entry.calculate_time_density"]
    assert entry["properties"]["pixel_size"]["description"] == expected
    assert arguments["properties"]["crs"]["default"] == "ESRI:102022"
    tasks = {
        branch.get("const"): branch.get("description")
        for branch in defs["instance"]["properties"]["task"]["anyOf"]
    }
    assert tasks["calculate_time_density"] == arguments["description"]
    for name in Options.model_fields:
        assert defs["Options"]["properties"][name]["description"]


def test_parameters_and_models_stand_once() -> None:
    defs = INSTALLED["$defs"]
    assert [name for name in defs if "LayerOptions" in name] == [
        "reference.model.LayerOptions",
        "word.model.LayerOptions",
    ]
    size = defs["entry.calculate_time_density"]["properties"]["pixel_size"]["anyOf"]
    assert size[0] == {"$ref": "#/$defs/arguments.calculate_time_density/properties/pixel_size"}
    assert len(json.dumps(INSTALLED)) < 10_000 * len(registry.installed())


def test_tables_are_references_only() -> None:
    text = json.dumps(INSTALLED)
    assert '"dataframe"' not in text
    assert "segment_start" not in text


@pytest.mark.parametrize("text", ["90s", "1.5h", " 2 w ", "1d"])
def test_durations_are_those_that_are_read(text: str) -> None:
    parse_duration(text)
    assert findings(INSTANCE + f"{{id: b, task: now, cache: {{ttl: '{text}'}}}}") == []


@pytest.mark.parametrize("text", ["90", "1y", "-1d", "1d 2h", "1,5h"])
def test_no_other_durations(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)
    assert findings(INSTANCE + f"{{id: b, task: now, cache: {{ttl: '{text}'}}}}") != []


PACKAGE = """
    from typing import Annotated, Any
    from pydantic import BaseModel, Field
    from ecoflows.annotations import AnyDataFrame
    from ecoflows.decorators import distributed

    class Style(BaseModel, extra="forbid"):
        {key}: int = 1
        inner: "Style | None" = None

    class Opaque:
        pass

    @distributed
    def draw(style: Style) -> int:
        return 1

    @distributed
    def {name}(style: list[Style] | AnyDataFrame | None = None, opaque: Opaque | None = None,
               größe: float = float("nan")) -> int:
        return 1
"""


def test_packages_with_the_same_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for package, key in (("wild", "size"), ("tame", "width")):
        write_package(tmp_path, package, {"tasks.py": PACKAGE.format(key=key, name=f"paint_{package}")})
    points = [EntryPoint("tasks", f"{package}.tasks", registry.GROUP) for package in ("wild", "tame")]
    schema = spec_schema(registry.discover(points))
    for name in ("wild", "wild.tasks", "tame", "tame.tasks"):
        sys.modules.pop(name, None)

    def wrong(entries: str) -> list[str]:
        return findings(f"name: x\nworkflow: [{entries}]", schema)

    assert wrong("{id: a, task: draw}") == ["$.workflow[0].task"]
    assert wrong("{id: a, task: wild.tasks.draw, partial: {style: {size: 1, inner: {size: 2}}}}") == []
    assert wrong("{id: a, task: tame.tasks.draw, partial: {style: {width: 1}}}") == []
    assert wrong("{id: a, task: tame.tasks.draw, partial: {style: {size: 1}}}") == [
        "$.workflow[0].partial.style"
    ]
    assert wrong("{id: a, task: paint_wild, partial: {style: [{inner: {width: 1}}]}}") == [
        "$.workflow[0].partial.style"
    ]
    assert wrong("{id: a, task: paint_tame, partial: {style: {width: 1}}}") == ["$.workflow[0].partial.style"]
    assert wrong("{id: a, task: paint_tame, partial: {style: '${{ workflow.b.return }}', größe: 2}}") == []
    assert (
        findings("name: x\ntasks: {wild.tasks.draw: {style: {size: b}}, paint_tame: {größe: b}}", schema)
        == []
    )
    assert findings("name: x\ntasks: {wild.tasks.draw: {style: {width: b}}}", schema) != []
