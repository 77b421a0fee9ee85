"""What a spec means: order, edges, words, references, where arguments were written."""

from __future__ import annotations

import itertools
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BeforeValidator

import sample_tasks
from ecoflows.decorators import distributed
from ecoflows.errors import ProblemError
from ecoflows.registry import RegisteredTask, Registry
from ecoflows.source import loads
from ecoflows.spec import Reference, from_source
from ecoflows.workflow.model import Edge, Workflow
from ecoflows.workflow.order import ordered
from ecoflows.workflow.resolve import resolve
from support import registry_of, workflow_of

REGISTRY = registry_of(sample_tasks)
BLOCKS = {
    "draw_ecomap": "  draw_ecomap: {geodataframe: calculate_time_density, title: load_observations.}\n",
    "calculate_time_density": "  calculate_time_density: {trajectory_gdf: process_relocations}\n",
    "process_relocations": "  process_relocations:\n    observations: load_observations\n",
    "load_observations": "  load_observations:\n    path: fixes.csv\n",
}
CHAIN = ["load_observations", "process_relocations", "calculate_time_density", "draw_ecomap"]


def explode(value: Any) -> Any:
    raise KeyError(value)


@distributed
def fragile(x: Annotated[int, BeforeValidator(explode)]) -> int:
    """Have a validator that fails in its own way."""
    return x


def build(text: str) -> Workflow:
    return workflow_of(text, REGISTRY)


def problems_of(text: str) -> list[tuple[str, int | None, int | None]]:
    with pytest.raises(ProblemError) as raised:
        resolve(from_source(loads(text, "spec.yaml")), REGISTRY)
    return [(problem.code, problem.line, problem.col) for problem in raised.value.problems]


@pytest.mark.parametrize("names", list(itertools.permutations(BLOCKS)))
def test_instances_may_stand_in_any_order(names: tuple[str, ...]) -> None:
    workflow = build("name: x\ntasks:\n" + "".join(BLOCKS[name] for name in names))
    assert list(workflow.nodes) == CHAIN
    assert [(edge.source, edge.target) for edge in workflow.edges] == list(itertools.pairwise(CHAIN))
    assert workflow.outputs == ("draw_ecomap",)
    assert workflow.ancestors("calculate_time_density") == set(CHAIN[:2])
    assert workflow.descendants("process_relocations") == set(CHAIN[2:])


def test_independent_instances_keep_the_order_of_the_file() -> None:
    workflow = build("name: x\nworkflow:\n" + "".join(f"  - {{id: i{n}, task: now}}\n" for n in (3, 1, 2)))
    assert list(workflow.nodes) == ["i3", "i1", "i2"]
    assert workflow.outputs == ("i3", "i1", "i2")


def test_ids_and_task_names_are_different_things() -> None:
    workflow = build(
        """
        name: x
        workflow:
          - {id: first, task: load_observations, name: Fixes of 2023}
          - {id: load_observations, task: load_observations}
          - {id: both, task: merge_tables, partial: {tables: ["${{ workflow.first.return }}",
             "${{ workflow.load_observations.return }}", "${{ workflow.first.return }}"]}}
        """
    )
    assert [node.task.name for node in workflow.nodes.values()] == ["load_observations"] * 2 + [
        "merge_tables"
    ]
    assert workflow.nodes["first"].title == "Fixes of 2023"
    both = workflow.nodes["both"]
    assert both.upstream == ("first", "load_observations")
    assert [edge.source for edge in workflow.edges] == ["first", "load_observations", "first"]
    assert workflow.edges[0] == Edge("first", "both", "tables", ("workflow", 2, "partial", "tables", 0))
    assert both.open == ("names",)


def test_literals_stay_as_they_were_written() -> None:
    workflow = build(
        """
        name: x
        tasks:
          process_relocations:
            observations: load_observations
            filter_point_coords: [[0, 0], {x: 1, y: 2}]
            relocs_columns: [subject, x]
          load_observations: {limit: null}
        """
    )
    node = workflow.nodes["process_relocations"]
    assert node.arguments["filter_point_coords"] == [[0, 0], {"x": 1, "y": 2}]
    assert node.arguments["relocs_columns"] == ["subject", "x"]
    assert workflow.nodes["load_observations"].arguments == {"limit": None}
    assert workflow.nodes["load_observations"].open == ("path", "subject_column")


def test_words_in_lists_and_mappings_refer_where_an_instance_has_that_id() -> None:
    workflow = build(
        """
        name: x
        tasks:
          load_observations: {}
          merge_tables: {tables: [load_observations], names: {a: now, b: then}}
          now: {}
        """
    )
    arguments = workflow.nodes["merge_tables"].arguments
    assert isinstance(arguments["tables"][0], Reference)
    assert isinstance(arguments["names"]["a"], Reference)
    assert arguments["names"]["b"] == "then"
    assert workflow.nodes["merge_tables"].upstream == ("load_observations", "now")


def test_where_arguments_were_written() -> None:
    workflow = build("name: x\ntasks:\n  load_observations:\n    path: fixes.csv\n    limit:    7\n")
    assert workflow.nodes["load_observations"].origins == {
        "path": "spec.yaml:4:11",
        "limit": "spec.yaml:5:15",
    }


def test_warnings_do_not_stop_but_come_back() -> None:
    text = (
        "name: x\ntasks:\n  load_observations: {path: a}\n"
        "  draw_ecomap: {geodataframe: load_observations, title: load_observation}\n"
    )
    workflow, warnings = resolve(from_source(loads(text)), REGISTRY)
    assert workflow.nodes["draw_ecomap"].arguments["title"] == "load_observation"
    assert [(problem.code, problem.severity) for problem in warnings] == [
        ("text-like-a-reference", "warning")
    ]


def test_ordinary_words_are_not_warned_about() -> None:
    text = (
        "name: x\ntasks:\n  load_observations: {path: load.csv, subject_column: observation}\n"
        "  draw_ecomap: {geodataframe: load_observations, title: draw a map}\n"
    )
    assert resolve(from_source(loads(text)), REGISTRY)[1] == []


def test_a_table_that_may_be_left_out_may_be_null() -> None:
    text = (
        "name: x\ntasks:\n  load_observations: {}\n  compare: {frame: load_observations, reference: null}\n"
    )
    assert build(text).nodes["compare"].arguments["reference"] is None


def test_problems_of_shape_and_meaning_come_together_in_order() -> None:
    text = "name: 5\ntasks:\n  nwo: {x: zzz}\n  compare: {retries: x}\n  load_observations: {pth: 1}\n"
    assert problems_of(text) == [
        ("wrong-shape", 1, 7),
        ("unknown-task", 3, 3),
        ("missing-argument", 4, 3),
        ("wrong-shape", 4, 22),
        ("unknown-argument", 5, 23),
    ]


def test_a_value_that_a_tasks_own_validator_cannot_take_is_a_problem_not_a_crash() -> None:
    registry = Registry([RegisteredTask(fragile, "test")])
    with pytest.raises(ProblemError, match="the argument 'x'"):
        resolve(from_source(loads("name: x\ntasks: {fragile: {x: 1}}\n")), registry)


def test_ten_cycles_are_enough() -> None:
    text = "name: x\nworkflow:\n" + "".join(
        f"  - {{id: i{n}, task: merge_tables, partial: {{tables: ["
        + ", ".join(f'"${{{{ workflow.i{m}.return }}}}"' for m in range(60))
        + "]}}\n"
        for n in range(60)
    )
    codes = [code for code, _line, _col in problems_of(text)]
    assert codes.count("cycle") == 10
    assert codes.count("self-reference") == 60


GRAPHS = st.integers(1, 8).flatmap(
    lambda count: st.dictionaries(
        st.integers(0, count - 1), st.sets(st.integers(0, count - 1)), max_size=count
    ).map(lambda edges: {str(n): [str(m) for m in sorted(edges.get(n, ()))] for n in range(count)})
)


@settings(max_examples=200, deadline=None)
@given(GRAPHS)
def test_order_or_cycles(graph: dict[str, list[str]]) -> None:
    names, cycles = ordered(graph)
    assert sorted(names) == sorted(graph)
    for cycle in cycles:
        assert cycle[0] == cycle[-1]
        assert len(cycle) > 2
        assert cycle[0] == min(cycle[:-1])
        assert all(one in graph[two] for one, two in itertools.pairwise(cycle))
    if all(
        place <= index for index, name in enumerate(graph) for place in map(list(graph).index, graph[name])
    ):
        assert names == list(graph)  # an order that runs stays as it is
    if not cycles:
        assert all(
            names.index(above) < names.index(name) for name in graph for above in graph[name] if above != name
        )
