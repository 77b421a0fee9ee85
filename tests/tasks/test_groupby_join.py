import itertools

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given, settings
from pandas.testing import assert_frame_equal
from pydantic import ValidationError

from ecoflows.keys import type_name
from ecoflows.skipped import SKIPPED
from ecoflows.store import Store
from ecoflows.tasks.groupby import Grouper, groupbykey, split_groups

VALIDATE = groupbykey.parameters["iterables"].adapter.validate_python
VALIDATE_RETURN = groupbykey.return_adapter.validate_python


def key(**values):
    return tuple((name, "=", value) for name, value in values.items())


MAY, JUNE, JULY = (key(groupby_col="Salama", month=month) for month in ("May", "June", "July"))


def test_a_join_by_hand():
    maps = [(MAY, "may.html"), (JUNE, "june.html")]
    counts = [(JUNE, 6), (MAY, 5)]
    assert groupbykey([maps, counts]) == [(MAY, ["may.html", 5]), (JUNE, ["june.html", 6])]
    assert groupbykey([counts, maps], how="outer") == [(JUNE, [6, "june.html"]), (MAY, [5, "may.html"])]


def test_few_lists():
    assert groupbykey([]) == []
    assert groupbykey([[]]) == groupbykey([[], []]) == []
    assert groupbykey([[(MAY, 1)]]) == [(MAY, [1])]
    assert groupbykey([[((), 1)], [((), 2)]]) == [((), [1, 2])]


def test_outer_joins_what_is_there():
    lists = [[(MAY, 1)], [(JULY, 2), (MAY, 3)], [(JUNE, 4), (JULY, 5)]]
    assert groupbykey(lists, how="outer") == [(MAY, [1, 3]), (JULY, [2, 5]), (JUNE, [4])]


def test_what_was_skipped_is_left_out_and_not_missing():
    maps = [(MAY, SKIPPED), (JUNE, "june.html"), (JULY, SKIPPED)]
    counts = [(MAY, 5), (JUNE, SKIPPED), (JULY, SKIPPED)]
    assert groupbykey([maps, counts]) == [(MAY, [5]), (JUNE, ["june.html"]), (JULY, SKIPPED)]
    found = groupbykey([[(MAY, SKIPPED)], [(JUNE, 1)]], how="outer")
    assert found == [(MAY, SKIPPED), (JUNE, [1])]
    assert VALIDATE_RETURN(found) == found


def test_a_list_that_was_skipped_has_every_key_and_no_value():
    assert groupbykey([SKIPPED, [(MAY, 1), (JUNE, SKIPPED)], SKIPPED]) == [(MAY, [1]), (JUNE, SKIPPED)]
    assert groupbykey([SKIPPED]) == []
    with pytest.raises(ValueError, match=r"\n  - iterables\[2\] lacks groupby_col = Salama, month = May$"):
        groupbykey([SKIPPED, [(MAY, 1)], []])
    assert VALIDATE([SKIPPED, [("a", SKIPPED)]]) == [SKIPPED, [("a", SKIPPED)]]


def test_values_that_look_like_nothing_are_values():
    values = [None, 0, [], ""]
    assert groupbykey([[(MAY, value)] for value in values]) == [(MAY, values)]


@pytest.mark.parametrize("keys", [["b", "a"], [2, 1], [None, True], [("a", 1), "a"], [frozenset({1}), 1.5]])
def test_any_key(keys):
    lists = [[(each, number) for each in keys] for number in range(2)]
    assert groupbykey(lists) == [(each, [0, 1]) for each in keys]


def test_keys_that_became_lists_are_tuples_again():
    lists = [[[[["month", "=", "May"]], 1]], [[(("month", "=", "May"),), [2]]]]
    expected = [(key(month="May"), [1, [2]])]
    assert groupbykey(lists) == expected
    assert groupbykey(VALIDATE(lists)) == expected


def test_different_keys_are_named():
    with pytest.raises(ValueError) as raised:
        groupbykey(
            [[(MAY, 1), (JUNE, 1), (JULY, SKIPPED)], [(JUNE, 2), ("x", 2)], [(JULY, 3), (MAY, 3), (JUNE, 3)]]
        )
    assert str(raised.value) == (
        "the lists have different keys, which 'how: outer' would join as far as they are there:\n"
        "  - iterables[0] lacks 'x'\n"
        "  - iterables[1] lacks groupby_col = Salama, month = May; groupby_col = Salama, month = July\n"
        "  - iterables[2] lacks 'x'"
    )


def test_the_report_of_missing_keys_is_bounded():
    many = [(key(n=str(number)), number) for number in range(8)]
    with pytest.raises(ValueError) as raised:
        groupbykey([many, []])
    assert str(raised.value).splitlines()[1:] == [
        "  - iterables[1] lacks n = 0; n = 1; n = 2; n = 3; n = 4; and 3 more"
    ]
    with pytest.raises(ValueError) as raised:
        groupbykey([[], many[:5], [((), 1)]])
    assert str(raised.value).splitlines()[1:] == [
        "  - iterables[0] lacks n = 0; n = 1; n = 2; n = 3; n = 4; and 1 more",
        "  - iterables[1] lacks ()",
        "  - iterables[2] lacks n = 0; n = 1; n = 2; n = 3; n = 4",
    ]


@pytest.mark.parametrize("how", ["exact", "outer"])
def test_a_key_twice_is_an_error(how):
    lists = [[(MAY, 1), (JUNE, 1)], [(MAY, 2), (list(MAY), 3), (JUNE, 1)], [(7, 1), (7, 1), (MAY, 1), (7, 1)]]
    with pytest.raises(ValueError) as raised:
        groupbykey(lists, how=how)
    assert str(raised.value) == (
        "a list may have one value for each key:\n"
        "  - iterables[1] has more than once: groupby_col = Salama, month = May\n"
        "  - iterables[2] has more than once: 7"
    )


def test_a_key_that_cannot_be_one():
    with pytest.raises(ValueError) as raised:
        groupbykey([[(MAY, 1)], [({"month": "May"}, 1)]])
    assert str(raised.value) == (
        "iterables[1] has the key {'month': 'May'}, which is no key: unhashable type: 'dict'"
    )


def test_the_annotation():
    assert type_name(groupbykey.parameters["iterables"].annotation).count("Skipped") == 2
    assert groupbykey.parameters["iterables"].admits_skipped
    assert groupbykey.parameters["how"].default == "exact"
    frame = pd.DataFrame({"a": [1]})
    ((((_, validated),), ((_, skipped),)),) = [VALIDATE([[["a", frame]], [["a", SKIPPED]]])]
    assert validated is frame
    assert skipped is SKIPPED
    ((_, (returned,)),) = VALIDATE_RETURN([("a", [frame])])
    assert returned is frame
    for wrong in ([("a", 1)], [[("a", 1, 2)]], [["a"]], {}):
        with pytest.raises(ValidationError):
            VALIDATE(wrong)


def test_what_was_skipped_comes_back_from_the_store(tmp_path):
    joined = groupbykey([[(MAY, SKIPPED), (JUNE, 1)], [(MAY, SKIPPED), (JUNE, SKIPPED)]])
    found = Store(tmp_path).load(Store(tmp_path).save(VALIDATE_RETURN(joined), groupbykey.returns))
    assert found == VALIDATE_RETURN(found) == joined == [(MAY, SKIPPED), (JUNE, [1])]


def test_tables_of_groups_come_back_from_the_store(tmp_path):
    table = pd.DataFrame({"month": ["May", "June"], "n": [1, 2]}, index=["x", "y"])
    groups = split_groups(table, [Grouper(index_name="month")])
    joined = groupbykey([groups, [(each, len(found)) for each, found in groups]])
    found = Store(tmp_path).load(Store(tmp_path).save(VALIDATE_RETURN(joined), groupbykey.returns))
    assert [each for each, _ in found] == [key(month="June"), key(month="May")]
    for (_, (before, one)), (_, (after, count)) in zip(joined, VALIDATE_RETURN(found), strict=True):
        assert_frame_equal(after, before)
        assert count == one == 1


KEYS = st.one_of(st.integers(0, 3), st.sampled_from(["a", "b"]), st.tuples(st.integers(0, 1), st.just("a")))
LISTS = st.lists(
    st.lists(st.tuples(KEYS, st.integers() | st.just(SKIPPED)), unique_by=lambda pair: pair[0]), max_size=4
)


@settings(max_examples=100, deadline=None)
@given(LISTS)
def test_an_outer_join_has_every_value_once_and_in_order(lists):
    found = groupbykey(lists, how="outer")
    keys = [each for each, _ in found]
    assert len(set(keys)) == len(keys)
    assert keys[: len(lists[0]) if lists else 0] == [each for each, _ in (lists[0] if lists else [])]
    for each, values in found:
        present = [
            value for pairs in lists for other, value in pairs if other == each and value is not SKIPPED
        ]
        assert values == (present or SKIPPED)
    given_values = [value for value in itertools.chain(*lists) if value[1] is not SKIPPED]
    assert len(given_values) == sum(len(values) for _, values in found if values is not SKIPPED)


@settings(max_examples=100, deadline=None)
@given(LISTS)
def test_an_exact_join_is_the_outer_one_or_an_error(lists):
    if len({frozenset(each for each, _ in pairs) for pairs in lists}) > 1:
        with pytest.raises(ValueError, match="the lists have different keys"):
            groupbykey(lists)
    else:
        assert groupbykey(lists) == groupbykey(lists, how="outer")
