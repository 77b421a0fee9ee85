import datetime as dt
import itertools
from decimal import Decimal
from uuid import UUID

import geopandas as gpd
import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from pandas.testing import assert_frame_equal
from pydantic import ValidationError
from shapely.geometry import Point

from ecoflows.store import Store
from ecoflows.tasks.groupby import Grouper, set_groupers, split_groups

NAIROBI = "Africa/Nairobi"


def by(*names):
    return [Grouper(index_name=name) for name in names]


def texts(values, **options):
    """What the groups of a column are called, in their order."""
    frame = pd.DataFrame({"v": pd.Series(values, **options)})
    return [key[0][2] for key, _ in split_groups(frame, by("v"))]


@pytest.fixture
def sightings():
    return pd.DataFrame(
        {
            "species": ["lion", "eland", "lion", "eland", "lion"],
            "month": ["May", "May", "April", "May", "May"],
            "count": [3, 1, 4, 1, 5],
        },
        index=pd.Index(["s0", "s1", "s2", "s3", "s4"], name="id"),
    )


def test_groups_by_hand(sightings):
    eland, lion_april, lion_may = split_groups(sightings, by("species", "month"))
    assert eland[0] == (("species", "=", "eland"), ("month", "=", "May"))
    assert lion_april[0] == (("species", "=", "lion"), ("month", "=", "April"))
    assert lion_may[0] == (("species", "=", "lion"), ("month", "=", "May"))
    assert_frame_equal(eland[1], sightings.loc[["s1", "s3"]])
    assert_frame_equal(lion_april[1], sightings.loc[["s2"]])
    assert_frame_equal(lion_may[1], sightings.loc[["s0", "s4"]])


def test_the_first_grouper_is_the_outermost(sightings):
    keys = [key for key, _ in split_groups(sightings, by("month", "species"))]
    assert [tuple(value for _, _, value in key) for key in keys] == [
        ("April", "lion"),
        ("May", "eland"),
        ("May", "lion"),
    ]


def test_no_groupers_make_one_group(sightings):
    for table in (sightings, sightings[:0]):
        ((key, found),) = split_groups(table, [])
        assert key == ()
        assert_frame_equal(found, table)
        assert found is not table


def test_an_empty_table_has_no_groups(sightings):
    assert split_groups(sightings[:0], by("species", "id")) == []
    assert split_groups(sightings[:0].astype(object), by("species")) == []
    assert split_groups(sightings[:0].astype("category"), by("species")) == []


def test_levels_of_the_index_are_grouped_by(sightings):
    nested = sightings.set_index("month", append=True)
    april, may = split_groups(nested, by("month"))
    assert april[0] == (("month", "=", "April"),)
    assert_frame_equal(april[1], nested.iloc[[2]])
    assert_frame_equal(may[1], nested.iloc[[0, 1, 3, 4]])
    assert april[1].index.levels[1].tolist() == ["April"]
    flat = split_groups(sightings, by("id", "species"))
    assert [key[0] for key, _ in flat] == [("id", "=", f"s{number}") for number in range(5)]


def test_geometries_stay(fixes):
    table = fixes([("b", "2024-05-01", 37.0, 0.0), ("a", "2024-05-02", 38.0, 1.0)])
    table["home"] = gpd.GeoSeries([Point(0, 0), None], crs="EPSG:32637", index=table.index)
    table = table.rename_geometry("where")
    table.attrs = {"source": {"collars": 2}}
    (_, a), (_, b) = split_groups(table, by("groupby_col"))
    assert_geodataframe_equal(a, table.loc[["f1"]])
    assert_geodataframe_equal(b, table.loc[["f0"]])
    assert a.geometry.name == "where"
    assert a.crs == "EPSG:4326"
    assert a["home"].crs == "EPSG:32637"
    assert a.attrs == {"source": {"collars": 2}}
    a.attrs["source"]["collars"] = 1
    assert table.attrs == b.attrs == {"source": {"collars": 2}}


def test_groups_are_copies(sightings):
    before = sightings.copy()
    for groupers in (by("species"), []):
        for _, table in split_groups(sightings, groupers):
            table["count"] = 0
            table.iloc[0, 0] = "none"
            assert not np.shares_memory(table["count"].to_numpy(), sightings["count"].to_numpy())
    assert_frame_equal(sightings, before)


class Kind(str):
    """A text of a class of its own, as an enum's members are."""

    __slots__ = ()

    def __str__(self):
        return "another text"


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        (["b", "a", "B"], "str", ["B", "a", "b"]),
        (["b", "a"], "string", ["a", "b"]),
        ([Kind("b"), "a", Kind("a")], object, ["a", "b"]),
        ([10, 2, -1], "int8", ["-1", "2", "10"]),
        ([10, 2, 2], "UInt64", ["2", "10"]),
        ([2**70, 3], object, ["3", str(2**70)]),
        ([7.0, 10.0, 0.5, -0.0, 0.0], float, ["0", "0.5", "7", "10"]),
        ([1e300, np.inf, -np.inf], float, ["-inf", str(int(1e300)), "inf"]),
        ([0.1, 7.0], "float32", ["0.1", "7"]),
        ([0.1, 7.0], "Float32", ["0.1", "7"]),
        ([1, 1.0, True, 2.5], object, ["1", "True", "2.5"]),
        ([True, False], bool, ["False", "True"]),
        ([True, False], "boolean", ["False", "True"]),
        ([np.True_, np.int64(3), np.float32(0.5)], object, ["0.5", "True", "3"]),
        (
            [Decimal("1.50"), Decimal("1.5"), Decimal("7.00"), Decimal("1e-7")],
            object,
            ["0.0000001", "1.5", "7"],
        ),
        (["2024-05-01", "2023-12-31T12:00"], "datetime64[s]", ["2023-12-31T12:00:00", "2024-05-01T00:00:00"]),
        ([dt.date(2024, 5, 1), dt.date(2023, 1, 1)], object, ["2023-01-01", "2024-05-01"]),
        ([dt.time(6), np.datetime64("2024-05-01")], object, ["2024-05-01T00:00:00", "06:00:00"]),
        (["1h", "30min"], "timedelta64[ns]", ["0 days 00:30:00", "0 days 01:00:00"]),
        ([dt.timedelta(days=1), np.timedelta64(2, "h")], object, ["0 days 02:00:00", "1 days 00:00:00"]),
        (["2024-05", "2023-12"], "period[M]", ["2023-12", "2024-05"]),
        ([UUID(int=1)], object, [str(UUID(int=1))]),
        (["a", 10, 2, "B"], object, ["2", "10", "B", "a"]),
        (["May", "April"], "category", ["April", "May"]),
        ([10, 2], "category", ["2", "10"]),
    ],
)
def test_values_become_text_in_their_own_order(values, dtype, expected):
    for order in itertools.permutations(values):
        assert texts(list(order), dtype=dtype) == expected


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_have_one_text_whatever_their_resolution(unit):
    times = pd.Series(pd.to_datetime(["2024-05-01T06:00:00Z"])).dt.as_unit(unit)
    assert texts(times) == ["2024-05-01T06:00:00+00:00"]
    assert texts(times.dt.tz_convert(NAIROBI)) == ["2024-05-01T09:00:00+03:00"]


def test_one_moment_in_two_zones_is_two_groups_in_any_order():
    moments = [pd.Timestamp("2024-05-01T06:00Z"), pd.Timestamp("2024-05-01T09:00", tz=NAIROBI)]
    expected = ["2024-05-01T06:00:00+00:00", "2024-05-01T09:00:00+03:00"]
    assert texts(moments, dtype=object) == texts(moments[::-1], dtype=object) == expected


def test_intervals_and_ordered_categories_have_an_order():
    bins = pd.cut([0.5, 12, 3, 12], [0, 1, 10, 20])
    assert texts(bins) == ["(0, 1]", "(1, 10]", "(10, 20]"]
    months = pd.CategoricalDtype(["March", "May", "April", "June"], ordered=True)
    assert texts(["April", "June", "May"], dtype=months) == ["May", "April", "June"]
    plain = pd.CategoricalDtype(["March", "May", "April", "June"])
    assert texts(["April", "June", "May"], dtype=plain) == ["April", "June", "May"]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (["b", None, "a", None], "str"),
        (["b", pd.NA, "a"], "string"),
        (["b", None, "a", np.nan, pd.NaT, pd.NA], object),
        (["b", None, "a"], "category"),
        (["b", "a", None], pd.CategoricalDtype(["a", "b"], ordered=True)),
    ],
)
def test_rows_without_a_value_are_a_group_at_the_end(values, dtype):
    assert texts(values, dtype=dtype) == ["a", "b", "None"]


def test_other_kinds_of_missing_values():
    assert texts([np.nan, 2, 1]) == ["1", "2", "None"]
    assert texts([None, 2, 1], dtype="Int64") == ["1", "2", "None"]
    assert texts([None, "2024-05-01"], dtype="datetime64[ns]") == ["2024-05-01T00:00:00", "None"]
    assert texts([None, None], dtype=object) == ["None"]
    for both in (
        pd.arrays.ArrowExtensionArray(pa.array([2.0, float("nan"), None, 1.0])),
        pd.arrays.FloatingArray(np.array([2, np.nan, 0, 1]), np.array([False, False, True, False])),
    ):
        assert texts(both) == ["1", "2", "None"]


def test_a_missing_level_of_the_index_is_a_group():
    frame = pd.DataFrame(
        {"n": [1, 2, 3]}, index=pd.MultiIndex.from_tuples([("x", 1), (None, 2), ("x", None)])
    )
    frame.index.names = ["who", "when"]
    found = split_groups(frame, by("who", "when"))
    assert [tuple(value for *_, value in key) for key, _ in found] == [
        ("x", "1"),
        ("x", "None"),
        ("None", "2"),
    ]
    assert_frame_equal(found[2][1], frame.iloc[[1]])


ERRORS = {
    "missing and text": (
        ["None", None],
        (
            "'v' has rows without a value and rows with the text 'None', which would be one group; "
            "give one of the two another text"
        ),
    ),
    "number and text": (
        ["1", 1],
        (
            "'v' has the different values '1' (str) and 1 (int), which would both be called '1' in the key "
            "of a group; make them one"
        ),
    ),
    "truth and text": (
        [True, "True"],
        (
            "'v' has the different values 'True' (str) and True (bool), which would both be called 'True' in "
            "the key of a group; make them one"
        ),
    ),
    "numbers of two widths": (
        [np.float32(0.1), np.float64(0.1)],
        (
            "'v' has the different values 0.1 (float64) and 0.10000000149011612 (float32), which would both "
            "be called '0.1' in the key of a group; make them one"
        ),
    ),
    "lists": (
        [[1], [2]],
        (
            "'v' has values of type list, which cannot name a group; "
            "group by text, numbers, truth values or times"
        ),
    ),
    "geometries": (
        [Point(0, 0)],
        (
            "'v' has values of type Point, which cannot name a group; "
            "group by text, numbers, truth values or times"
        ),
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_values_that_cannot_be_keys(case):
    values, message = ERRORS[case]
    for order in itertools.permutations(values):
        with pytest.raises(ValueError) as raised:
            texts(list(order), dtype=object)
        assert str(raised.value) == message


def test_categories_that_cannot_be_keys():
    both = pd.CategoricalDtype([1, "1", "2"])
    assert texts([1, "2"], dtype=both) == ["1", "2"]
    with pytest.raises(ValueError, match=r"the different values '1' \(str\) and 1 \(int\)"):
        texts([1, "1"], dtype=both)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ["specis"],
            (
                "groupers names 'specis' (did you mean 'species'?), which the table does not have; "
                "the columns are species, month, count; the levels of the index are id"
            ),
        ),
        (
            ["iid", "x", "month"],
            (
                "groupers names 'iid' (did you mean 'id'?) and 'x', which the table does not have; "
                "the columns are species, month, count; the levels of the index are id"
            ),
        ),
        (
            ["month", "species", "month"],
            "groupers names 'month' more than once; keep one grouper of each index_name",
        ),
    ],
)
def test_groupers_that_do_not_fit(sightings, names, message):
    for table in (sightings, sightings[:0]):
        with pytest.raises(ValueError) as raised:
            split_groups(table, by(*names))
        assert str(raised.value) == message


def test_a_name_of_two_things(sightings):
    both = sightings.set_index("species", drop=False)
    with pytest.raises(ValueError) as raised:
        split_groups(both, by("species"))
    assert str(raised.value) == (
        "groupers names 'species', which is a column and a level of the index of the table at once; "
        "rename all but one"
    )
    twice = sightings.set_axis(["n", "month", "n"], axis="columns")
    with pytest.raises(ValueError) as raised:
        split_groups(twice, by("n", "mnth"))
    assert str(raised.value) == (
        "groupers names 'n', which is a column and a column of the table at once; rename all but one; "
        "groupers names 'mnth' (did you mean 'month'?), which the table does not have; "
        "the columns are n, month, n; the levels of the index are id"
    )
    assert len(split_groups(twice, by("month"))) == 2


def test_a_table_without_names():
    bare = pd.DataFrame({5: [1], ("a", "b"): [2]})
    with pytest.raises(ValueError) as raised:
        split_groups(bare, by("5"))
    assert str(raised.value) == (
        "groupers names '5' (did you mean '5'?), which the table does not have; "
        "the columns are 5, ('a', 'b'); the levels of the index are none that has a name"
    )
    with pytest.raises(ValueError, match=r"the columns are c0, c1, .*, c29 and 2 more; the levels"):
        split_groups(pd.DataFrame([range(32)]).add_prefix("c"), by("nothing"))


def test_groupers_are_given_back():
    groupers = [
        Grouper(index_name="month", display_name="Month", help_text="The month of the fix."),
        Grouper(index_name="species"),
    ]
    assert set_groupers(groupers) == groupers
    assert set_groupers([]) == []


def test_groupers_of_one_name_are_refused():
    message = "groupers names 'a', 'b' more than once; keep one grouper of each index_name"
    with pytest.raises(ValueError) as raised:
        set_groupers(by("a", "b", "a", "c", "b"))
    assert str(raised.value) == message
    adapter = set_groupers.parameters["groupers"].adapter
    with pytest.raises(ValidationError, match=message):
        adapter.validate_python([{"index_name": name} for name in ("a", "b", "a", "b")])


def test_the_form_of_groupers():
    validate = set_groupers.parameters["groupers"].adapter.validate_python
    assert validate([{"index_name": "month", "display_name": None}]) == by("month")
    for wrong in ({}, {"index_name": ""}, {"index_name": "month", "help": "?"}, {"index_name": None}):
        with pytest.raises(ValidationError):
            validate([wrong])
    with pytest.raises(ValidationError):
        by("month")[0].index_name = "species"


def test_equal_groupers_are_stored_as_equal_bytes(tmp_path):
    store = Store(tmp_path)
    short, long = by("month"), [Grouper(index_name="month", display_name=None, help_text=None)]
    artifact = store.save(set_groupers(short))
    assert artifact == store.save(set_groupers(long))
    assert store.load(artifact) == short


def test_split_tables_come_back_from_the_store(fixes, tmp_path):
    table = fixes([("b", "2024-05-01", 37.0, 0.0), ("a", "2024-05-02", 38.0, 1.0)])
    table["kind"] = pd.Categorical(["x", "y"])
    groups = split_groups.return_adapter.validate_python(split_groups(table, by("groupby_col", "kind")))
    found = Store(tmp_path).load(Store(tmp_path).save(groups, split_groups.returns))
    assert [key for key, _ in found] == [key for key, _ in groups]
    for (_, before), (_, after) in zip(groups, found, strict=True):
        assert_geodataframe_equal(after, before)


def test_validation_leaves_tables_alone(sightings):
    assert split_groups.parameters["df"].adapter.validate_python(sightings) is sightings
    groups = split_groups(sightings, by("species"))
    validated = split_groups.return_adapter.validate_python(
        [[list(map(list, key)), df] for key, df in groups]
    )
    assert [key for key, _ in validated] == [key for key, _ in groups]
    assert all(after is before for (_, before), (_, after) in zip(groups, validated, strict=True))


CELLS = st.fixed_dictionaries(
    {
        "g": st.none() | st.sampled_from(["a", "b", "c"]),
        "n": st.none() | st.integers(-2, 12),
        "kind": st.none() | st.sampled_from(["x", "y", "z"]),
        "any": st.none() | st.integers(0, 3) | st.sampled_from(["p", "q"]) | st.booleans(),
        "t": st.none()
        | st.integers(0, 3).map(lambda day: pd.Timestamp("2024-05-01") + pd.Timedelta(days=day)),
        "text": st.none() | st.text("é1 ", max_size=3),
    }
)
INDEXES = {
    "range": lambda frame: frame.set_axis(pd.RangeIndex(len(frame))),
    "times": lambda frame: frame.set_axis(pd.date_range("2024", periods=len(frame), freq="D", name="when")),
    "kinds": lambda frame: frame.assign(kinds=frame["kind"]).set_index("kinds"),
    "levels": lambda frame: frame.assign(kinds=frame["kind"], texts=frame["text"]).set_index(
        ["kinds", "texts"]
    ),
}


def as_found(values):
    """Categories in the order in which the values happen to come."""
    found = dict.fromkeys(value for value in values if value is not None)
    return pd.Categorical(values, categories=pd.Index(list(found), dtype="str"))


def frame_of(rows, index):
    column = {name: [row[name] for row in rows] for name in ("g", "n", "kind", "any", "t", "text")}
    frame = pd.DataFrame(
        {
            "g": pd.Series(column["g"], dtype="str"),
            "n": pd.array(column["n"], dtype="Int64"),
            "kind": as_found(column["kind"]),
            "any": pd.Series(column["any"], dtype=object),
            "rank": pd.Categorical(column["kind"], categories=["z", "x", "y", "w"], ordered=True),
            "t": pd.Series(column["t"], dtype="datetime64[us]"),
            "step": pd.Categorical(range(len(rows)), categories=pd.RangeIndex(len(rows))),
            "day": pd.Categorical(pd.date_range("2024", periods=len(rows))),
            "text": pd.Series(column["text"], dtype="str"),
        }
    )
    return INDEXES[index](frame)


ROWS = st.lists(CELLS, min_size=1, max_size=12)
NAMES = st.lists(st.sampled_from(["g", "n", "kind", "any", "rank", "t"]), min_size=1, max_size=3, unique=True)
INDEX = st.sampled_from(sorted(INDEXES))


def as_plain(frame):
    """The values of a table, whatever its categories are."""
    return frame.reset_index(drop=True).astype(object)


@settings(max_examples=60, deadline=None)
@given(ROWS, NAMES, INDEX, st.randoms(use_true_random=False))
def test_groups_are_the_table_whatever_its_order(rows, names, index, random):
    frame = frame_of(rows, index).assign(row=range(len(rows)))
    groups = split_groups(frame, by(*names))
    keys = [key for key, _ in groups]
    assert len(set(keys)) == len(keys)
    assert all([name for name, _, _ in key] == names for key in keys)
    assert all(len(table) and table["row"].is_monotonic_increasing for _, table in groups)
    whole = pd.concat([as_plain(table) for _, table in groups]).sort_values("row")
    assert_frame_equal(whole.reset_index(drop=True), as_plain(frame))
    for key, table in groups:
        assert_frame_equal(table.dtypes.map(str).to_frame(), frame.dtypes.map(str).to_frame())
        assert {split_groups(table, by(*names))[0][0]} == {key}

    shuffled = list(range(len(rows)))
    random.shuffle(shuffled)
    again = split_groups(frame.iloc[shuffled], by(*names))
    assert [key for key, _ in again] == keys
    for (_, table), (_, other) in zip(groups, again, strict=True):
        order = np.argsort(other["row"].to_numpy(dtype=int))
        assert_frame_equal(other.iloc[order], table)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from(["n", "g", "t"]))
def test_keys_are_in_the_order_of_values(rows, name):
    frame = frame_of(rows, "range")
    first = [table[name].iloc[0] for _, table in split_groups(frame, by(name))]
    present = [value for value in first if not pd.isna(value)]
    assert present == sorted(frame[name].dropna().unique())
    assert len(first) - len(present) == int(frame[name].isna().any())


def digests(groups):
    store = Store("memory://groupby-digests")
    return {key: store.save(table).sha256 for key, table in groups}


FEW_ROWS = st.lists(CELLS, min_size=1, max_size=4)


@settings(max_examples=25, deadline=None)
@given(FEW_ROWS, FEW_ROWS, FEW_ROWS, INDEX, st.sampled_from([["g"], ["n"], ["kind"], ["g", "rank"], ["any"]]))
def test_a_group_is_stored_the_same_whatever_the_others_hold(own, others, more, index, names):
    def values(row):
        return [str(row["kind" if name == "rank" else name]) for name in names]

    own = [row for row in own if values(row) == values(own[0])]
    others, more = ([row for row in rows if values(row) != values(own[0])] for rows in (others, more))
    found = set()
    for before, after in ((others, more), (more, []), ([], [])):
        frame = frame_of([*before, *own, *after], index).drop(columns=["step", "day"])
        if index in ("range", "times"):  # a row keeps its label
            labels = [*range(100, 100 + len(before)), *range(len(own)), *range(50, 50 + len(after))]
            frame.index = pd.Index(labels)
        frame["mine"] = [False] * len(before) + [True] * len(own) + [False] * len(after)
        groups = split_groups(frame, by(*names))
        found |= set(digests((key, table) for key, table in groups if table["mine"].all()).values())
    assert len(found) == 1


def test_changing_one_group_leaves_the_others_as_they_are(observations, tmp_path):
    store = Store(tmp_path)
    table = observations.copy()
    table["sex"] = table["groupby_col"].map({"Salama": "f", "Tumaini": "m"}).astype("category")
    table["day"] = pd.Categorical(table["fixtime"].dt.date)

    changed = table[["sex", "day"]].astype(object)
    changed.loc[table["groupby_col"] == "Tumaini", "sex"] = "a"
    changed.loc[table["groupby_col"] == "Tumaini", "day"] = dt.date(1999, 1, 1)
    changed = table.assign(sex=changed["sex"].astype("category"), day=changed["day"].astype("category"))

    artifacts = [store.save(split_groups(version, by("groupby_col"))) for version in (table, changed)]
    (salama, tumaini), (salama_again, other) = map(store.parts, artifacts)
    assert salama.type == "geodataframe"
    assert salama_again == salama
    assert other != tumaini


def test_an_index_has_no_trace_of_other_rows():
    def stored(index, groups):
        frame = pd.DataFrame({"g": list(groups)}, index=index)
        return digests(split_groups(frame, by("g")))[(("g", "=", "a"),)]

    assert stored(pd.RangeIndex(4), "aabb") == stored(pd.Index([0, 1, 7]), "aab")
    assert stored(pd.RangeIndex(0, 8, 2), "abab") == stored(pd.Index([0, 4]), "aa")
    days = pd.date_range("2024", periods=4)
    assert stored(days, "aabb") == stored(days[[0, 1, 3]], "aab")
    assert days.freq is not None
    hours = pd.timedelta_range("1h", periods=4, freq="h")
    assert stored(hours, "aabb") == stored(hours[[0, 1, 3]], "aab")
    kinds = pd.CategoricalIndex(["x", "y", "z"], categories=["z", "y", "x"])
    assert stored(kinds, "aab") == stored(pd.CategoricalIndex(["x", "y"]), "aa")
    few = pd.CategoricalIndex(["x", "y"])
    nested = [pd.MultiIndex.from_arrays([index, range(len(index))]) for index in (kinds, few)]
    assert stored(nested[0], "aab") == stored(nested[1], "aa")


def test_the_table_is_left_as_it_is():
    days = pd.date_range("2024", periods=3, name="day")
    nested = pd.MultiIndex.from_product([days, ["x"]])
    for index in (
        days,
        nested,
        pd.RangeIndex(3),
        pd.CategoricalIndex(["x", "y", "z"], categories=["z", "y", "x"]),
    ):
        table = pd.DataFrame({"g": pd.Categorical(["b", "a", "b"], categories=["b", "a"])}, index=index)
        table["day"] = pd.Categorical(days, ordered=True)
        groups = split_groups(table, by("g"))
        assert [key[0][2] for key, _ in groups] == ["a", "b"]
        assert table["day"].cat.categories.freq == "D"
        assert table["g"].cat.categories.tolist() == ["b", "a"]
        assert type(table.index) is type(index)
        assert getattr(table.index, "freq", None) == getattr(index, "freq", None)
        if index is nested:
            assert table.index.levels[0].freq == nested.levels[0].freq == "D"
        if isinstance(index, pd.CategoricalIndex):
            assert table.index.categories.tolist() == ["z", "y", "x"]


def test_categories_have_no_trace_of_other_rows():
    def stored(categories, groups):
        frame = pd.DataFrame({"g": list(groups), "c": categories})
        return digests(split_groups(frame, by("g")))[(("g", "=", "a"),)]

    steps = pd.Categorical([0, 1, 2], categories=pd.RangeIndex(3))
    assert stored(steps, "aab") == stored(pd.Categorical([0, 1, 9]), "aab")
    days = pd.date_range("2024", periods=3)
    assert stored(pd.Categorical(days), "aab") == stored(pd.Categorical(days[[0, 1]]), "aa")
    mixed = pd.Categorical(["x", 1, 2], categories=[2, 1, "x"])
    assert stored(mixed, "aab") == stored(pd.Categorical(["x", 1], categories=["x", 1]), "aa")
    ordered = pd.Categorical(["x", "y", "x"], categories=["y", "w", "x"], ordered=True)
    ((_, found), _) = split_groups(pd.DataFrame({"g": list("aab"), "c": ordered}), by("g"))
    assert found["c"].dtype == pd.CategoricalDtype(["y", "x"], ordered=True)


def test_many_groups(tmp_path):
    draws = np.random.default_rng(3)
    table = pd.DataFrame({"g": draws.integers(0, 500, 150_000), "n": np.arange(150_000)})
    groups = split_groups(table, by("g"))
    assert [key[0][2] for key, _ in groups] == [str(number) for number in range(500)]
    assert sum(len(found) for _, found in groups) == 150_000
    assert all((found["g"] == number).all() for number, (_, found) in enumerate(groups))
