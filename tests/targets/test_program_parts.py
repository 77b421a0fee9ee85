"""The parts of programs of steps: literals, names, comments, Markdown, defaults, durations."""

from __future__ import annotations

import math
import sys
from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import IntEnum, StrEnum
from pathlib import PurePosixPath
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import jupytext
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import map_tasks
from compiling import compiled
from ecoflows.decorators import Parameter, distributed
from ecoflows.errors import SerializationError
from ecoflows.registry import RegisteredTask, Registry
from ecoflows.scripting.parameters import checked
from ecoflows.targets.literal import literal
from ecoflows.targets.notebook import NOTEBOOK
from ecoflows.targets.script import SCRIPT
from ecoflows.targets.steps.importing import in_usual_order
from ecoflows.targets.steps.names import Variables, identifier
from ecoflows.targets.steps.parameters import default_source
from ecoflows.targets.steps.program import duration_text
from ecoflows.targets.steps.words import comment, docstring, markdown, one_line
from scripting_runs import Recording, facts, sequential
from support import registry_of, workflow_of


class Color(StrEnum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    "value",
    [
        *(
            None,
            True,
            0,
            -0.0,
            1e400,
            -math.inf,
            10**5000,
            -(10**5000),
            b"\0",
            (),
            (1,),
            (1, 2),
            set(),
            {1, "a"},
        ),
        *(frozenset({2}), {"a": {"b": [1]}}, {1: 2}, "\ud800\u202e", "'''\"\"\"\\", "\\'''", "\"'", "\\"),
        *(date(2024, 1, 31), time(12, 30), timedelta(days=1), datetime(2024, 1, 31, tzinfo=UTC)),
        datetime(2024, 1, 31, tzinfo=timezone(timedelta(hours=3))),
    ],
    ids=lambda value: type(value).__name__,
)
def test_literals_give_the_value(value: Any) -> None:
    read = eval(literal(value), {"datetime": sys.modules["datetime"]})
    assert read == value
    assert type(read) is type(value)
    assert not isinstance(value, float) or math.copysign(1, read) == math.copysign(1, value)
    literal(value).encode()


def test_nan_is_one() -> None:
    assert math.isnan(eval(literal(math.nan)))


@pytest.mark.parametrize(
    "value",
    [
        *(Color.RED, Level.HIGH, np.float64(1), np.int64(1), PurePosixPath("a"), object(), [object()]),
        *(OrderedDict(a=1), datetime(2024, 1, 31, tzinfo=ZoneInfo("Africa/Nairobi"))),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_without_an_exact_source_are_refused(value: Any) -> None:
    with pytest.raises(SerializationError, match="has no source"):
        literal(value)


@settings(deadline=None)
@given(st.text(st.sampled_from("'\"\\\n a#%")))
def test_literals_of_texts_have_no_three_quotes(value: str) -> None:
    assert eval(literal(value)) == value
    if "'''" in value or '"""' in value:
        assert "'''" not in literal(value)
        assert '"""' not in literal(value)


def test_references_stand_in_literals() -> None:
    found = literal([1, {"a": (len, 2)}], lambda part: "name" if part is len else None)
    assert found == "[1, {'a': (name, 2)}]"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("density", "density"),
        ("home_range.density", "home_range_density"),
        ("  2nd map!", "step_2nd_map"),
        ("größe ﬁ", "größe_fi"),
        ("трек", "трек"),
        ("\u202e!", "step"),
        ("a" * 500, "a" * 60),
        ("_private__x", "private_x"),
    ],
)
def test_identifiers(text: str, name: str) -> None:
    assert identifier(text) == name


@settings(deadline=None)
@given(st.text())
def test_every_text_has_an_identifier(text: str) -> None:
    import unicodedata

    name = identifier(text)
    assert name.isidentifier()
    assert unicodedata.normalize("NFKC", name) == name


def test_names_are_unique_and_hide_nothing() -> None:
    names = Variables(["run"])
    assert [names.take(text) for text in ("run", "run", "class", "print", "cat", "match")] == [
        *("run_2", "run_3", "class_2", "print_2", "cat_2", "match_2")
    ]
    assert names.take("print", "print_return") == "print_return"
    assert names.take("print", "print_return") == "print_return_2"
    assert names.free("x") == "x"
    assert names.take("x") == "x"


@settings(deadline=None)
@given(st.text(st.sampled_from("%!?# \n\\ab[]In<codecell>-+") | st.characters(), max_size=300))
def test_comments_are_comments_and_nothing_else(text: str) -> None:
    lines = comment(text, width=20)
    assert all(line.startswith("# ") and line.isprintable() for line in lines)
    code = "\n".join([*lines, "x = 1"])
    names: dict[str, Any] = {}
    exec(compile(code, "code", "exec"), names)
    assert names["x"] == 1
    notebook = jupytext.reads(f"# %%\n{code}\n", fmt="py:percent")
    assert [cell.source for cell in notebook.cells] == [code]


@settings(deadline=None)
@given(st.lists(st.text(), min_size=1))
def test_docstrings_hold_every_text(lines: list[str]) -> None:
    assert eval(docstring(lines)) == "\n".join(map(one_line, lines)) + "\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("time_density of *all* [x](y) <b> $x$ a|b", r"time_density of \*all\* \[x\](y) \<b\> \$x\$ a\|b"),
        ("# %%\n- x", r"\# %% - x"),
        ("1. first", r"1\. first"),
        ("%%bash", r"\%%bash"),
        ("_a_ `b` \\", r"\_a\_ \`b\` " + "\\\\"),
    ],
)
def test_markdown_shows_a_text_as_it_is(text: str, shown: str) -> None:
    assert markdown(text) == shown


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(weeks=2), "2w"),
        (timedelta(days=1), "1d"),
        (timedelta(minutes=90), "90m"),
        (timedelta(seconds=90), "90s"),
        (timedelta(seconds=1.5), "1.5s"),
        (timedelta(microseconds=1), "0.000001s"),
        (timedelta(seconds=100), "100s"),
    ],
)
def test_durations_are_read_as_they_were(duration: timedelta, text: str) -> None:
    from ecoflows.spec import CacheTtl

    assert duration_text(duration) == text
    assert CacheTtl.model_validate({"ttl": text}).ttl == duration


@pytest.mark.parametrize(
    ("annotation", "default", "source"),
    [
        (float, 250, "250"),
        (list[tuple[float, float]], [(0.0, 0.0)], "[(0.0, 0.0)]"),
        (float, math.nan, 'float("nan")'),
        (int, None, None),  # not of its type: the task gets it as it is
        (float, True, None),
        (Color, Color.RED, None),
        (map_tasks.Layer, map_tasks.Layer([]), None),
        (
            datetime,
            datetime(2024, 1, 1, tzinfo=UTC),
            "datetime.datetime(2024, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)",
        ),
    ],
)
def test_defaults_that_can_be_written_are(annotation: Any, default: Any, source: str | None) -> None:
    assert default_source(Parameter("x", annotation, default)) == source


def test_a_required_parameter_has_no_default() -> None:
    assert default_source(Parameter("x", int)) is None


def test_imports_are_in_the_usual_order() -> None:
    lines = [
        "import datetime",
        "from b import c",
        "from a import z as y",
        "from a import x",
        "from b import A",
    ]
    assert in_usual_order(lines) == (
        "import datetime\n\nfrom a import x\nfrom a import z as y\nfrom b import A, c"
    )


def module_of(name: str, source: str) -> ModuleType:
    module = ModuleType(name)
    sys.modules[name] = module
    exec(source, module.__dict__)
    return module


TASKS = """
from datetime import datetime, timezone
from ecoflows.decorators import distributed
from map_tasks import Layer

@distributed
def square(x: int, since: datetime = datetime(2024, 1, 1, tzinfo=timezone.utc)) -> int:
    return x * 1000 + since.year

@distributed
def print(x: int, layer: Layer | None = Layer([], "blue"), text: str = "datetime.") -> str:
    return f"{x} {layer.color}"
"""


@pytest.fixture
def registry() -> Any:
    module = module_of("other_tasks", TASKS)
    yield Registry(
        [RegisteredTask(map_tasks.square, "map_tasks")]
        + [RegisteredTask(getattr(module, name), "other_tasks") for name in ("square", "print")]
    )
    del sys.modules["other_tasks"]


SPEC = """
name: names
workflow:
  - {id: datetime, task: map_tasks.square, partial: {x: 2}}
  - {id: square, task: other_tasks.square, partial: {x: "${{ workflow.datetime.return }}"}}
  - {id: print, task: print, partial: {x: "${{ workflow.square.return }}"}}
  - {id: other_tasks_square, task: map_tasks.square, partial: {x: 5}}
  - {id: x, task: map_tasks.square, map: {argnames: x, argvalues: ["${{ workflow.x_2.return }}", 1]}}
  - {id: x_2, task: map_tasks.square, partial: {x: 3}}
"""


def test_tasks_of_one_name_get_names_of_their_own(registry: Registry, tmp_path: Any) -> None:
    workflow = workflow_of(SPEC, registry)
    expected = sequential(workflow, tmp_path / "sequential")
    text = compiled(SCRIPT, workflow)
    assert "import datetime\n" in text
    assert "from other_tasks import print as other_tasks_print\n" in text
    assert "from other_tasks import square as other_tasks_square\n" in text
    assert "layer=DEFAULT," in text
    names: dict[str, Any] = {"__name__": "generated"}
    exec(compile(text, "generated.py", "exec"), names)
    run = Recording(tmp_path / "script")
    names["main"](run, checked(names["PARAMS"]))
    assert {name: facts(outcome) for name, outcome in run.outcomes.items()} == expected


def test_a_mocked_instance_asks_for_nothing() -> None:
    workflow = workflow_of("{name: x, tasks: {square: {}}}", registry_of(map_tasks))
    nodes = {name: replace(node, mocked=True) for name, node in workflow.nodes.items()}
    for target in (SCRIPT, NOTEBOOK):
        text = compiled(target, replace(workflow, nodes=nodes))
        assert 'run.step("square", square, mock=True)(' in text
        assert "REQUIRED" not in text.replace("`REQUIRED`", "")


@distributed
def documented(x: int) -> int:
    """!rm -rf ~ and # %% and \\N{DIGIT ONE} \"\"\" in a description."""
    return x


def test_descriptions_are_words_only(tmp_path: Any) -> None:
    workflow = workflow_of(
        "{name: x, tasks: {documented: {x: 1}}}", Registry([RegisteredTask(documented, "tests")])
    )
    cells = jupytext.reads(compiled(NOTEBOOK, workflow), fmt="py:percent").cells
    assert [cell.cell_type for cell in cells] == ["markdown", "code", "markdown", "code"]
    assert (
        cells[2].source
        == '## documented\n\n\\!rm -rf \\~ and # %% and \\\\N\\{DIGIT ONE\\} """ in a description.'
    )
    assert "# . !rm -rf ~ and # %% and" in compiled(SCRIPT, workflow)
