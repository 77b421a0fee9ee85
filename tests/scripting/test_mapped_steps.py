"""Mapped steps of scripts: elements, keys, skips and failures as the engines have them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import map_tasks
from ecoflows.annotations import SKIPPED
from ecoflows.errors import NodeError, ProblemError, UsageError
from ecoflows.scripting import any_is_empty_df
from ecoflows.spec.expressions import reference_to as ref
from map_tasks import (
    CALLS,
    FAILING,
    add_up,
    any_is_odd,
    anything,
    keys_and_tables,
    label,
    mapping,
    numbers,
    or_zero,
    pairs,
    power,
    read_text,
    split,
    square,
    table,
    take_pair,
    total,
)
from scripting_runs import Recording, agree


@pytest.fixture(autouse=True)
def _fresh() -> Any:
    map_tasks.reset()
    yield
    map_tasks.reset()


def instances(*lines: str) -> str:
    return "name: numbers\nworkflow:\n" + "".join(f"  - {{{line}}}\n" for line in lines)


def squares(run: Recording, values: Any, **options: Any) -> Any:
    step = run.mapped("s", square, argnames=["x"], **options)
    return step.collect([step(x=x) for x in step.over(values)])


def test_a_list(tmp_path: Path) -> None:
    spec = instances(
        "id: n, task: numbers, partial: {count: 4}",
        f'id: s, task: power, partial: {{exponent: 3}}, map: {{argnames: x, argvalues: "{ref("n")}"}}',
        f'id: sum, task: add_up, partial: {{values: "{ref("s")}"}}',
    )

    def script(run: Recording) -> None:
        n = run.step("n", numbers)(count=4)
        step = run.mapped("s", power, argnames=["x"])
        s = step.collect([step(x=x, exponent=3) for x in step.over(n)])
        assert s.value == [0, 1, 8, 27]
        run.step("sum", add_up)(values=s)

    agree(spec, script, tmp_path)


def test_a_table_by_group_with_keys(tmp_path: Path) -> None:
    spec = instances(
        "id: t, task: table, partial: {rows: 5}",
        f'id: parts, task: split, partial: {{df: "{ref("t")}"}}',
        f'id: sums, task: total, mapvalues: {{argnames: df, argvalues: "{ref("parts")}"}}',
        f'id: named, task: label, map: {{argnames: [view, data], argvalues: "{ref("sums")}"}}',
        f'id: again, task: or_zero, mapvalues: {{argnames: value, argvalues: "{ref("sums")}"}}',
    )

    def script(run: Recording) -> None:
        parts = run.step("parts", split)(df=run.step("t", table)(rows=5))
        step = run.mapped("sums", total, argnames=["df"])
        sums = step.collect([step(df=df) for df in step.over_values(parts)])
        assert sums.value == [("g0", 3), ("g1", 5), ("g2", 2)]
        step = run.mapped("named", label, argnames=["view", "data"])
        named = step.collect([step(view=view, data=data) for view, data in step.over(sums)])
        assert named.value == ["g0: 3", "g1: 5", "g2: 2"]
        step = run.mapped("again", or_zero, argnames=["value"])
        step.collect([step(value=value) for value in step.over_values(sums)])

    run = agree(spec, script, tmp_path)
    assert [element.id for element in run.outcomes["sums"].elements or ()] == [
        "sums[g0]",
        "sums[g1]",
        "sums[g2]",
    ]


@pytest.mark.parametrize(
    ("written", "values", "keyed"),
    [
        ("[1, 2]", [1, 2], False),
        ("[]", [], False),
        ("[[a, 1], [b, 2]]", [["a", 1], ["b", 2]], True),
        ("{a: 1, b: 2}", {"a": 1, "b": 2}, True),
        ("{}", {}, True),
        (f'[1, "{ref("n")}"]', [1, "n"], False),
        (f'{{a: 1, b: "{ref("n")}"}}', {"a": 1, "b": "n"}, True),
    ],
)
def test_literal_lists_and_mappings(tmp_path: Path, written: str, values: Any, keyed: bool) -> None:
    word = "mapvalues" if keyed else "map"
    spec = instances(
        "id: n, task: square, partial: {x: 3}",
        f"id: s, task: square, {word}: {{argnames: x, argvalues: {written}}}",
    )

    def script(run: Recording) -> None:
        n = run.step("n", square)(x=3)
        given = (
            {key: n if item == "n" else item for key, item in values.items()}
            if isinstance(values, dict)
            else [n if item == "n" else item for item in values]
        )
        step = run.mapped("s", square, argnames=["x"])
        elements = step.over_values(given) if keyed else step.over(given)
        step.collect([step(x=x) for x in elements])

    agree(spec, script, tmp_path)


def test_a_mapping_that_a_step_returns(tmp_path: Path) -> None:
    spec = instances(
        "id: m, task: mapping, partial: {keys: [a, bb]}",
        f'id: s, task: square, mapvalues: {{argnames: x, argvalues: "{ref("m")}"}}',
    )

    def script(run: Recording) -> None:
        m = run.step("m", mapping)(keys=["a", "bb"])
        step = run.mapped("s", square, argnames=["x"])
        assert step.collect([step(x=x) for x in step.over_values(m)]).value == {"a": 1, "bb": 4}

    agree(spec, script, tmp_path)


@pytest.mark.parametrize("on_error", ["fail", "skip"])
@pytest.mark.parametrize("failing", [{2}, {0, 1, 2}])
def test_failing_elements(tmp_path: Path, on_error: Any, failing: set[int]) -> None:
    FAILING.update(failing)
    spec = instances(
        "id: n, task: numbers, partial: {count: 3}",
        f'id: s, task: square, map: {{argnames: x, argvalues: "{ref("n")}", on_error: {on_error}}}',
    )

    def script(run: Recording) -> None:
        n = run.step("n", numbers)(count=3)
        if on_error == "fail" or len(failing) == 3:
            with pytest.raises(NodeError, match=rf"'s': {len(failing)} of 3 elements failed: ") as caught:
                squares(run, n, on_error=on_error)
            assert isinstance(caught.value.__cause__, Exception)
        else:
            assert squares(run, n, on_error=on_error).value == [0, 1, SKIPPED]
        assert CALLS == {0: 1, 1: 1, 2: 1}

    agree(spec, script, tmp_path)


@pytest.mark.parametrize("values", [[1, 2, 3], [1, 3]])
def test_skipped_elements(tmp_path: Path, values: list[int]) -> None:
    spec = instances(
        f"id: s, task: square, map: {{argnames: x, argvalues: {values}}}, "
        "skipif: {conditions: [any_is_odd]}",
        f'id: z, task: or_zero, map: {{argnames: value, argvalues: "{ref("s")}"}}',
        f'id: sum, task: add_up, partial: {{values: "{ref("s")}"}}',
    )

    def script(run: Recording) -> None:
        s = squares(run, values, skipif=[any_is_odd])
        step = run.mapped("z", or_zero, argnames=["value"])
        step.collect([step(value=value) for value in step.over(s)])
        run.step("sum", add_up)(values=s)

    agree(spec, script, tmp_path)


def test_a_common_argument_that_was_skipped_skips_each_element(tmp_path: Path) -> None:
    spec = instances(
        "id: n, task: square, partial: {x: 3}",
        f'id: m, task: square, partial: {{x: "{ref("n")}"}}, skipif: {{conditions: [any_is_odd]}}',
        f'id: p, task: power, partial: {{exponent: "{ref("m")}"}}, map: {{argnames: x, argvalues: [1, 2]}}',
        f'id: q, task: power, partial: {{exponent: "{ref("n")}"}}, map: {{argnames: x, argvalues: [1, 2]}}',
    )

    def script(run: Recording) -> None:
        n = run.step("n", square)(x=3)
        m = run.step("m", square, skipif=[any_is_odd])(x=n)
        for name, exponent in (("p", m), ("q", n)):
            step = run.mapped(name, power, argnames=["x"])
            step.collect([step(x=x, exponent=exponent) for x in step.over([1, 2])])

    agree(spec, script, tmp_path)


def test_pairs_whole_and_named(tmp_path: Path) -> None:
    spec = instances(
        "id: p, task: pairs, partial: {keys: [a, b], values: [1, 2]}",
        f'id: texts, task: take_pair, map: {{argnames: pair, argvalues: "{ref("p")}"}}',
        "id: k, task: keys_and_tables",
        f'id: sums, task: total, mapvalues: {{argnames: df, argvalues: "{ref("k")}"}}, '
        "skipif: {conditions: [any_is_empty_df]}",
    )

    def script(run: Recording) -> None:
        p = run.step("p", pairs)(keys=["a", "b"], values=[1, 2])
        step = run.mapped("texts", take_pair, argnames=["pair"])
        step.collect([step(pair=pair) for pair in step.over(p)])
        k = run.step("k", keys_and_tables)()
        step = run.mapped("sums", total, argnames=["df"], skipif=[any_is_empty_df])
        step.collect([step(df=df) for df in step.over_values(k)])

    agree(spec, script, tmp_path)


def test_a_skipped_source_skips_the_whole(tmp_path: Path) -> None:
    spec = instances(
        "id: n, task: square, partial: {x: 3}",
        f'id: l, task: anything, partial: {{value: "{ref("n")}"}}, skipif: {{conditions: [any_is_odd]}}',
        f'id: s, task: square, map: {{argnames: x, argvalues: "{ref("l")}"}}',
    )

    def script(run: Recording) -> None:
        n = run.step("n", square)(x=3)
        source = run.step("l", anything, skipif=[any_is_odd])(value=n)
        assert squares(run, source).reason == "'l' was skipped"

    agree(spec, script, tmp_path)


@pytest.mark.parametrize(
    ("values", "keyed", "argnames", "message"),
    [
        (5, False, ["x"], "map goes over a list, and this is 5"),
        ([1], True, ["x"], r"mapvalues goes over \(key, value\) pairs"),
        ([1], False, ["x", "exponent"], "argnames x, exponent need 2 parts, and element 0 is 1"),
    ],
)
def test_what_cannot_be_gone_over_fails_the_step(
    tmp_path: Path, values: Any, keyed: bool, argnames: list[str], message: str
) -> None:
    run = Recording(tmp_path)
    step = run.mapped("s", power, argnames=argnames)
    with pytest.raises(NodeError, match=f"^'s': {message}"):
        step.over_values(values) if keyed else step.over(values)
    assert run.outcomes["s"].state == "failed"


def test_an_element_that_the_script_leaves_out_counts_as_skipped(tmp_path: Path) -> None:
    run = Recording(tmp_path)
    step = run.mapped("s", square, argnames=["x"])
    s = step.collect([step(x=x) for x in step.over([1, 2, 3]) if x.value != 2])
    assert s.value == [1, SKIPPED, 9]
    elements = run.outcomes["s"].elements or ()
    assert [(element.state.value, element.error) for element in elements] == [
        ("completed", None),
        ("skipped", "left out by the script"),
        ("completed", None),
    ]
    assert 2 not in CALLS
    with_gap = Recording(tmp_path / "other")
    assert squares(with_gap, [1, 2, 3], skipif=[any_is_odd]).value == [SKIPPED, 4, SKIPPED]


def test_elements_may_be_changed_and_keep_their_place(tmp_path: Path) -> None:
    run = Recording(tmp_path)
    parts = run.step("parts", split)(df=run.step("t", table)(rows=5))
    step = run.mapped("sums", total, argnames=["df"])
    sums = step.collect([step(df=df.value[:1]) for df in step.over_values(parts)])
    assert sums.value == [("g0", 0), ("g1", 1), ("g2", 2)]
    step = run.mapped("few", total, argnames=["df"])
    few = step.collect(
        [step(df=df) for df in step.over_values([pair for pair in parts.value if pair[0] != "g1"])]
    )
    assert few.value == [("g0", 3), ("g2", 2)]


def test_a_list_of_calls_in_any_order_is_put_in_order(tmp_path: Path) -> None:
    run = Recording(tmp_path)
    step = run.mapped("s", square, argnames=["x"])
    elements = list(step.over([1, 2, 3]))
    assert step.collect([step(x=x) for x in reversed(elements)]).value == [1, 4, 9]
    assert repr(elements[0]) == "<element s[0]>"


def test_what_one_map_gave_for_an_element_may_go_on_in_another(tmp_path: Path) -> None:
    run = Recording(tmp_path)
    first = run.mapped("a", square, argnames=["x"])
    second = run.mapped("b", square, argnames=["x"])
    found = second.collect(
        [second(x=first(x=x)) for x, _ in zip(first.over([2]), second.over([2]), strict=True)]
    )
    assert found.value == [16]


def _twice(step: Any) -> Any:
    return [step(x=x) for x in step.over([1]) for _ in range(2)]


def _foreign(step: Any) -> Any:
    list(step.over([1]))
    return [1]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (_twice, "was called twice for s"),
        (_foreign, "collects what it gave for its own elements"),
        (lambda step: [], "has gone over nothing yet"),
        (lambda step: [step(x=1)], "is called for no element"),
        (lambda step: [step(x=1) for _ in list(step.over([1]))], "is called for no element"),
    ],
)
def test_wrong_use_is_told(tmp_path: Path, script: Callable[[Any], Any], message: str) -> None:
    step = Recording(tmp_path).mapped("s", square, argnames=["x"])
    with pytest.raises(UsageError, match=f"^'s' {message}"):
        step.collect(script(step))


def test_an_unknown_argname_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="has no argument 'y'"):
        Recording(tmp_path).mapped("s", square, argnames=["y"]).over([1])


def test_a_failed_element_has_no_value(tmp_path: Path) -> None:
    FAILING.add(2)
    run = Recording(tmp_path)
    step = run.mapped("s", square, argnames=["x"])
    (element,) = [step(x=x) for x in step.over([2])]
    assert element.state == "failed"
    with pytest.raises(NodeError, match=r"'s\[0\]' has no value: "):
        _ = element.value


def test_an_element_whose_argument_cannot_be_read_fails_alone(tmp_path: Path) -> None:
    run = Recording(tmp_path)
    step = run.mapped("s", anything, argnames=["value"], on_error="skip")
    found = step.collect([step(value=object() if x.value == 1 else x) for x in step.over([1, 2])])
    assert found.value == [SKIPPED, 2]


def test_io_elements_are_read_again(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    spec = instances(f"id: r, task: read_text, map: {{argnames: name, argvalues: ['{tmp_path / 'a'}']}}")

    def script(run: Recording) -> None:
        for _ in range(2):
            step = run.mapped("r", read_text, argnames=["name"])
            step.collect([step(name=name) for name in step.over([str(tmp_path / "a")])])
        assert run.outcomes["r"].state == "completed"

    agree(spec, script, tmp_path)
