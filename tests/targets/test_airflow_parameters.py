"""Parameters of compiled DAGs: what Airflow carries counts as what it stands for, whatever it is."""

from __future__ import annotations

import json
import math
import re
import types
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from airflow_programs import HOSTILE_TEXTS, TASKS, Program, compiled, installed, read, rendered
from ecoflows.decorators import distributed
from ecoflows.invocation import Invocation
from ecoflows.invocation.reading import read as read_call
from ecoflows.keys import cache_key
from ecoflows.targets.airflow.templates import MACRO, Filled, entries, filled, json_template, object_template
from ecoflows.workflow.model import Workflow
from support import ROOT, registry_of, workflow_of

NASTY = st.text(st.sampled_from(list("{}%#$()\\'\"`<&/ \nau0074b-\u2028\U0001f418")), max_size=20)
TEXTS = st.one_of(NASTY, st.text(), st.sampled_from(HOSTILE_TEXTS))
JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


class Style(BaseModel):
    """A style."""

    color: Color = Color.RED
    width: Annotated[float, Field(gt=0)] = 1.0


@distributed
def defaults(
    nothing: int | None = None,
    blank: str = "",
    text: Annotated[str, Field(description="A text.")] = "{{ 7*7 }} $(HOME)",
    nan: float = math.nan,
    below_zero: float = -0.0,
    huge: int = 2**60,
    large: int = 2**53,
    pair: tuple[int, str] = (1, "a"),
    moment: datetime = datetime(2024, 1, 31, 12, tzinfo=UTC),
    local: datetime = datetime(2024, 1, 31, 12),  # noqa: DTZ001  # without a zone on purpose
    day: date = date(2024, 1, 31),
    hour: time = time(6, 30),
    span: timedelta = timedelta(minutes=90),
    path: Path = Path("a.json"),
    kinds: frozenset[str] = frozenset({"a"}),
    color: Color = Color.BLUE,
    word: Literal["a", "b"] = "b",
    one: Literal["only"] = "only",
    style: Style = Style(),  # noqa: B008
    maybe: Style | None = None,
    either: Annotated[int, Field(ge=5)] | str = 7,
    ordered: dict[str, int] = {"b": 1, "a": 2},  # noqa: B006
    wrong: Annotated[int, Field(ge=5)] = 1,
    anything: Any = (1, 2),
    data: bytes = b"\xff",
    surrogate: str = "\udc80",
) -> int:
    """Have defaults of all kinds."""
    return 1


def of(task: Any, text: str = "name: one\nworkflow: [{id: one, task: %s}]") -> Workflow:
    module = types.ModuleType("tasks")
    setattr(module, task.name, task)
    return workflow_of(text.replace("%s", task.name), registry_of(module))


def arguments_of(program: Program, params: dict[str, Any], task: str = "one") -> dict[str, Any]:
    """The arguments that a task's process makes of the call."""
    reference = (program.tasks[task].keywords.get("arguments") or [])[1]
    call = Invocation.model_validate_json(program.call(task, params, conf={}))
    return dict(read_call(reference, call, "call").node.arguments)


@pytest.fixture(autouse=True)
def _found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The task is found where its reference says, though this is no module of a package."""
    import sys

    monkeypatch.setitem(sys.modules, defaults.module, sys.modules[__name__])


def test_defaults_count_as_those_of_the_task() -> None:
    program = read(compiled(of(defaults)))
    arguments = arguments_of(program, program.defaults())
    assert cache_key(defaults, arguments).key == cache_key(defaults, {}).key
    left_out = set(defaults.parameters) - set(arguments)
    assert left_out == {
        *("nan", "below_zero", "huge", "ordered", "wrong", "anything", "data", "surrogate"),
        "moment",  # what comes from JSON has a zone of another class
    }
    for name in left_out:
        param = program.params[f"one__{name}"]
        assert param.positional == (None,)
        assert "Empty: the task's own default" in param["description"]
    assert program.params["one__huge"]["description"] == f"Empty: the task's own default, {2**60}."


def test_defaults_are_taken_by_their_schemas() -> None:
    program = read(compiled(of(defaults)))
    for name, param in program.params.items():
        Draft202012Validator.check_schema(param["schema"])
        assert Draft202012Validator(param["schema"]).is_valid(param.positional[0]), name


def test_a_form_has_a_field_for_each() -> None:
    params = read(compiled(of(defaults))).params

    def schema(name: str) -> dict[str, Any]:
        found: dict[str, Any] = params[f"one__{name}"]["schema"]
        return {key: part for key, part in found.items() if key not in ("title", "section")}

    assert schema("nothing") == {"type": ["integer", "null"]}
    assert schema("text") == {"type": "string"}
    assert params["one__text"]["description"] == "A text."
    assert params["one__text"]["schema"]["section"] == "one"
    assert schema("blank") == {
        "type": ["string", "null"]
    }  # a form refuses an empty text where there must be one
    assert schema("nan") == {"type": ["number", "null"]}
    assert schema("moment") == {"type": ["string", "null"], "format": "date-time"}
    assert schema("local") == {"type": "string"}  # Airflow refuses a time without a zone
    assert schema("day") == {"type": "string", "format": "date"}
    assert schema("hour") == {"type": "string", "format": "time"}
    assert schema("span") == schema("path") == {"type": "string"}
    assert schema("color")["enum"] == ["red", "blue"]
    assert schema("word") == {"type": "string", "enum": ["a", "b"]}
    assert schema("maybe")["type"] == ["object", "null"]
    assert schema("style")["properties"]["color"]["$ref"] == "#/$defs/Color"
    assert schema("style")["$defs"]["Color"]["enum"] == ["red", "blue"]


def test_null_stands_for_the_tasks_own_default_and_for_an_empty_text() -> None:
    program = read(compiled(of(defaults)))
    params = {**program.defaults(), "one__blank": None, "one__nan": 2.5, "one__text": "x"}
    arguments = arguments_of(program, params)
    assert (arguments["blank"], arguments["nan"], arguments["text"]) == ("", 2.5, "x")
    assert "huge" not in arguments


@pytest.mark.parametrize(
    ("name", "value", "carried"),
    [
        ("text", "given", "given"),
        ("blank", "", ""),
        ("large", "5", 5),  # Airflow would refuse the text
        ("nothing", None, None),
        ("nan", 1, 1),
        ("moment", "2024-01-31T12:00:00", "2024-01-31T12:00:00"),
        ("pair", [2, "b"], [2, "b"]),
        ("ordered", {"a": 1, "b": 2}, {"a": 1, "b": 2}),
    ],
)
def test_given_values_stand_in_the_form(name: str, value: Any, carried: Any) -> None:
    program = read(compiled(of(defaults), {"one": {name: value}}))
    param = program.params[f"one__{name}"]
    assert (param.positional, type(param.positional[0])) == ((carried,), type(carried))
    assert Draft202012Validator(param["schema"]).is_valid(carried)
    key = cache_key(defaults, arguments_of(program, program.defaults())).key
    assert key == cache_key(defaults, {name: value}).key


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nan", math.nan),
        ("below_zero", -0.0),
        ("nan", math.inf),
        ("huge", 2**80),
        ("ordered", {"b": 1, "a": 2}),
    ],
)
def test_given_values_that_no_form_carries_are_fixed(name: str, value: Any) -> None:
    text = compiled(of(defaults), {"one": {name: value}})
    assert f"    # {name} is fixed: no form carries " in text
    program = read(text)
    assert f"one__{name}" not in program.params
    assert f'"one__{name}"' not in program.call("one", program.defaults(), conf={})
    key = cache_key(defaults, arguments_of(program, program.defaults())).key
    assert key == cache_key(defaults, {name: value}).key


@pytest.mark.parametrize("name", ["time_density", "density_by_subject"])
def test_defaults_of_the_tasks_that_come_with_it(name: str) -> None:
    workflow = installed(ROOT / "specs" / f"{name}.yaml")
    program = read(compiled(workflow))
    params = dict.fromkeys(program.params, "x.csv") | {"calculate_time_density__pixel_size": 250}
    params |= program.defaults()
    for node in workflow.nodes.values():
        call = Invocation.model_validate_json(program.call(node.id, params, conf={}))
        for argument, value in call.parameters.items():
            parameter = node.task.parameters[argument]
            if not parameter.required:
                got, usual = parameter.adapter.validate_python(value), parameter.usual
                assert (got, type(got)) == (usual, type(usual)), argument


def test_names_are_unlike_each_other() -> None:
    workflow = workflow_of(
        """
        name: names
        workflow:
          - {id: a.b, name: Same, task: power}
          - {id: a-b, name: Same, task: power}
          - {id: a_b, task: power}
          - {id: "2", task: power}
        """,
        TASKS,
    )
    program = read(compiled(workflow))
    names = list(program.params)
    assert names[-3:] == ["task_2__x", "task_2__exponent", "cache_root"]
    first, second, third = (name for name in names if re.fullmatch("a_b_[0-9a-f]{6}__x", name))
    assert len(names) == 9
    assert program.params[second]["schema"]["section"] == "Same (a-b)"
    params = {**program.defaults(), first: 1, second: 2, third: 3, "task_2__x": 4}
    found = {
        node: json.loads(program.call(node, params, conf={}))["parameters"]["x"] for node in workflow.nodes
    }
    assert found == {"a.b": 1, "a-b": 2, "a_b": 3, "2": 4}
    fewer = read(
        compiled(workflow_of("name: n\nworkflow: [{id: a_b, task: power}, {id: a-b, task: power}]", TASKS))
    )
    assert third in fewer.params  # whatever stands before it


def test_only_what_starts_a_run_looks_at_the_names_that_it_was_given() -> None:
    workflow = workflow_of(
        """
        name: two
        workflow:
          - {id: numbers, task: numbers}
          - {id: sum, task: add_up, partial: {values: "${{ workflow.numbers.return }}"}}
        """,
        TASKS,
    )
    program = read(compiled(workflow))
    params = {**program.defaults(), "numbers__count": 1}
    first = json.loads(program.call("numbers", params, conf={"numbers__count": 1, "{{ x }}": 2}))
    assert first["known"] == ["numbers__count", "numbers__offset", "cache_root"]
    assert first["given"] == ["numbers__count", "{{ x }}"]
    assert json.loads(program.call("numbers", params, conf=None))["given"] == []
    assert "known" not in json.loads(program.call("sum", params, conf={}))


def test_the_run_and_the_cache_root_are_the_runs_own() -> None:
    workflow = workflow_of("name: one\nworkflow: [{id: now, task: now}]", TASKS)
    program = read(compiled(workflow, root="s3://x/{{ y }}"))
    assert program.defaults() == {"cache_root": "s3://x/{{ y }}"}
    run = "manual__$(HOME)'\"{{ 1 }}"
    call = json.loads(program.call("now", {"cache_root": "s3://{% z"}, run, {}))
    assert (call["cache_root"], call["run"]) == ("s3://{% z", run)


@given(JSON)
@example({"{{": ["{%", "{#", "$(A)"], "\\{": "\\$"})
def test_no_constant_is_changed_on_its_way(value: Any) -> None:
    template = MACRO + "".join(object_template([("value", [json_template(value)])]))
    text = rendered(template, {})
    assert json.loads(text) == {"value": value}
    assert repr(json.loads(text)["value"]) == repr(value)
    assert not any(mark in text for mark in ("{{", "{%", "{#", "$"))
    assert rendered(text, {}) == text


@given(st.dictionaries(st.sampled_from(["a", "é", "c"]), st.tuples(JSON, st.booleans()), min_size=1))
@example({"a": ("{{{", False)})
@example({"a": (["{", {"%": "{%"}], True), "c": (None, True)})
def test_no_value_of_a_run_is_changed_on_its_way(values: dict[str, tuple[Any, bool]]) -> None:
    found = {name: Filled(f"one__{index}", optional=values[name][1]) for index, name in enumerate(values)}
    params = {found[name].parameter: value for name, (value, _optional) in values.items()}
    template = MACRO + "".join(object_template([("x", [filled("run_id")]), ("parameters", entries(found))]))
    text = rendered(template, params)
    expected = {
        name: value for name, (value, optional) in values.items() if value is not None or not optional
    }
    assert json.loads(text)["parameters"] == expected
    assert not any(mark in text for mark in ("{{", "{%", "{#", "$"))
    assert rendered(text, params) == text
