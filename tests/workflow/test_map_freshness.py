"""Maps whose elements give something new, or are damaged, skipped or lost: never an old value."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import map_tasks
from ecoflows.sequential import run_sequential
from ecoflows.skipped import SKIPPED
from ecoflows.store import Store
from ecoflows.workflow.execution import Run, select
from ecoflows.workflow.export import export
from ecoflows.workflow.outcome import State
from ecoflows.workflow.plan import plan
from ecoflows.workflow.report import Report, empty_instances
from support import registry_of, workflow_of

REGISTRY = registry_of(map_tasks)
Runs = Callable[..., Report]


@pytest.fixture(autouse=True)
def _nothing_ran_yet() -> None:
    map_tasks.reset()


@pytest.fixture
def run(tmp_path: Path) -> Runs:
    def run_text(text: str, **selection: Any) -> Report:
        workflow = workflow_of(text, REGISTRY)
        return run_sequential(Run(workflow, Store(tmp_path / "cache"), select(workflow, **selection)))

    return run_text


def value(report: Report, name: str, root: Path) -> Any:
    artifact = report.outcomes[name].artifact
    assert artifact is not None, report.outcomes[name].error
    return Store(root / "cache").load(artifact)


def test_what_is_read_anew_arrives(run: Runs, tmp_path: Path) -> None:
    text = f"""
        name: reading
        workflow:
          - id: read
            task: read_text
            map: {{argnames: name, argvalues: [{tmp_path}/a.txt, {tmp_path}/b.txt]}}
          - {{id: all, task: joined, partial: {{values: "${{{{ workflow.read.return }}}}"}}}}
        """
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "b.txt").write_text("two")
    assert value(run(text), "all", tmp_path) == "one two"
    (tmp_path / "a.txt").write_text("three")
    assert value(run(text), "all", tmp_path) == "three two"
    (tmp_path / "a.txt").write_text("one")
    assert value(run(text), "all", tmp_path) == "one two"


DRAWN = """
name: drawn
workflow:
  - {id: draws, task: draw, OPTIONS map: {argnames: x, argvalues: [1, 2]}}
  - {id: all, task: joined, partial: {values: "${{ workflow.draws.return }}"}}
"""


@pytest.mark.parametrize(
    ("options", "selection"),
    [("", {"force": ["draws"]}), ("cache: never,", {}), ("cache: {ttl: 0.001s},", {})],
)
def test_what_is_computed_anew_arrives(
    run: Runs, tmp_path: Path, options: str, selection: dict[str, Any]
) -> None:
    text = DRAWN.replace("OPTIONS", options)
    before = value(run(text), "draws", tmp_path)
    report = run(text, **selection)
    after = value(report, "draws", tmp_path)
    assert set(before).isdisjoint(after)
    assert value(report, "all", tmp_path) == " ".join(map(str, after))
    items = [Store(tmp_path / "cache").load(one.result.artifact) for one in report.outcomes["draws"].elements]
    assert items == after


def test_a_damaged_element_is_replaced_for_good(run: Runs, tmp_path: Path) -> None:
    text = DRAWN.replace("OPTIONS", "")
    report = run(text)
    (tmp_path / "cache" / report.outcomes["draws"].elements[0].result.artifact.path).unlink()
    after = value(run(text), "draws", tmp_path)
    again = run(text)
    assert again.outcomes["draws"].state is State.CACHED
    assert value(again, "draws", tmp_path) == after


def test_going_on_below_a_map_that_lost_an_element(run: Runs, tmp_path: Path) -> None:
    text = """
        name: lost
        workflow:
          - {id: squares, task: square, map: {argnames: x, argvalues: [1, 2, 3], on_error: skip}}
          - {id: sum, task: add_up, partial: {values: "${{ workflow.squares.return }}"}}
        """
    map_tasks.FAILING.add(2)
    run(text)
    report = run(text, start=["sum"], force=["sum"])
    assert value(report, "sum", tmp_path) == 10
    assert report.outcomes["squares"].elements[1].state is State.SKIPPED


SKIPPING = """
name: skipping
workflow:
  - {id: pairs, task: pairs, partial: {keys: [a, b, c], values: [2, 3, 4]}}
  - id: even
    task: square
    skipif: {conditions: [any_is_odd]}
    mapvalues: {argnames: x, argvalues: "${{ workflow.pairs.return }}"}
  - {id: next, task: TASK, MORE map: {argnames: ARG, argvalues: "${{ workflow.even.return }}"}}
"""


def test_a_map_over_whole_pairs_skips_what_was_skipped(run: Runs, tmp_path: Path) -> None:
    report = run(SKIPPING.replace("TASK", "take_pair").replace("ARG", "pair").replace("MORE", ""))
    assert value(report, "next", tmp_path) == ["a=4", SKIPPED, "c=16"]


def test_never_on_a_skipped_element_says_the_ways_out(run: Runs) -> None:
    text = SKIPPING.replace("TASK", "power").replace("map: {argnames: ARG", "mapvalues: {argnames: x")
    report = run(text.replace("MORE", "skipif: {conditions: [never]},"))
    assert report.outcomes["next"].elements[1].error == (
        "'next[b]', the argument 'x': what it takes was skipped; skip 'next' too (skipif: "
        "any_dependency_skipped), or annotate 'x' with '| Skipped'"
    )


def test_a_task_may_see_tables_and_gaps(run: Runs, tmp_path: Path) -> None:
    report = run("""
        name: gaps
        workflow:
          - {id: table, task: table, partial: {rows: 7}}
          - {id: groups, task: split, partial: {df: "${{ workflow.table.return }}"}}
          - id: high
            task: keep_above
            partial: {least: 6}
            mapvalues: {argnames: df, argvalues: "${{ workflow.groups.return }}"}
          - id: kept
            task: keep_above
            partial: {least: 0}
            skipif: {conditions: [any_is_empty_df]}
            mapvalues: {argnames: df, argvalues: "${{ workflow.high.return }}"}
          - {id: seen, task: table_or_gap, partial: {data: "${{ workflow.kept.return }}"}}
        """)
    assert value(report, "seen", tmp_path) == ["g0: DataFrame", "g1: Skipped", "g2: Skipped"]
    assert empty_instances(report.outcomes) == ()


def test_a_map_of_empty_tables_is_told(run: Runs) -> None:
    report = run("""
        name: empty
        workflow:
          - {id: tables, task: table, map: {argnames: rows, argvalues: [0, 0]}}
          - {id: nothing, task: square, mapvalues: {argnames: x, argvalues: {}}}
        """)
    assert empty_instances(report.outcomes) == ("tables", "nothing")


def test_a_condition_that_exits_fails_its_instance(run: Runs) -> None:
    report = run("""
        name: exits
        workflow:
          - {id: one, task: square, partial: {x: 1}}
          - {id: two, task: square, skipif: {conditions: [exits]}, partial: {x: "${{ workflow.one.return }}"}}
          - {id: three, task: square, partial: {x: 3}}
        """)
    assert [outcome.state.value for outcome in report.outcomes.values()] == [
        "completed",
        "failed",
        "completed",
    ]


def test_a_task_that_raises_what_it_should_not_fails_alone(run: Runs, tmp_path: Path) -> None:
    text = (
        "{name: x, workflow: [{id: a, task: give_up, map: {argnames: x, argvalues: [1, 2], on_error: skip}}]}"
    )
    assert value(run(text), "a", tmp_path) == [1, SKIPPED]


def test_pairs_with_names(run: Runs, tmp_path: Path) -> None:
    report = run("""
        name: named
        workflow:
          - {id: pairs, task: keys_and_tables}
          - {id: totals, task: total, mapvalues: {argnames: df, argvalues: "${{ workflow.pairs.return }}"}}
        """)
    assert value(report, "totals", tmp_path) == [("a", 3), ("b", 5)]


def test_composite_keys_written_in_a_spec(run: Runs, tmp_path: Path) -> None:
    report = run("""
        name: keys
        workflow:
          - id: all
            task: square
            mapvalues: {argnames: x, argvalues: [[[[s, "=", A]], 1], [[[s, "=", B]], 2]]}
        """)
    assert value(report, "all", tmp_path) == [((("s", "=", "A"),), 1), ((("s", "=", "B"),), 4)]
    assert [one.id for one in report.outcomes["all"].elements] == ["all[A]", "all[B]"]


def test_a_plan_writes_nothing(tmp_path: Path) -> None:
    workflow = workflow_of(
        """
        name: plan
        workflow:
          - {id: table, task: table, partial: {rows: 0}}
          - id: total
            task: total
            skipif: {conditions: [any_is_empty_df]}
            partial: {df: "${{ workflow.table.return }}"}
          - {id: squares, task: square, map: {argnames: x, argvalues: [1, 2]}}
          - {id: sum, task: add_up, partial: {values: "${{ workflow.squares.return }}"}}
        """,
        REGISTRY,
    )
    run_sequential(Run(workflow, Store(tmp_path / "cache"), select(workflow)))
    (tmp_path / "cache" / "latest").rename(tmp_path / "latest")
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").rglob("*")}
    steps = plan(workflow, Store(tmp_path / "cache", writes=False))
    assert [step.action.value for step in steps] == ["cached", "skip", "cached", "cached"]
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").rglob("*")} == before


def test_outputs_are_those_of_the_last_run(run: Runs, tmp_path: Path) -> None:
    def exported(keys: str) -> set[str]:
        over = f"mapvalues: {{argnames: x, argvalues: {keys}}}"
        text = f"{{name: x, workflow: [{{id: all, task: square, {over}}}]}}"
        workflow = workflow_of(text, REGISTRY)
        job = Run(workflow, Store(tmp_path / "cache"), select(workflow))
        folder = tmp_path / "out"
        folder.mkdir(exist_ok=True)
        assert export(job, run_sequential(job), folder) == (
            {"all": str(folder / "all")} if "1" in keys else {}
        )
        return {file.relative_to(folder).as_posix() for file in folder.rglob("*.json") if file.name[0] != "."}

    assert exported("{a: 1, b: 2}") == {"all/a.json", "all/b.json"}
    (tmp_path / "out" / "all" / "mine.json").write_text("{}")
    assert exported("{b: 1, é: 2, è: 3}") >= {"all/b.json", "all/mine.json"}
    assert not (tmp_path / "out" / "all" / "a.json").exists()
    assert exported("{}") == {"all/mine.json"}


def test_values_of_the_environment_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    from ecoflows.errors import ProblemError

    monkeypatch.setenv("PARK_TOKEN", "hunter2secret")
    with pytest.raises(ProblemError) as raised:
        workflow_of(
            """
            name: x
            workflow:
              - {id: a, task: square, map: {argnames: x, argvalues: "${{ env.PARK_TOKEN }}"}}
              - {id: b, task: square, map: {argnames: x, argvalues: ["${{ env.PARK_TOKEN }}"]}}
              - {id: c, task: square, partial: {x: "${{ env.PARK_TOKEN }}"}}
            """,
            REGISTRY,
        )
    text = str(raised.value)
    assert "hunter2" not in text
    assert text.count("not ${{ env.PARK_TOKEN }}") == 3
