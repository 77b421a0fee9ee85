"""Patrols: the tracks of those who led them, and the events that they reported."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from ecoflows.annotations import GeoDataFrame
from ecoflows.connections.earthranger import EarthRanger, EarthRangerClient
from ecoflows.decorators import distributed
from ecoflows.tasks.io.earthranger._events import COLUMNS, PATROL_COLUMNS, event_rows, event_table
from ecoflows.tasks.io.earthranger._fetching import Wanted, fetch
from ecoflows.tasks.io.earthranger._groups import ids_of
from ecoflows.tasks.io.earthranger._relocations import SUBJECT_COLUMNS, fixes, subject_details
from ecoflows.tasks.schemas import EventGDFSchema, SubjectGroupObservationsGDFSchema
from ecoflows.tasks.types import Moment, TimeRange, one_time_range

_DETAILS = (
    "extra__patrol_id",
    "extra__patrol_serial_number",
    "extra__patrol_title",
    "extra__patrol_type",
    "extra__patrol_type__value",
    "extra__patrol_type__display",
    "extra__patrol_status",
    "extra__patrol_subject",
    "extra__patrol_start_time",
    "extra__patrol_end_time",
)
PatrolStatus = Literal["active", "overdue", "done", "cancelled"]


@distributed(tags=["io"])
def get_patrol_observations(
    client: Annotated[EarthRangerClient, Field(description="The connection to the EarthRanger site.")],
    patrol_type: Annotated[
        list[str], Field(description="The types, by value or by the name that people see; none for all.")
    ] = [],  # noqa: B006  # tasks never change their arguments
    status: Annotated[list[PatrolStatus], Field(description="The states of the patrols; none for all.")] = [],  # noqa: B006  # tasks never change their arguments
    include_patrol_details: Annotated[
        bool, Field(description="Whether fixes are grouped by patrol and tell of it.")
    ] = False,
    since: Annotated[
        Moment | None, Field(description="The first moment, where there is no time_range.")
    ] = None,
    until: Annotated[
        Moment | None, Field(description="The last moment, where there is no time_range.")
    ] = None,
    time_range: Annotated[
        TimeRange | None, Field(description="From when to when, instead of since and until.")
    ] = None,
) -> GeoDataFrame[SubjectGroupObservationsGDFSchema]:
    """Read the tracks of the patrols that took place in a time range from EarthRanger.

    The track of a patrol is what its leader's device recorded from its start to its end, be that before or
    after the time range; of a patrol that goes on, until the end of the range. Parts of patrols without a
    leader have none. Fixes that were marked as wrong are left out.

    Args:
        client: The site.
        patrol_type: The types of patrols.
        status: Their states.
        include_patrol_details: Whether fixes are grouped by patrol and tell of it.
        since: The first moment; UTC where it has no offset.
        until: The last moment, itself included.
        time_range: Both of them.

    Returns:
        One row per fix, as ``get_subjectgroup_observations`` gives them; with patrol details
        ``groupby_col`` is the patrol's id, and there are ``extra__patrol_id``, ``_serial_number``,
        ``_title``, ``_type``, ``_type__value``, ``_type__display``, ``_status``, ``_subject``,
        ``_start_time`` and ``_end_time`` (UTC). Without fixes an empty table with all of them.

    Raises:
        ValueError: If the site has no such type, or there is no time range.
        ConnectionFailedError: If the site fails or refuses.
    """
    span = one_time_range(time_range, since, until)
    segments = [
        found
        for found in _segments(client, span, patrol_type, status)
        if found.leader is not None and found.start is not None
    ]
    wanted, labels = [], []
    for found in segments:
        leader = found.leader or {}
        wanted.append(Wanted(str(leader["id"]), found.start or span.since, found.end or span.until))
        label = {"groupby_col": leader["id"], "extra__subject_id": leader["id"], **subject_details(leader)}
        if include_patrol_details:
            label |= {**found.details(), "groupby_col": found.patrol["id"]}
        labels.append(label)
    columns = ["groupby_col", "extra__subject_id", *(f"extra__subject__{name}" for name in SUBJECT_COLUMNS)]
    columns += _DETAILS if include_patrol_details else ()
    tables = fetch(client, wanted, choice="clean", details=False)
    table: GeoDataFrame[SubjectGroupObservationsGDFSchema] = fixes(tables, labels, columns)
    return table


@distributed(tags=["io"])
def get_patrol_events(
    client: Annotated[EarthRangerClient, Field(description="The connection to the EarthRanger site.")],
    patrol_type: Annotated[
        list[str], Field(description="The types, by value or by the name that people see; none for all.")
    ] = [],  # noqa: B006  # tasks never change their arguments
    status: Annotated[list[PatrolStatus], Field(description="The states of the patrols; none for all.")] = [],  # noqa: B006  # tasks never change their arguments
    since: Annotated[
        Moment | None, Field(description="The first moment, where there is no time_range.")
    ] = None,
    until: Annotated[
        Moment | None, Field(description="The last moment, where there is no time_range.")
    ] = None,
    time_range: Annotated[
        TimeRange | None, Field(description="From when to when, instead of since and until.")
    ] = None,
) -> GeoDataFrame[EventGDFSchema]:
    """Read the events that patrols of a time range reported from EarthRanger.

    Args:
        client: The site.
        patrol_type: The types of patrols.
        status: Their states.
        since: The first moment; UTC where it has no offset.
        until: The last moment, itself included.
        time_range: Both of them.

    Returns:
        One row per event, as ``get_events`` gives them, and ``patrol_id``, ``patrol_segment_id``,
        ``patrol_serial_number``, ``patrol_title``, ``patrol_type``, ``patrol_status``,
        ``patrol_start_time`` (UTC); without events an empty table with all of them.

    Raises:
        ValueError: If the site has no such type, or there is no time range.
        ConnectionFailedError: If the site fails or refuses.
    """
    span = one_time_range(time_range, since, until)
    kinds = client.rows("activity/events/eventtypes", {"include_inactive": True})
    displays = {kind["value"]: kind["display"] for kind in kinds}
    rows = []
    for found in _segments(client, span, patrol_type, status):
        more = {
            "patrol_id": found.patrol["id"],
            "patrol_segment_id": found.segment.get("id"),
            "patrol_serial_number": found.patrol.get("serial_number"),
            "patrol_title": found.patrol.get("title"),
            "patrol_type": found.segment.get("patrol_type"),
            "patrol_status": _status(found.patrol),
            "patrol_start_time": found.start,
        }
        rows += event_rows(found.segment.get("events") or [], displays, more)
    table: GeoDataFrame[EventGDFSchema] = event_table(rows, (*COLUMNS, *PATROL_COLUMNS))
    return table


@dataclass(frozen=True)
class _Segment:
    """A part of a patrol: one kind of movement under one leader."""

    patrol: Mapping[str, Any]
    segment: Mapping[str, Any]
    display: str | None

    @property
    def leader(self) -> Mapping[str, Any] | None:
        """The subject that led it; leaders that are users have no track."""
        found = self.segment.get("leader")
        if not isinstance(found, dict) or not str(found.get("content_type", "subject")).endswith("subject"):
            return None
        return found

    @property
    def start(self) -> datetime | None:
        return self._time("start_time")

    @property
    def end(self) -> datetime | None:
        return self._time("end_time")

    def _time(self, name: str) -> datetime | None:
        found = (self.segment.get("time_range") or {}).get(name)
        return datetime.fromisoformat(found).astimezone(UTC) if found else None

    def details(self) -> dict[str, Any]:
        value = self.segment.get("patrol_type")
        return {
            "extra__patrol_id": self.patrol["id"],
            "extra__patrol_serial_number": self.patrol.get("serial_number"),
            "extra__patrol_title": self.patrol.get("title"),
            "extra__patrol_type": value,
            "extra__patrol_type__value": value,
            "extra__patrol_type__display": self.display or value,
            "extra__patrol_status": _status(self.patrol),
            "extra__patrol_subject": (self.leader or {}).get("name"),
            "extra__patrol_start_time": self.start,
            "extra__patrol_end_time": self.end,
        }


def _status(patrol: Mapping[str, Any]) -> str | None:
    """The state as people call it: EarthRanger keeps an active patrol as open."""
    state = patrol.get("state")
    return "active" if state == "open" else state


def _segments(
    client: EarthRanger, span: TimeRange, patrol_type: list[str], status: list[PatrolStatus]
) -> Iterator[_Segment]:
    kinds = list(client.rows("activity/patrols/types", {}))
    wanted: dict[str, Any] = {
        "date_range": {"lower": span.since.isoformat(), "upper": span.until.isoformat()}
    }
    if patrol_type:
        wanted["patrol_type"] = ids_of(kinds, patrol_type, "patrol_type")
    displays = {kind["value"]: kind["display"] for kind in kinds}
    params: dict[str, Any] = {"filter": json.dumps(wanted)}
    if status:
        params["status"] = list(status)
    patrols = {patrol["id"]: patrol for patrol in client.rows("activity/patrols", params)}
    for patrol in sorted(patrols.values(), key=lambda found: (found.get("serial_number") or 0, found["id"])):
        for segment in patrol.get("patrol_segments") or []:
            yield _Segment(patrol, segment, displays.get(segment.get("patrol_type")))
