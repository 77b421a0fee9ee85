"""Whatever stands in a spec, generated programs pass on as it is: never as code, never changed."""

from __future__ import annotations

import math
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jupytext
from hypothesis import example, given, settings
from hypothesis import strategies as st

import map_tasks
from compiling import compiled
from ecoflows import scripting
from ecoflows.decorators import Parameter
from ecoflows.scripting.parameters import checked
from ecoflows.spec import MapOver, Reference
from ecoflows.targets.notebook import NOTEBOOK
from ecoflows.targets.script import SCRIPT
from ecoflows.targets.steps.parameters import default_source
from ecoflows.workflow.model import Edge, Workflow
from scripting_runs import Recording, facts, sequential
from support import registry_of, workflow_of

PIECES = [
    *('"', "'", '"""', "'''", "\\", "\n", "\r", "\t", "\0", "#", "# %%", "%%", "%", "!", "?", "\u2028", "\f"),
    *("{{ 7*7 }}", "{", "}", "$(X)", "${X}", "%s", "%(x)s", "\u202e", "\u200b", "😀", "é", "ﬁ"),
    *("\n# %%\n", "\n# %% [markdown]\n", "\n!rm -rf ~\n", "\n%%bash\n", "\\N{DIGIT ONE}", "\\x41", "\\u0041"),
    *(
        "class",
        "run",
        "step",
        "params",
        "None",
        "print",
        "cat",
        "square",
        "ecoflows",
        "_",
        "__",
        "1",
        " ",
        "-",
    ),
    *(
        "coding: utf-7",
        "fmt: off",
        "noqa",
        "type: ignore",
        "<script>",
        "&amp;",
        "`",
        "*",
        "[x](y)",
        "$x$",
        "- ",
    ),
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=6).map("".join)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**63, -(2**63) - 1, 10**40, -(10**4200)]),
    st.floats(),
    st.sampled_from([-0.0, math.nan, math.inf, -math.inf, 1e-320, 1e22]),
    TEXTS,
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
IDS = st.lists(TEXTS.filter(bool), min_size=4, max_size=4, unique=True)

BASE = workflow_of(
    """
    name: hostile
    workflow:
      - {id: a, task: anything}
      - {id: b, task: anything, partial: {value: 0}}
      - {id: c, task: label, partial: {view: 0}, map: {argnames: data, argvalues: []}}
      - {id: d, task: joined, partial: {values: []}}
    """,
    registry_of(map_tasks),
)


def hostile(ids: list[str], titles: list[str], value: Any, bound: Any) -> Workflow:
    """A workflow with these ids, titles and values, of which the first leaves its value open."""
    a, b, c, _d = (Reference(name, ()) for name in ids)
    arguments = [{}, {"value": {"given": bound, "above": [a]}}, {"view": bound}, {"values": [c, b]}]
    over = MapOver(("data",), [a, bound, b], False, ())
    nodes = {
        name: replace(
            node,
            id=name,
            title=title,
            arguments=given,
            origins=dict.fromkeys(given, "here"),
            map=over if node.map else None,
            group=(title,),
        )
        for name, title, node, given in zip(ids, titles, BASE.nodes.values(), arguments, strict=True)
    }
    edges = tuple(Edge(ids[0], name, "value", ()) for name in ids[1:3])
    return replace(BASE, name=titles[0] or "x", nodes=nodes, edges=edges)


def bound_to(workflow: Workflow, value: Any) -> Workflow:
    first = next(iter(workflow.nodes))
    return workflow.with_arguments({first: {"value": value}}, {first: {"value": "here"}})


def outcomes_of(text: str, root: Path) -> dict[str, Any]:
    """What became of the steps of a script that is run here."""
    names: dict[str, Any] = {"__name__": "generated"}
    exec(compile(text, "generated.py", "exec"), names)
    run = Recording(root)
    names["main"](run, checked(names["PARAMS"]))
    return {name: facts(outcome) for name, outcome in run.outcomes.items()}


def outcomes_of_notebook(text: str, root: Path) -> dict[str, Any]:
    """What became of the steps of a notebook, cell by cell as Jupytext reads them."""
    names: dict[str, Any] = {}
    runs: list[Recording] = []

    def opened(name: str, cache_root: str, names: Any) -> Recording:
        runs.append(Recording(root))
        return runs[-1]

    with patch.object(scripting, "Run", opened):
        for cell in jupytext.reads(text, fmt="py:percent").cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, "cell", "exec"), names)
    return {name: facts(outcome) for name, outcome in runs[0].outcomes.items()}


@settings(max_examples=15, deadline=None)
@given(IDS, st.lists(TEXTS, min_size=4, max_size=4), VALUES, VALUES)
@example(
    ["run", "step", "class", "print"],
    ['"""', "\n# %%\n!ls", "%%bash", "\\"],
    ["'''", '"""', "\\"],
    {"{{ 7*7 }}": "$(X)", "\u202e": [math.nan, -0.0, 10**4200]},
)
def test_what_arrives_is_what_the_sequential_engine_passes(
    ids: list[str], titles: list[str], value: Any, bound: Any
) -> None:
    workflow = hostile(ids, titles, value, bound)
    given = {ids[0]: {"value": value}}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        expected = sequential(bound_to(workflow, value), root / "sequential")
        assert outcomes_of(compiled(SCRIPT, workflow, given), root / "script") == expected
        assert outcomes_of_notebook(compiled(NOTEBOOK, workflow, given), root / "notebook") == expected


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_a_default_stands_in_a_program_only_where_its_key_is_the_same(value: Any) -> None:
    from ecoflows.targets.steps.parameters import _written

    parameter = Parameter("value", Any, value)
    source = default_source(parameter)
    assert source is not None
    read = eval(source)
    assert _written(read) == _written(parameter.usual)
