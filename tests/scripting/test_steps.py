"""Steps of scripts: the same results, keys and skips as the sequential engine's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ecoflows.annotations import SKIPPED
from ecoflows.errors import NodeError, ProblemError
from ecoflows.scripting import DEFAULT, REQUIRED, Run, any_dependency_skipped, any_is_empty_df, never
from ecoflows.spec.expressions import reference_to as ref
from map_tasks import (
    CALLS,
    add_up,
    any_is_odd,
    anything,
    breaks,
    fail_at_first,
    joined,
    keep_above,
    layer,
    mapping,
    numbers,
    or_zero,
    read_text,
    rows_of,
    slow,
    square,
    table,
    total,
)
from scripting_runs import Recording, agree, facts
from support import write_package


@pytest.fixture(autouse=True)
def _fresh() -> None:
    CALLS.clear()


def test_steps_have_the_results_and_keys_of_the_engines(tmp_path: Path) -> None:
    spec = f"""
    name: numbers
    workflow:
      - {{id: t, task: table, partial: {{rows: 4}}}}
      - {{id: kept, task: keep_above, partial: {{df: "{ref("t")}", least: 1}}}}
      - {{id: sum, task: total, partial: {{df: "{ref("kept")}", factor: 2}}}}
      - {{id: all, task: add_up, partial: {{values: ["{ref("sum")}", 5]}}}}
      - {{id: any, task: anything, partial: {{value: {{a: ["{ref("all")}", 1.5], b: [[1, 2], null]}}}}}}
    """

    def script(run: Recording) -> None:
        t = run.step("t", table)(rows=4)
        kept = run.step("kept", keep_above)(df=t, least=1)
        found = run.step("sum", total)(df=kept, factor=2)
        every = run.step("all", add_up)(values=[found, 5])
        last = run.step("any", anything)(value={"a": [every, 1.5], "b": [[1, 2], None]})
        assert last.value == {"a": [17, 1.5], "b": [[1, 2], None]}

    agree(spec, script, tmp_path)


def test_what_another_engine_computed_is_a_hit(tmp_path: Path) -> None:
    first = Recording(tmp_path)
    first.step("t", table)(rows=4)
    again = Recording(tmp_path, name="other")
    assert again.step("also", table)(rows=4).state == "cached"
    assert again.store.latest_result("other", "also") is not None


def test_defaults_that_are_given_have_the_key_of_those_that_are_not(tmp_path: Path) -> None:
    run = Recording(tmp_path)
    assert run.step("a", table)(rows=3).key == run.step("b", table)(rows=DEFAULT).key


@pytest.mark.parametrize(
    ("rows", "conditions", "names"),
    [
        (0, [any_is_empty_df], "[any_is_empty_df]"),
        (0, [never], "[never]"),
        (2, [any_is_empty_df, any_dependency_skipped], "[any_is_empty_df, any_dependency_skipped]"),
    ],
)
def test_conditions_skip_what_they_skip_elsewhere(
    tmp_path: Path, rows: int, conditions: list[Any], names: str
) -> None:
    spec = f"""
    name: numbers
    workflow:
      - {{id: t, task: table, partial: {{rows: {rows}}}}}
      - {{id: sum, task: total, partial: {{df: "{ref("t")}"}}, skipif: {{conditions: {names}}}}}
      - {{id: zero, task: or_zero, partial: {{value: "{ref("sum")}"}}}}
      - {{id: end, task: or_zero, partial: {{value: "{ref("sum")}"}}, skipif: {{conditions: [never]}}}}
    """

    def script(run: Recording) -> None:
        t = run.step("t", table)(rows=rows)
        found = run.step("sum", total, skipif=conditions)(df=t)
        run.step("zero", or_zero)(value=found)
        run.step("end", or_zero, skipif=[never])(value=found)

    agree(spec, script, tmp_path)


def test_a_packages_condition_sees_values(tmp_path: Path) -> None:
    spec = f"""
    name: numbers
    workflow:
      - {{id: n, task: square, partial: {{x: 3}}}}
      - {{id: m, task: square, partial: {{x: "{ref("n")}"}}, skipif: {{conditions: [any_is_odd]}}}}
    """

    def script(run: Recording) -> None:
        n = run.step("n", square)(x=3)
        m = run.step("m", square, skipif=[any_is_odd])(x=n)
        assert (m.skipped, m.reason, m.value, m.key) == (True, "any_is_odd holds", SKIPPED, None)

    agree(spec, script, tmp_path)


def test_a_failing_step_raises_one_error_with_the_tasks_own_as_cause(tmp_path: Path) -> None:
    run = Recording(tmp_path)
    with pytest.raises(NodeError, match=r"^'n', its skip condition 'breaks' .*KeyError") as caught:
        run.step("n", square, skipif=[breaks])(x=run.step("m", square)(x=1))
    with pytest.raises(NodeError, match="'read': FileNotFoundError") as caught:
        run.step("read", read_text)(name=str(tmp_path / "nothing"))
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_retries_and_time_limits_are_those_of_the_engines(tmp_path: Path) -> None:
    spec = """
    name: numbers
    workflow:
      - {id: again, task: fail_at_first, partial: {x: 1}, retries: 1, retry_delay_seconds: [0.01]}
      - {id: late, task: slow, partial: {x: 1, seconds: 5}, timeout_seconds: 0.05}
    """

    def script(run: Recording) -> None:
        assert run.step("again", fail_at_first, retries=1, retry_delay_seconds=[0.01])(x=1).value == 1
        with pytest.raises(NodeError, match=r"gave up after 0.05 s"):
            run.step("late", slow, timeout_seconds=0.05)(x=1, seconds=5)

    agree(spec, script, tmp_path)


def test_io_is_fresh_unless_the_step_says_otherwise(tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_text("one")
    run = Recording(tmp_path / "cache")

    def read(**options: Any) -> tuple[str, str]:
        found = run.step("read", read_text, **options)(name=str(file))
        return found.state, found.value

    assert read() == ("completed", "one")
    file.write_text("two")
    assert read(cache="always") == ("cached", "one")
    assert read(cache={"ttl": "1d"}) == ("cached", "one")
    assert read() == ("completed", "two")
    assert read(cache="never") == ("completed", "two")
    assert run.step("n", square, cache="never")(x=2).state == "completed"
    assert run.step("n", square, cache="never")(x=2).state == "completed"


def test_a_changed_table_counts_by_its_content(tmp_path: Path) -> None:
    run = Recording(tmp_path)
    t = run.step("t", table)(rows=4)
    frame = t.value
    changed = run.step("sum", total)(df=frame[frame["value"] >= 2].reset_index(drop=True))
    kept = run.step("kept", keep_above)(df=t, least=2)
    direct = run.step("sum", total)(df=kept)
    assert changed.value == 5
    assert (changed.key, direct.state) == (direct.key, "cached")
    assert run.step("whole", total)(df=t.value).key == run.step("whole", total)(df=t).key
    frame["value"] = 0
    assert t.value["value"].tolist() == [0, 1, 2, 3]


def test_changed_values_are_seen_by_conditions(tmp_path: Path) -> None:
    run = Recording(tmp_path)
    frame = run.step("t", table)(rows=4).value
    skipped = run.step("sum", total, skipif=[any_is_empty_df])(df=frame[:0])
    assert skipped.reason == "'df (changed)' has no rows"


def test_values_with_tables_in_them_are_stored(tmp_path: Path) -> None:
    run = Recording(tmp_path)
    made = run.step("layer", layer)(df=run.step("t", table)(rows=4))
    changed = made.value
    changed.data = changed.data[:1]
    assert run.step("rows", rows_of)(item=changed).value == 1
    assert run.step("text", joined)(values=[1, 2.5, "a", None]).value == "1 2.5 a None"


def test_what_cannot_be_stored_is_told(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match=r"the argument 'value' cannot be taken: .*no format for it"):
        Recording(tmp_path).step("x", anything)(value=object())


def test_handles_of_another_run_bring_their_value(tmp_path: Path) -> None:
    other = Recording(tmp_path / "other").step("t", table)(rows=2)
    assert Recording(tmp_path / "here").step("sum", total)(df=other).value == 1


def test_two_values_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    run = Recording(tmp_path)
    one, two = run.step("n", square)(x=2), run.step("n", square)(x=3)
    assert run.step("sum", add_up)(values=[one, two, one]).value == 17


def test_mistakes_in_a_call_are_told_at_once_with_their_line(tmp_path: Path) -> None:
    run = Recording(tmp_path)
    with pytest.raises(ProblemError) as caught:
        run.step("power", square)(y=1, x=True)
    assert [problem.code for problem in caught.value.problems] == ["unknown-argument", "wrong-type"]
    assert all((problem.file or "").startswith(f"{__file__}:") for problem in caught.value.problems)
    assert caught.value.problems[0].hint == "did you mean 'x'?" or "x" in (
        caught.value.problems[0].hint or ""
    )
    for given in ({}, {"x": REQUIRED}):
        with pytest.raises(ProblemError, match=r"the argument 'x' of 'n' is missing"):
            run.step("n", square)(**given)
    assert CALLS == {}


def test_mistakes_in_options_are_told(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="retries"):
        Recording(tmp_path).step("n", square, retries=-1)
    with pytest.raises(ProblemError, match=r"a duration stands in a mapping"):
        Recording(tmp_path).step("n", square, cache="1d")  # type: ignore[arg-type]


def test_reports_have_a_line_per_finished_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    monkeypatch.setenv("ECOFLOWS_REPORT", str(tmp_path / "report"))
    run = Run("numbers", cache_root=str(tmp_path / "cache"))
    t = run.step("t \u202e", table)(rows=0)
    s = run.step("sum", total, skipif=[any_is_empty_df])(df=t)
    with pytest.raises(NodeError):
        run.step("read", read_text)(name="nothing")
    lines = [json.loads(line) for line in (tmp_path / "report").read_text().splitlines()]
    assert lines == [
        {"id": "t \u202e", "state": "completed", "sha256": t.artifact.sha256, "key": t.key},
        {"id": "sum", "state": "skipped", "sha256": s.artifact.sha256, "key": None},
        {"id": "read", "state": "failed", "sha256": None, "key": None},
    ]
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("t \\u202e: completed, ")
    assert told[1].startswith("sum: skipped, ")
    assert told[1].endswith("s ('t \\u202e' has no rows)")
    assert told[2].startswith("read: failed, ")


@pytest.fixture
def example_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A task with a packaged example; it must not be called."""
    source = """
        from ecoflows.annotations import AnyDataFrame
        from ecoflows.decorators import distributed

        @distributed(tags=["io"])
        def read(path: str) -> AnyDataFrame:
            raise AssertionError("called")
    """
    write_package(tmp_path / "packages", "mocked_package", {"tasks.py": source})
    file = tmp_path / "packages" / "mocked_package" / "read.example-return.parquet"
    pd.DataFrame({"group": ["a"], "value": [7]}).to_parquet(file)
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    from mocked_package import tasks  # type: ignore[import-not-found]

    yield tasks.read
    for name in ("mocked_package", "mocked_package.tasks"):
        sys.modules.pop(name, None)


def test_a_mock_is_told_marked_and_kept_apart(
    tmp_path: Path, example_task: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from dataclasses import replace

    from ecoflows.registry import RegisteredTask, Registry
    from scripting_runs import sequential
    from support import workflow_of

    registry = Registry([RegisteredTask(example_task, "x"), RegisteredTask(total, "x")])
    text = f"""
    name: numbers
    workflow:
      - {{id: read, task: read, partial: {{path: nothing}}}}
      - {{id: sum, task: total, partial: {{df: "{ref("read")}"}}}}
    """
    workflow = workflow_of(text, registry)
    nodes = {**workflow.nodes, "read": replace(workflow.nodes["read"], mocked=True)}
    expected = sequential(replace(workflow, nodes=nodes), tmp_path / "sequential")

    run = Recording(tmp_path / "scripting")
    read = run.step("read", example_task, mock=True)(path=REQUIRED)
    found = run.step("sum", total)(df=read)
    assert {name: facts(outcome) for name, outcome in run.outcomes.items()} == expected
    assert (found.value, found.mock) == (7, True)
    assert "MOCK: 'read' is not computed; the packaged example of 'read'" in capsys.readouterr().err
    # What a script makes of a mock is one, too.
    changed = run.step("sum", total)(df=read.value.assign(value=8))
    assert (changed.value, changed.mock) == (8, True)
    assert "MOCK" in repr(changed)
    # What it saw may be in any plain value from now on, and is in no handle.
    assert run.step("p", square)(x=read.value["value"].sum()).mock
    assert run.step("q", square)(x=3).mock
    real = Recording(tmp_path / "scripting")
    three = real.step("three", numbers)(count=3)
    assert not three.mock
    assert not run.step("s", add_up)(values=three).mock
    step = run.mapped("m", square, argnames=["x"])
    assert step.collect([step(x=x) for x in step.over([1, 2])]).mock


def test_an_element_of_a_mock_is_one(tmp_path: Path, example_task: Any) -> None:
    run = Recording(tmp_path)
    read = run.step("read", example_task, mock=True)(path=REQUIRED)
    step = run.mapped("m", square, argnames=["x"])
    listed = run.step("all", anything)(value=[read, 1])
    assert listed.mock
    found = []
    for element in step.over(listed):
        assert element.mock
        found.append(run.step(f"in {element.index}", anything)(value=element))
    assert [one.mock for one in found] == [True, True]
    assert not run.has_shown_mock


def test_runs_know_the_code_of_tasks_from_their_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ecoflows.scripting import run as module

    taken: list[str] = []
    monkeypatch.setattr(module, "code_digest", lambda function: taken.append(function.__name__) or "")
    Run("x", cache_root=str(tmp_path), names={"square": square, "other": 5, "mapping": mapping})
    assert taken == ["square", "mapping"]


def test_numbers_give_lists(tmp_path: Path) -> None:
    assert Recording(tmp_path).step("n", numbers)(count=2, offset=1).value == [1, 2]
