"""Parameters: JSON Schema, the fillable file, binding; bad params files are in ``bad_params``."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import jsonschema
import pytest
import yaml
from pydantic import AfterValidator, BaseModel, Field

import sample_tasks
from answer import Answer
from ecoflows import registry
from ecoflows.annotations import AnyDataFrame
from ecoflows.decorators import Parameter, distributed
from ecoflows.errors import ProblemError
from ecoflows.registry import RegisteredTask, Registry
from ecoflows.source import load, loads
from ecoflows.spec import load as load_spec
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.params import bind, json_schema, open_parameters, template, type_text
from ecoflows.workflow.resolve import resolve
from support import ROOT, registry_of, workflow_of


class Color(Enum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


class Point(BaseModel):
    """A place."""

    x: float
    y: float = 0.0


class Client:
    """Something that no file can hold."""


@distributed
def odd_defaults(
    nan: float = math.nan,
    infinity: float = math.inf,
    when: datetime = datetime(2024, 1, 31, 12, tzinfo=UTC),
    path: Path = Path("a b/c"),
    color: Color = Color.BLUE,
    point: Point = Point(x=1),  # noqa: B008
    points: list[Point] = [Point(x=1), Point(x=2, y=3)],  # noqa: B006, B008
    nothing: int | None = None,
    wrong: int = None,  # type: ignore[assignment]  # noqa: RUF013
    pause: timedelta = timedelta(seconds=90),
    words: tuple[str, ...] = ("no", "1e3", "0o17", "null", "12:30", "a: b", "# x", "", "true", "é🐘"),
    table: dict[str, Any] = {"on": [1, None]},  # noqa: B006
    data: bytes = b"abc",
    client: Client | None = None,
    frame: AnyDataFrame | None = None,
    holder: Client = Client(),  # noqa: B008
    either: Literal["a", 1] | None = "a",
    sized: Annotated[list[int], Field(min_length=1, max_length=3)] = [1],  # noqa: B006
) -> str:
    """Have defaults of every kind."""
    return repr([nan, infinity, when, path, color, point, points, nothing, wrong, pause, words, table])


@distributed
def clashing(
    copy: int,
    json: int,
    schema: int,
    _x: int,
    model_config: int,
    validate: int,
    model_fields: int,
    self: int,
    cls: int,
) -> int:
    """Have arguments whose names pydantic keeps for itself."""
    return copy


@distributed
def needs_client(client: Client, number: int) -> int:
    """Take something that no file can hold."""
    return number


def registry_with(*tasks: Any) -> Registry:
    return Registry(RegisteredTask(task, "test") for task in tasks)


ODD = workflow_of("name: odd\ntasks: {odd_defaults: }\n", registry_with(odd_defaults))
SAMPLE = """
name: density
workflow:
  - {id: load, task: load_observations, partial: {subject_column: who}}
  - {id: a b.c, task: calculate_time_density, partial: {trajectory_gdf: "${{ workflow.load.return }}"}}
  - {id: "1", task: set_time_range}
  - {id: "no", task: draw_ecomap, partial: {geodataframe: "${{ workflow.a b.c.return }}"}}
  - {id: "a: #x", task: now}
  - {id: again, task: load_observations}
"""
GOOD = """
load: {path: a.csv}
a b.c: {pixel_size: 250}
"1": {since: 2024-01-01}
again: {path: b.csv, limit: 5}
"""


def sample() -> Workflow:
    return workflow_of(SAMPLE, registry_of(sample_tasks))


def shipped() -> Workflow:
    return resolve(load_spec(ROOT / "specs/time_density.yaml"), registry.installed())[0]


def codes(workflow: Workflow, text: str, *overrides: str) -> list[str]:
    with pytest.raises(ProblemError) as raised:
        bind(workflow, loads(text, "params.yaml"), overrides)
    return [problem.code for problem in raised.value.problems]


def schema_of(workflow: Workflow) -> dict[str, Any]:
    """The schema as another program reads it, checked against the meta-schema."""
    schema: dict[str, Any] = json.loads(json.dumps(json_schema(workflow), allow_nan=False))
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def test_json_schema_is_keyed_by_instance_id() -> None:
    schema = schema_of(sample())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert list(schema["properties"]) == ["load", "a b.c", "1", "no", "again"]
    assert schema["required"] == ["load", "a b.c", "1", "again"]
    assert schema["additionalProperties"] is False


def section(schema: dict[str, Any], name: str) -> dict[str, Any]:
    reference = schema["properties"][name]["$ref"]
    found: dict[str, Any] = schema["$defs"][reference.rpartition("/")[2]]
    return found


def test_json_schema_has_descriptions_defaults_enums_and_ranges() -> None:
    schema = schema_of(sample())
    density = section(schema, "a b.c")
    assert density["description"] == "Outline where time is spent."
    assert density["properties"]["pixel_size"] == {
        "description": "The side of a cell (m).",
        "exclusiveMinimum": 0,
        "title": "Pixel Size",
        "type": "number",
    }
    assert density["properties"]["percentiles"]["default"] == [50.0, 95.0]
    assert density["properties"]["band_count"]["maximum"] == 12
    assert density["required"] == ["pixel_size"]
    assert section(schema, "no")["properties"]["scheme"]["enum"] == ["quantiles", "equal"]
    assert "trajectory_gdf" not in density["properties"]
    assert "subject_column" not in section(schema, "load")["properties"]
    assert "subject_column" in section(schema, "again")["properties"]


def test_json_schema_and_binding_agree() -> None:
    validator = jsonschema.Draft202012Validator(schema_of(sample()))
    validator.validate(loads(GOOD).data)
    bind(sample(), loads(GOOD))
    for bad in (
        GOOD.replace("250", "-1"),
        GOOD.replace("250", "tall"),
        GOOD.replace("pixel_size", "pxl"),
        GOOD.replace("limit: 5", "limit: few"),
        GOOD + "zzz: {}\n",
        GOOD.replace("load:", "laod:"),
    ):
        assert not validator.is_valid(loads(bad).data)
        assert codes(sample(), bad)


def test_shipped_spec_has_a_schema_that_accepts_its_params_file() -> None:
    validator = jsonschema.Draft202012Validator(schema_of(shipped()))
    validator.validate(load(ROOT / "specs/time_density.params.yaml").data)


def test_odd_defaults_survive_as_json_schema() -> None:
    properties = section(schema_of(ODD), "odd_defaults")["properties"]
    assert "default" not in properties["nan"]
    assert "default" not in properties["infinity"]
    assert properties["when"]["default"] == "2024-01-31T12:00:00Z"
    assert properties["path"]["default"] == "a b/c"
    assert properties["color"]["default"] == "blue"
    assert properties["point"]["default"] == {"x": 1.0, "y": 0.0}
    assert properties["nothing"]["default"] is None
    assert properties["pause"]["default"] == "PT1M30S"
    assert "required" not in section(schema_of(ODD), "odd_defaults")
    assert "frame" not in properties


def test_odd_defaults_survive_as_a_file() -> None:
    text = template(ODD)
    source = loads(text)
    bound = bind(ODD, source).nodes["odd_defaults"]
    parameters = odd_defaults.parameters
    assert "  # wrong:" in text
    assert "  # holder:" in text
    for name in set(open_parameters(ODD.nodes["odd_defaults"])) - {"nan", "wrong", "holder"}:
        assert parameters[name].adapter.validate_python(bound.arguments[name]) == parameters[name].default, (
            name
        )
    assert math.isnan(bound.arguments["nan"])
    assert yaml.safe_load(text)["odd_defaults"]["words"] == list(parameters["words"].default)


def filled(text: str, **values: str) -> str:
    """A template with values in place of what is required."""
    for name, value in values.items():
        assert f"  {name}:\n" in text
        text = text.replace(f"  {name}:\n", f"  {name}: {value}\n")
    return text


def test_the_template_of_the_shipped_spec_is_a_params_file_once_filled() -> None:
    workflow = shipped()
    text = template(workflow)
    bound = bind(workflow, loads(filled(text, path="fixes.csv", pixel_size="250"), "params.yaml"))
    for node in bound.nodes.values():
        assert not open_parameters(node)
        for name, value in node.arguments.items():
            parameter = node.task.parameters[name]
            if name not in ("path", "pixel_size") and name not in workflow.nodes[node.id].arguments:
                assert parameter.adapter.validate_python(value) == parameter.adapter.validate_python(
                    parameter.default
                )


def test_the_unfilled_template_reports_each_required_parameter() -> None:
    with pytest.raises(ProblemError) as raised:
        bind(shipped(), loads(template(shipped()), "params.yaml"))
    found = [(problem.code, problem.line, problem.excerpt) for problem in raised.value.problems]
    assert [(code, excerpt) for code, _line, excerpt in found] == [
        ("missing-parameter", "  path:"),
        ("missing-parameter", "  pixel_size:"),
    ]
    lines = template(shipped()).splitlines()
    assert [lines[(line or 0) - 1] for _code, line, _excerpt in found] == ["  path:", "  pixel_size:"]


def test_the_template_says_all_that_is_known() -> None:
    text = template(sample())
    assert text == template(sample())
    for node in sample().nodes.values():
        for parameter in open_parameters(node).values():
            assert (parameter.description or "") in text
            assert type_text(parameter) in text
    assert text.count("REQUIRED") == 1 + 4
    assert all(len(line) <= 100 for line in text.splitlines())
    assert "trajectory_gdf" not in text
    assert list(yaml.safe_load(text)) == ["load", "a b.c", "1", "no", "again"]


def test_the_template_of_a_part() -> None:
    one = workflow_of(
        "name: x\nworkflow:\n  - {id: density, task: calculate_time_density, partial: {trajectory_gdf: "
        '"${{ workflow.l.return }}", crs: "EPSG:32637"}}\n'
        "  - {id: l, task: load_observations, partial: {path: a}}\n",
        registry_of(sample_tasks),
    )
    assert template(one) == (
        "# Parameters of x: fill in what is marked REQUIRED, change what you like.\n"
        "\n"
        "# Read fixes from a file.\n"
        "l:\n"
        "  # Who moved.\n"
        "  # text; default: subject\n"
        "  subject_column: subject\n"
        "  # Read no more rows than this.\n"
        "  # whole number or null; default: null\n"
        "  limit: null\n"
        "\n"
        "# Outline where time is spent.\n"
        "density:\n"
        "  # The side of a cell (m).\n"
        "  # number above 0; REQUIRED\n"
        "  pixel_size:\n"
        "  # whole number from 1 to 12; default: 1\n"
        "  band_count: 1\n"
        "  # The shares (%).\n"
        "  # list of numbers above 0 and at most 100, at least 1 item; default: [50.0, 95.0]\n"
        "  percentiles: [50.0, 95.0]\n"
    )


def test_the_template_of_a_spec_that_leaves_nothing_open() -> None:
    workflow = workflow_of("name: x\ntasks: {now: }\n", registry_of(sample_tasks))
    assert template(workflow) == "# x leaves nothing open: this file may stay empty.\n{}\n"
    assert bind(workflow, loads(template(workflow))) == workflow
    assert schema_of(workflow)["properties"] == {}


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (int, "whole number"),
        (Annotated[int, Field(ge=50, le=10000)] | str, "whole number from 50 to 10000 or text"),
        (str | None, "text or null"),
        (None | str, "text or null"),
        (bool, "true or false"),
        (list[str], "list of texts"),
        (list[tuple[float, float]], "list of lists [number, number]"),
        (list[tuple[float, float] | Point], "list of lists [number, number] or mappings {x, y}"),
        (tuple[float, float], "list [number, number]"),
        (Annotated[list[int], Field(min_length=2, max_length=2)], "list of whole numbers, 2 items"),
        (Annotated[list[int], Field(min_length=1)], "list of whole numbers, at least 1 item"),
        (
            Annotated[list[int], Field(min_length=1, max_length=3)],
            "list of whole numbers, at least 1 and at most 3 items",
        ),
        (list[Annotated[list[int], Field(max_length=1)]], "list of lists of whole numbers (at most 1 item)"),
        (Literal["a", "b"], "one of a, b"),
        (Literal["no"], "'no'"),
        (Color, "one of red, blue"),
        (dict[str, float], "mapping of names to numbers"),
        (dict, "mapping"),
        (datetime, "date and time"),
        (Point, "mapping {x, y}"),
        (Point | None, "mapping {x, y} or null"),
        (Any, "any value"),
        (Client, "any value"),
        (Annotated[float, Field(gt=0, lt=1)], "number above 0 and below 1"),
        (Annotated[str, AfterValidator(str.strip)], "text"),
    ],
    ids=str,
)
def test_types_in_words(annotation: Any, words: str) -> None:
    assert type_text(Parameter("x", annotation)) == words


def test_argument_names_that_clash_with_pydantics_own() -> None:
    workflow = workflow_of("name: x\ntasks: {clashing: }\n", registry_with(clashing))
    names = list(clashing.parameters)
    assert section(schema_of(workflow), "clashing")["required"] == names
    values = {name: number for number, name in enumerate(names)}
    bound = bind(workflow, loads(json.dumps({"clashing": values})))
    assert bound.nodes["clashing"].arguments == values
    assert list(loads(template(workflow)).data["clashing"]) == names
    assert codes(workflow, "clashing: {}\n") == ["missing-parameter"] * len(names)


def test_overrides_win_and_values_are_yaml() -> None:
    bound = bind(
        sample(),
        loads(GOOD),
        ["a b.c.pixel_size=500", "a b.c.percentiles=[10, 20]", "1.until=2024-02-01", "no.title=Mara 2024=5",
         "load.path='7'", "no.title_kws={color: red}", " again.limit =7"],
    )  # fmt: skip
    density = bound.nodes["a b.c"]
    assert density.arguments["pixel_size"] == 500
    assert density.arguments["percentiles"] == [10, 20]
    assert density.origins["pixel_size"] == "--set a b.c.pixel_size=500"
    assert density.origins["trajectory_gdf"].startswith("spec.yaml:")
    assert bound.nodes["no"].arguments["title"] == "Mara 2024=5"
    assert bound.nodes["no"].arguments["title_kws"] == {"color": "red"}
    assert bound.nodes["load"].arguments["path"] == "7"
    assert bound.nodes["load"].origins["path"] == "--set load.path='7'"
    assert bound.nodes["again"].arguments["limit"] == 7


def test_overrides_alone_are_enough() -> None:
    overrides = ["load.path=a", "a b.c.pixel_size=1", "1.since=2024-01-01", "again.path=b"]
    bound = bind(sample(), None, overrides)
    assert bound.nodes["again"].arguments == {"path": "b"}


def test_without_a_params_file_the_way_out_is_told() -> None:
    with pytest.raises(ProblemError) as raised:
        bind(sample(), None)
    found = {problem.message: problem for problem in raised.value.problems}
    problem = found["the parameter 'pixel_size' of 'a b.c' is missing"]
    assert (problem.file, problem.line) == (None, None)
    assert problem.hint == (
        "number above 0: The side of a cell (m). "
        "(give it in a params file or with --set 'a b.c.pixel_size=VALUE')"
    )


def test_binding_tells_where_each_value_was_written() -> None:
    bound = bind(sample(), loads(GOOD, "params.yaml"))
    assert bound.nodes["again"].origins == {"path": "params.yaml:5:15", "limit": "params.yaml:5:29"}


def test_an_empty_section_takes_the_defaults() -> None:
    assert bind(sample(), loads(GOOD + '"no":\n')).nodes["no"].open
    assert bind(sample(), loads(GOOD + '"no": {}\n')).nodes["no"].open


def test_what_no_file_can_hold_is_told_as_any_other_parameter() -> None:
    workflow = workflow_of("name: x\ntasks: {needs_client: }\n", registry_with(needs_client))
    schema_of(workflow)
    assert "any value; REQUIRED" in template(workflow)
    assert codes(workflow, "") == ["missing-parameter"] * 2
    assert codes(workflow, "needs_client: {client: 5, number: 1}") == ["wrong-type"]


def test_two_instances_of_one_task_have_a_section_each() -> None:
    schema = schema_of(sample())
    assert section(schema, "load")["title"] == "load"
    assert section(schema, "again")["title"] == "again"


def test_check_shows_problems_of_spec_and_params_file_together(
    command: Callable[..., Answer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text("name: x\ntasks: {nwo: }\n")
    Path("params.yaml").write_text("a: [1\n")
    answer = command("check", "spec.yaml", "--params", "params.yaml")
    assert answer.code == 1
    assert "error[unknown-task]" in answer.out
    assert "error[yaml-syntax]" in answer.out
    assert answer.out.endswith("2 problems\n")


@pytest.mark.parametrize("name", ["check", "plan", "run", "get-params"])
def test_every_command_tells_bad_input_with_exit_code_1_and_no_traceback(
    command: Callable[..., Answer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text("name: x\ntasks: {nwo: , load_observations: {pth: 1}}\n")
    for arguments in (["spec.yaml"], ["missing.yaml"], ["."]):
        answer = command(name, *arguments)
        assert answer.code == 1
        assert "error[" in answer.out + answer.err
        assert "Traceback" not in answer.out + answer.err
