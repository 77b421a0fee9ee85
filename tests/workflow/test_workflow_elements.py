"""Maps, keys and skips, as the sequential engine runs them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import map_tasks
from ecoflows.sequential import run_sequential
from ecoflows.skipped import SKIPPED
from ecoflows.source import flow_text
from ecoflows.store import Store
from ecoflows.store.maintenance import collect_garbage, verify_all
from ecoflows.workflow.elements import key_text
from ecoflows.workflow.execution import Run, select
from ecoflows.workflow.outcome import Outcome
from ecoflows.workflow.plan import plan
from ecoflows.workflow.report import Report
from support import by_id, registry_of, workflow_of

REGISTRY = registry_of(map_tasks)
SQUARES = """
name: squares
workflow:
  - {id: numbers, task: numbers, partial: {count: 5}}
  - {id: squares, task: square, map: {argnames: x, argvalues: "${{ workflow.numbers.return }}" OPTIONS}}
  - {id: sum, task: add_up, partial: {values: "${{ workflow.squares.return }}"}}
"""


@pytest.fixture(autouse=True)
def _nothing_ran_yet() -> None:
    map_tasks.reset()


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Report]:
    def run_text(text: str, *, folder: str = "cache", **selection: Any) -> Report:
        workflow = workflow_of(text, REGISTRY)
        return run_sequential(Run(workflow, Store(tmp_path / folder), select(workflow, **selection)))

    return run_text


def squares(**options: Any) -> str:
    extra = "".join(f", {name}: {flow_text(value)}" for name, value in options.items())
    return SQUARES.replace(" OPTIONS", extra)


def mapped(source: str, over: str, task: str, *more: str) -> str:
    """A spec that maps one task over what another returns."""
    lines = [f"  - {{id: source, {source}}}", f"  - {{id: all, task: {task}, {over}}}", *more]
    return "name: mapped\nworkflow:\n" + "\n".join(lines) + "\n"


def states(report: Report, name: str) -> list[str]:
    return [element.state.value for element in report.outcomes[name].elements or ()]


def value(report: Report, name: str, root: Path) -> Any:
    artifact = report.outcomes[name].artifact
    assert artifact is not None
    return Store(root / "cache").load(artifact)


def test_a_map_is_a_comprehension(run: Callable[..., Report], tmp_path: Path) -> None:
    report = run(squares())
    assert value(report, "squares", tmp_path) == [x * x for x in range(5)]
    assert value(report, "sum", tmp_path) == 30
    assert [element.id for element in report.outcomes["squares"].elements or ()] == [
        f"squares[{index}]" for index in range(5)
    ]


def test_each_element_has_an_artifact_a_key_and_a_cache_entry(
    run: Callable[..., Report], tmp_path: Path
) -> None:
    elements = run(squares()).outcomes["squares"].elements or ()
    store = Store(tmp_path / "cache")
    results = [store.find_result(element.result.key) for element in elements if element.result]
    assert [store.load(result.artifact) for result in results if result] == [0, 1, 4, 9, 16]
    assert len({result.key for result in results if result}) == 5
    assert [result.label for result in results if result] == [f"squares[{index}]" for index in range(5)]
    latest = store.latest_result("squares", "squares")
    assert latest is not None
    assert latest.elements == tuple(result.key for result in results if result)


def test_a_second_run_computes_nothing(run: Callable[..., Report]) -> None:
    run(squares())
    report = run(squares())
    assert states(report, "squares") == ["cached"] * 5
    assert report.outcomes["squares"].state == "cached"
    assert map_tasks.CALLS.total() == 5


def test_an_equal_element_is_computed_once_for_all_maps(run: Callable[..., Report]) -> None:
    run(squares())
    report = run(squares().replace("count: 5", "count: 3, offset: 3"))
    assert states(report, "squares") == ["cached", "cached", "completed"]


PAIRS = 'task: pairs, partial: {keys: [b, a, "c d"], values: [1, 2, 3]}'


def test_mapvalues_keeps_keys_and_order(run: Callable[..., Report], tmp_path: Path) -> None:
    over = 'mapvalues: {argnames: x, argvalues: "${{ workflow.source.return }}"}'
    report = run(mapped(PAIRS, over, "square"))
    assert value(report, "all", tmp_path) == [("b", 1), ("a", 4), ("c d", 9)]
    assert [element.id for element in report.outcomes["all"].elements or ()] == [
        "all[b]",
        "all[a]",
        "all[c d]",
    ]


def test_mapvalues_over_a_mapping_gives_a_mapping(run: Callable[..., Report], tmp_path: Path) -> None:
    over = 'mapvalues: {argnames: x, argvalues: "${{ workflow.source.return }}"}'
    report = run(mapped("task: mapping, partial: {keys: [aa, b]}", over, "square"))
    assert value(report, "all", tmp_path) == {"aa": 4, "b": 1}
    report = run("name: x\nworkflow: [{id: all, task: square, mapvalues: {argnames: x, argvalues: {p: 2}}}]")
    assert value(report, "all", tmp_path) == {"p": 4}


def test_several_argnames_unpack_pairs(run: Callable[..., Report], tmp_path: Path) -> None:
    over = 'map: {argnames: [view, data], argvalues: "${{ workflow.source.return }}"}'
    report = run(mapped(PAIRS, over, "label"))
    assert value(report, "all", tmp_path) == ["b: 1", "a: 2", "c d: 3"]
    assert [element.id for element in report.outcomes["all"].elements or ()] == [
        "all[b]",
        "all[a]",
        "all[c d]",
    ]


def test_literals_and_references_as_argvalues(run: Callable[..., Report], tmp_path: Path) -> None:
    report = run(
        """
        name: x
        workflow:
          - {id: two, task: power, partial: {x: 2}}
          - {id: all, task: power, partial: {exponent: 2},
             map: {argnames: x, argvalues: [3, "${{ workflow.two.return }}", 5]}}
          - {id: parts, task: power,
             map: {argnames: [x, exponent], argvalues: [[2, 3], ["${{ workflow.two.return }}", 1]]}}
          - {id: kept, task: power,
             mapvalues: {argnames: x, argvalues: [[a, 2], [b, "${{ workflow.two.return }}"]]}}
        """
    )
    assert value(report, "all", tmp_path) == [9, 4, 25]
    assert value(report, "parts", tmp_path) == [8, 2]
    assert value(report, "kept", tmp_path) == [("a", 2), ("b", 2)]


TABLES = """
name: tables
workflow:
  - {id: table, task: read_table, partial: {path: PATH}}
  - {id: groups, task: split, partial: {df: "${{ workflow.table.return }}"}}
  - {id: totals, task: total, mapvalues: {argnames: df, argvalues: "${{ workflow.groups.return }}"}}
  - {id: labels, task: label, map: {argnames: [view, data], argvalues: "${{ workflow.totals.return }}"}}
"""


def tables(tmp_path: Path, rows: dict[str, list[int]]) -> str:
    lines = [f"{group},{number}" for group, numbers in rows.items() for number in numbers]
    (tmp_path / "table.csv").write_text("group,value\n" + "\n".join(lines) + "\n")
    return TABLES.replace("PATH", flow_text(str(tmp_path / "table.csv")))


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from("abcdefgh"), st.lists(st.integers(0, 99), min_size=1, max_size=3), min_size=1
    ),
    st.data(),
)
def test_a_changed_group_runs_exactly_what_it_affects(
    tmp_path_factory: pytest.TempPathFactory, rows: dict[str, list[int]], data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("groups")
    changed = data.draw(st.sampled_from(sorted(rows)))
    store = Store(root / "cache")

    def run_rows(found: dict[str, list[int]]) -> Report:
        workflow = workflow_of(tables(root, found), REGISTRY)
        return run_sequential(Run(workflow, store, select(workflow)))

    run_rows(rows)
    # A number that no group can have had, so that no other group's result stands for it.
    report = run_rows({**rows, changed: [*rows[changed], 1000]})
    names = sorted(rows)
    expected = ["completed" if name == changed else "cached" for name in names]
    assert states(report, "totals") == expected
    assert states(report, "labels") == expected


def test_values_that_hold_tables_are_elements_too(run: Callable[..., Report], tmp_path: Path) -> None:
    text = """
        name: layers
        workflow:
          - {id: table, task: table, partial: {rows: 7}}
          - {id: layers, task: layers, partial: {df: "${{ workflow.table.return }}"}}
          - {id: rows, task: rows_of, map: {argnames: item, argvalues: "${{ workflow.layers.return }}"}}
        """
    assert value(run(text), "rows", tmp_path) == [3, 2, 2]
    assert states(run(text), "rows") == ["cached"] * 3


def test_a_failing_element_fails_the_instance_and_nothing_of_the_others(
    run: Callable[..., Report], tmp_path: Path
) -> None:
    map_tasks.FAILING.add(37)
    text = squares().replace("count: 5", "count: 100")
    report = run(text)
    outcome = report.outcomes["squares"]
    assert (outcome.state, outcome.artifact) == ("failed", None)
    assert outcome.error == (
        "'squares': 1 of 100 elements failed: 'squares[37]': ValueError: no square of 37 today"
    )
    assert states(report, "squares") == ["completed"] * 37 + ["failed"] + ["completed"] * 62
    assert report.outcomes["sum"].error == "needs 'squares', which did not complete"
    assert report.as_json(Run(workflow_of(text, REGISTRY), Store(tmp_path), None))["failed_elements"] == 1
    map_tasks.reset()
    report = run(text, start=["squares"])
    assert dict(map_tasks.CALLS) == {37: 1}
    assert value(report, "sum", tmp_path) == sum(x * x for x in range(100))


def test_a_failing_element_may_be_left_out(run: Callable[..., Report], tmp_path: Path) -> None:
    map_tasks.FAILING.add(37)
    text = squares(on_error="skip").replace("count: 5", "count: 100")
    report = run(text)
    assert report.state == "completed"
    assert value(report, "squares", tmp_path) == [x * x if x != 37 else SKIPPED for x in range(100)]
    assert value(report, "sum", tmp_path) == sum(x * x for x in range(100) if x != 37)
    job = Run(workflow_of(text, REGISTRY), Store(tmp_path / "cache"), None)
    found = by_id(report.as_json(job))["squares"]
    assert found["elements"] == {"total": 100, "completed": 99, "cached": 0, "skipped": 0, "failed": 1}
    assert found["items"][37]["state"] == "failed"
    assert "no square of 37 today" in found["items"][37]["error"]
    assert report.as_json(job)["failed_elements"] == 1
    map_tasks.reset()
    report = run(text)
    assert dict(map_tasks.CALLS) == {37: 1}
    assert value(report, "sum", tmp_path) == sum(x * x for x in range(100))


def test_where_every_element_fails_the_instance_does(run: Callable[..., Report]) -> None:
    map_tasks.FAILING.update(range(5))
    report = run(squares(on_error="skip"))
    assert report.outcomes["squares"].state == "failed"
    assert (report.outcomes["squares"].error or "").endswith("today; and 2 more")


def test_retries_are_per_element(run: Callable[..., Report]) -> None:
    text = squares().replace("task: square,", "task: fail_at_first, retries: 1,")
    assert states(run(text), "squares") == ["completed"] * 5
    assert dict(map_tasks.CALLS) == dict.fromkeys(range(5), 2)


def test_an_empty_list_is_no_failure_and_is_told(run: Callable[..., Report]) -> None:
    report = run(squares().replace("count: 5", "count: 0"))
    outcome = report.outcomes["squares"]
    assert (outcome.state, outcome.elements) == ("completed", ())
    assert report.as_json(Run(workflow_of(squares(), REGISTRY), Store("x"), None))["empty"] == [
        "numbers",
        "squares",
    ]


SKIPS = """
name: skips
workflow:
  - {id: table, task: table, partial: {rows: 4}}
  - {id: none, task: keep_above, partial: {df: "${{ workflow.table.return }}", least: 99}}
  - {id: sum, task: total, partial: {df: "${{ workflow.none.return }}"}, skipif: {conditions: [CONDITION]}}
  - {id: after, task: power, partial: {x: "${{ workflow.sum.return }}"}}
  - id: anyhow
    task: or_zero
    skipif: {conditions: [never]}
    partial: {value: "${{ workflow.after.return }}"}
"""


def test_a_skip_propagates_visibly(run: Callable[..., Report], tmp_path: Path) -> None:
    report = run(SKIPS.replace("CONDITION", "any_is_empty_df"))
    found = {name: (outcome.state.value, outcome.error) for name, outcome in report.outcomes.items()}
    assert found["sum"] == ("skipped", "'none' has no rows")
    assert found["after"] == ("skipped", "'sum' was skipped")
    assert found["anyhow"] == ("completed", None)
    assert value(report, "anyhow", tmp_path) == 0
    assert report.state == "completed"
    again = run(SKIPS.replace("CONDITION", "any_is_empty_df"))
    assert [outcome.state.value for outcome in again.outcomes.values()] == [
        "cached",
        "cached",
        "skipped",
        "skipped",
        "cached",
    ]


def test_without_a_condition_an_empty_table_is_no_reason_to_skip(run: Callable[..., Report]) -> None:
    report = run(SKIPS.replace("CONDITION", "any_dependency_skipped"))
    assert report.outcomes["sum"].state == "completed"


def test_never_needs_a_task_that_can_do_without(run: Callable[..., Report]) -> None:
    text = SKIPS.replace("CONDITION", "any_is_empty_df").replace("task: or_zero", "task: power")
    text = text.replace("partial: {value", "partial: {x")
    report = run(text)
    assert report.outcomes["anyhow"].error == (
        "'anyhow', the argument 'x': what it takes was skipped; skip 'anyhow' too (skipif: "
        "any_dependency_skipped), or annotate 'x' with '| Skipped'"
    )


def test_defaults_hold_where_an_instance_says_nothing(run: Callable[..., Report]) -> None:
    text = SKIPS.replace(", skipif: {conditions: [CONDITION]}", "").replace(
        "workflow:", "task-instance-defaults: {skipif: {conditions: [any_is_empty_df]}}\nworkflow:", 1
    )
    report = run(text)
    assert report.outcomes["sum"].state == "skipped"
    # The defaults replace the usual condition, and what was skipped is no table.
    assert report.outcomes["after"].state == "failed"
    assert report.outcomes["anyhow"].state == "not_run"


def test_a_condition_of_a_package(run: Callable[..., Report], tmp_path: Path) -> None:
    text = squares().replace("task: square,", "task: square, skipif: {conditions: [any_is_odd]},")
    report = run(text)
    assert states(report, "squares") == ["completed", "skipped", "completed", "skipped", "completed"]
    assert value(report, "squares", tmp_path) == [0, SKIPPED, 4, SKIPPED, 16]
    assert value(report, "sum", tmp_path) == 20
    assert report.outcomes["squares"].elements[1].error == "any_is_odd holds"


def test_a_condition_that_breaks_fails_the_element(run: Callable[..., Report]) -> None:
    report = run(squares().replace("task: square,", "task: square, skipif: {conditions: [breaks]},"))
    error = report.outcomes["squares"].elements[0].error
    assert error.startswith("'squares[0]', its skip condition 'breaks' (")
    assert re.search(r"map_tasks\.py:\d+\): KeyError: 'no such thing'$", error)


def test_skipped_elements_keep_their_place_in_the_next_map(
    run: Callable[..., Report], tmp_path: Path
) -> None:
    more = '  - {id: next, task: power, mapvalues: {argnames: x, argvalues: "${{ workflow.all.return }}"}}'
    over = 'mapvalues: {argnames: x, argvalues: "${{ workflow.source.return }}"}, skipif: ODD'.replace(
        "ODD", "{conditions: [any_is_odd]}"
    )
    report = run(mapped(PAIRS, over, "square", more))
    assert value(report, "next", tmp_path) == [("b", SKIPPED), ("a", 4), ("c d", SKIPPED)]
    assert states(report, "next") == ["skipped", "completed", "skipped"]
    assert report.outcomes["next"].elements[0].error == "'mapvalues over b' was skipped"


def test_where_every_element_is_skipped_the_instance_is(run: Callable[..., Report]) -> None:
    text = squares().replace("task: square,", "task: square, skipif: {conditions: [any_is_odd]},")
    report = run(text.replace("count: 5", "count: 1, offset: 1"))
    assert report.outcomes["squares"].state == "skipped"
    assert report.outcomes["squares"].error == "the only element skipped: any_is_odd holds"
    assert (report.outcomes["sum"].state, report.outcomes["sum"].error) == (
        "skipped",
        "'squares' was skipped",
    )


def test_a_map_over_what_was_skipped_is_skipped_whatever_its_conditions(run: Callable[..., Report]) -> None:
    more = (
        "  - {id: next, task: or_zero, skipif: {conditions: [never]}, "
        'map: {argnames: value, argvalues: "${{ workflow.all.return }}"}}'
    )
    over = (
        'skipif: {conditions: [any_is_odd]}, map: {argnames: x, argvalues: "${{ workflow.source.return }}"}'
    )
    report = run(mapped("task: numbers, partial: {count: 1, offset: 1}", over, "square", more))
    assert (report.outcomes["next"].state, report.outcomes["next"].error) == ("skipped", "'all' was skipped")


def test_several_references_in_one_argument_keep_what_is_there(
    run: Callable[..., Report], tmp_path: Path
) -> None:
    text = """
        name: several
        workflow:
          - {id: one, task: power, partial: {x: 1}}
          - id: two
            task: power
            skipif: {conditions: [any_is_odd]}
            partial: {x: "${{ workflow.one.return }}"}
          - id: sum
            task: add_up
            partial: {values: &both ["${{ workflow.one.return }}", "${{ workflow.two.return }}"]}
          - {id: rest, task: add_up, partial: {values: ["${{ workflow.two.return }}"]}}
          - {id: gaps, task: count_gaps, partial: {values: *both}}
        """
    report = run(text)
    assert value(report, "sum", tmp_path) == 1
    assert value(report, "gaps", tmp_path) == 1
    assert report.outcomes["rest"].error == "'two' was skipped"


@pytest.mark.parametrize(
    ("source", "over", "task", "error"),
    [
        (
            "task: anything, partial: {value: 7}",
            "map: {argnames: x, argvalues: REF}",
            "square",
            "'all': map goes over a list, and this is 7",
        ),
        (
            "task: anything, partial: {value: {a: 1}}",
            "map: {argnames: x, argvalues: REF}",
            "square",
            "'all': map goes over a list, and this is a mapping",
        ),
        (
            "task: anything, partial: {value: [1, 2]}",
            "mapvalues: {argnames: x, argvalues: REF}",
            "square",
            (
                "'all': mapvalues goes over (key, value) pairs, and element 0 is 1; "
                "map goes over elements without keys"
            ),
        ),
        (
            "task: anything, partial: {value: [[1, 2], [1, 2, 3]]}",
            "map: {argnames: [x, exponent], argvalues: REF}",
            "power",
            "'all': argnames x, exponent need 2 parts, and element 1 has 3",
        ),
        (
            "task: anything, partial: {value: [1]}",
            "map: {argnames: [x, exponent], argvalues: REF}",
            "power",
            "'all': argnames x, exponent need 2 parts, and element 0 is 1",
        ),
    ],
)
def test_what_shows_only_when_it_runs(
    run: Callable[..., Report], source: str, over: str, task: str, error: str
) -> None:
    report = run(mapped(source, over.replace("REF", '"${{ workflow.source.return }}"'), task))
    assert (report.outcomes["all"].state, report.outcomes["all"].error) == ("failed", error)


def test_a_plan_tells_how_many_elements_run(run: Callable[..., Report], tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")

    def steps(text: str) -> dict[str, Any]:
        return {step.id: step for step in plan(workflow_of(text, REGISTRY), store)}

    assert steps(squares())["squares"].why == "never ran"
    run(squares())
    found = steps(squares())
    assert [(step.action, step.why) for step in found.values()] == [("cached", "nothing changed")] * 3
    assert found["squares"].as_json()["elements"] == {"total": 5, "run": 0}
    map_tasks.FAILING.add(5)
    run(squares().replace("count: 5", "count: 6"))
    step = steps(squares().replace("count: 5", "count: 6"))["squares"]
    assert (step.action, step.why, step.run) == (
        "run",
        "1 of 6 elements: squares[5] has no result for its present inputs",
        1,
    )


def test_a_plan_tells_what_is_skipped(run: Callable[..., Report], tmp_path: Path) -> None:
    text = SKIPS.replace("CONDITION", "any_is_empty_df")
    run(text)
    steps = {step.id: step for step in plan(workflow_of(text, REGISTRY), Store(tmp_path / "cache"))}
    assert (steps["sum"].action, steps["sum"].why) == ("skip", "'none' has no rows")
    assert (steps["after"].action, steps["after"].why) == ("skip", "'sum' was skipped")
    assert steps["anyhow"].action == "cached"


def test_a_plan_tells_what_will_fail(run: Callable[..., Report], tmp_path: Path) -> None:
    text = mapped(
        "task: anything, partial: {value: 7}",
        'map: {argnames: x, argvalues: "${{ workflow.source.return }}"}',
        "square",
    )
    run(text)
    step = plan(workflow_of(text, REGISTRY), Store(tmp_path / "cache"))[-1]
    assert step.why == "it will fail: 'all': map goes over a list, and this is 7"


def test_what_a_selection_leaves_out_may_be_mapped_or_skipped(
    run: Callable[..., Report], tmp_path: Path
) -> None:
    text = squares().replace("task: square,", "task: square, skipif: {conditions: [any_is_odd]},")
    run(text)
    report = run(text, start=["sum"], force=["sum"])
    assert states(report, "squares") == ["cached", "skipped", "cached", "skipped", "cached"]
    assert value(report, "sum", tmp_path) == 20


def test_garbage_collection_keeps_the_elements_of_what_is_used(
    run: Callable[..., Report], tmp_path: Path
) -> None:
    from datetime import timedelta

    run(squares())
    run(squares())
    store = Store(tmp_path / "cache")
    none = timedelta(0)
    report = collect_garbage(store, older_than=timedelta(hours=1), grace=none)
    assert (report.results, report.artifacts) == ([], [])
    assert verify_all(store) == []
    (tmp_path / "cache" / "latest").rename(tmp_path / "elsewhere")
    report = collect_garbage(store, older_than=none, grace=none)
    assert len(report.results) == 8  # five elements, the map, what it goes over and the sum


def test_outcomes_of_elements_have_their_times(run: Callable[..., Report]) -> None:
    outcome: Outcome = run(
        squares().replace("task: square,", "task: slow, partial: {seconds: 0.02},")
    ).outcomes["squares"]
    assert all(element.seconds >= 0.02 for element in outcome.elements or ())
    assert outcome.seconds >= 0.1


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("Salama", "Salama"),
        (7, "7"),
        ((("subject", "=", "Salama"),), "Salama"),
        ((("subject", "=", "Salama"), ("month", "=", "May")), "subject=Salama, month=May"),
        ((), "all"),
        (("a", 1), "a, 1"),
        ("", "''"),
        ("two\nlines", "two lines"),
        ("x" * 100, "x" * 77 + "..."),
    ],
)
def test_keys_as_people_read_them(key: Any, text: str) -> None:
    assert key_text(key) == text
