"""Patrols, events and types of events as tables; what is packaged as an example is what the tasks give."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from earthranger_site import SPAN, client

from earthranger_double import Double, Faults, Site, serving
from earthranger_double.data import START, STEP
from earthranger_double.examples import examples
from ecoflows.examples import example_of
from ecoflows.frames import validate_frame
from ecoflows.tasks.io import (
    get_event_types,
    get_events,
    get_patrol_events,
    get_patrol_observations,
    get_subjectgroup_observations,
)
from ecoflows.tasks.schemas import EventGDFSchema, EventTypesSchema, SubjectGroupObservationsGDFSchema
from ecoflows.tasks.types import TimeRange

BOTH = pytest.mark.parametrize("cursors", [False, True], ids=["numbers", "cursors"])


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def segments(double: Double) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(patrol, segment) for patrol in double.site.all_patrols for segment in patrol["patrol_segments"]]


def track(double: Double, segment: dict[str, Any], until: datetime) -> list[str]:
    """The ids of the good fixes of a segment's leader while it lasted."""
    if segment["leader"] is None:
        return []
    start = moment(segment["time_range"]["start_time"])
    end = moment(segment["time_range"]["end_time"]) if segment["time_range"]["end_time"] else until
    subject = double.site.numbers[segment["leader"]["id"]]
    indexes = [at for at in range(double.site.each) if start <= START + at * STEP <= end and at % 9 != 8]
    return [double.site.observation(subject, at)["id"] for at in indexes]


@BOTH
def test_tracks_of_patrols(cursors: bool, pauses: list[float]) -> None:
    until = START + timedelta(hours=20)
    with serving(Site(subjects=10, each=90, patrols=9), cursors=cursors, most=4) as double:
        double.faults = [Faults("503", rate=0.2)]
        with client(double) as found:
            table = get_patrol_observations.function(
                client=found, since=START, until=until, include_patrol_details=True
            )
        validate_frame(table, SubjectGroupObservationsGDFSchema)
        expected = {patrol["id"]: track(double, segment, until) for patrol, segment in segments(double)}
        assert {name: ids for name, ids in expected.items() if ids} == {
            name: list(part["extra__id"]) for name, part in table.groupby("groupby_col")
        }
        assert len(table) > 20
        by_id = {patrol["id"]: (patrol, segment) for patrol, segment in segments(double)}
        for row in table.itertuples():
            patrol, segment = by_id[row.extra__patrol_id]
            assert row.extra__patrol_serial_number == patrol["serial_number"]
            assert row.extra__patrol_type__value == segment["patrol_type"]
            assert row.extra__patrol_type__display in ("Foot Patrol", "Vehicle Patrol")
            assert row.extra__subject__name == row.extra__patrol_subject == segment["leader"]["name"]
            assert row.extra__patrol_start_time == moment(segment["time_range"]["start_time"])
            assert pd.isna(row.extra__patrol_title) == (patrol["title"] is None)


def test_patrols_of_some_types_and_states() -> None:
    with serving(Site(subjects=5, each=90, patrols=9)) as double, client(double) as found:
        table = get_patrol_observations.function(
            client=found,
            time_range=SPAN,
            patrol_type=["Foot Patrol"],
            status=["done", "active"],
            include_patrol_details=True,
        )
        assert set(table["extra__patrol_type"]) == {"foot_patrol"}
        assert set(table["extra__patrol_status"]) == {"done", "active"}
        plain = get_patrol_observations.function(client=found, time_range=SPAN)
        assert set(plain["groupby_col"]) == set(plain["extra__subject_id"])
        assert "extra__patrol_id" not in plain
        with pytest.raises(
            ValueError, match=r"patrol_type: the site has no 'foot_patrl' \(did you mean 'foot_pa"
        ):
            get_patrol_observations.function(client=found, time_range=SPAN, patrol_type=["foot_patrl"])


@BOTH
def test_events_of_patrols(cursors: bool) -> None:
    with serving(Site(patrols=9), cursors=cursors) as double, client(double) as found:
        table = get_patrol_events.function(client=found, time_range=SPAN)
        validate_frame(table, EventGDFSchema)
        expected = {event["id"]: patrol["id"] for patrol, one in segments(double) for event in one["events"]}
        assert dict(zip(table["id"], table["patrol_id"], strict=True)) == expected
        assert len(expected) == 9
        done = get_patrol_events.function(client=found, time_range=SPAN, status=["done"])
        assert set(done["patrol_status"]) == {"done"}


@BOTH
def test_events_equal_those_of_the_site(cursors: bool, pauses: list[float]) -> None:
    with (
        serving(Site(events=50), cursors=cursors, most=7) as double,
        client(double, sub_page_size=7) as found,
    ):
        double.faults = [Faults("truncated", at=frozenset({2})), Faults("429", at=frozenset({4}))]
        table = get_events.function(client=found, time_range=SPAN)
        validate_frame(table, EventGDFSchema)
        assert len(table) == 50
        assert table["time"].is_monotonic_increasing
        by_id = {event["id"]: event for event in double.site.all_events}
        assert set(table["id"]) == set(by_id)
        for row in table.itertuples():
            event = by_id[row.id]
            assert row.time == moment(event["time"])
            assert row.event_type == event["event_type"]
            assert json.loads(row.event_details) == event["event_details"]
            place = event["location"]
            assert row.geometry == (place and shapely.Point(place["longitude"], place["latitude"]))
            assert row.serial_number == event["serial_number"]


def test_events_of_a_time_range_some_types_and_columns() -> None:
    span = TimeRange(since=START + timedelta(hours=3), until=START + timedelta(hours=20))
    with serving(Site(events=50)) as double, client(double) as found:
        table = get_events.function(
            client=found, time_range=span, event_types=["Snare", "carcass_rep"], event_columns=["state"]
        )
        expected = [
            event
            for event in double.site.all_events
            if span.since <= moment(event["time"]) <= span.until
            and event["event_type"] in ("snare_rep", "carcass_rep")
        ]
        assert list(table["id"]) == [event["id"] for event in expected]
        assert list(table.columns) == ["id", "time", "event_type", "geometry", "state"]
        placed = get_events.function(client=found, time_range=span, include_null_geometry=False)
        assert len(placed) == 16
        assert placed.geometry.notna().all()
        with pytest.raises(ValueError, match="event_types: the site has no 'snare'"):
            get_events.function(client=found, time_range=span, event_types=["snare"])
        with pytest.raises(ValueError, match=r"event_columns: there is no 'stat' \(did you mean 'state'\?\)"):
            get_events.function(client=found, time_range=span, event_columns=["stat"])


def test_inactive_subjects_details_and_marks() -> None:
    read = get_subjectgroup_observations.function
    with serving(Site(subjects=8, each=27)) as double, client(double) as found:
        active = read(client=found, subject_group_name="All", time_range=SPAN, include_inactive=False)
        assert active["extra__subject__is_active"].all()
        assert active["groupby_col"].nunique() == 6
        every = read(client=found, subject_group_name="Elephants", time_range=SPAN)
        assert set(every["extra__subject__subject_subtype"]) == {"elephant"}
        assert not every["junk_status"].any()
        marked = read(client=found, subject_group_name="All", time_range=SPAN, filter="manual")
        assert marked["junk_status"].all()
        assert len(marked) == 8 * 3
        hidden = read(
            client=found, subject_group_name="Secret", time_range=SPAN, include_details=True, filter="all"
        )
        assert Counter(hidden["extra__subject__name"]) == {"Elephant 0": 27}
        assert json.loads(hidden["extra__observation_details"].iloc[0]) == {"battery": 3.3}


def test_nothing_gives_valid_tables_with_all_columns() -> None:
    never = TimeRange(since=START - timedelta(days=9), until=START - timedelta(days=8))
    with serving(Site(subjects=5, patrols=3, events=5)) as double, client(double) as found:
        for task, more in (
            (get_subjectgroup_observations, {"subject_group_name": "All"}),
            (get_subjectgroup_observations, {"subject_group_name": "Nobody", "include_details": True}),
            (get_patrol_observations, {"include_patrol_details": True}),
            (get_patrol_events, {}),
            (get_events, {}),
        ):
            full = task.function(client=found, time_range=SPAN, **{**more, **ANYBODY.get(task.name, {})})
            empty = task.function(client=found, time_range=never, **more)
            assert len(full) > 0
            assert len(empty) == 0
            assert list(empty.columns) == list(full.columns)
            assert empty.crs == full.crs == "EPSG:4326"
            assert dict(empty.dtypes) == dict(full.dtypes)
            validate_frame(
                empty, EventGDFSchema if "events" in task.name else SubjectGroupObservationsGDFSchema
            )


ANYBODY = {"get_subjectgroup_observations": {"subject_group_name": "All"}}


def test_types_of_events() -> None:
    with serving() as double, client(double) as found:
        table = get_event_types.function(client=found)
    validate_frame(table, EventTypesSchema)
    assert list(table["value"]) == ["carcass_rep", "snare_rep", "wildlife_sighting_rep"]
    assert list(table["category"]) == ["monitoring"] * 3


def test_packaged_examples_are_what_the_tasks_give() -> None:
    for task, table in examples():
        file = Path(str(__import__(task.module, fromlist=["_"]).__file__)).parent / (
            f"{task.name}.example-return.parquet"
        )
        if os.environ.get("UPDATE_EXPECTED"):
            table.to_parquet(file)
        stored = (gpd if "geometry" in table else pd).read_parquet(file)
        assert len(table) > 0
        assert stored.equals(table), task.name
        assert example_of(task).digest
