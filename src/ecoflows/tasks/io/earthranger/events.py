"""Events, and the types that a site has of them."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import Field

from ecoflows.annotations import DataFrame, GeoDataFrame
from ecoflows.connections.earthranger import EarthRangerClient
from ecoflows.decorators import distributed
from ecoflows.progress import metered
from ecoflows.tasks.io.earthranger._events import (
    COLUMNS,
    event_rows,
    event_table,
    require_columns,
    type_table,
)
from ecoflows.tasks.io.earthranger._fetching import whole
from ecoflows.tasks.io.earthranger._groups import ids_of
from ecoflows.tasks.schemas import EventGDFSchema, EventTypesSchema
from ecoflows.tasks.types import Moment, TimeRange, one_time_range

_TYPES = "activity/events/eventtypes"


@distributed(tags=["io"])
def get_events(
    client: Annotated[EarthRangerClient, Field(description="The connection to the EarthRanger site.")],
    event_types: Annotated[
        list[str], Field(description="The types, by value or by the name that people see; none for all.")
    ] = [],  # noqa: B006  # tasks never change their arguments
    event_columns: Annotated[
        list[str],
        Field(description="The columns to keep besides id, time, event_type, geometry; none for all."),
    ] = [],  # noqa: B006  # tasks never change their arguments
    since: Annotated[
        Moment | None, Field(description="The first moment, where there is no time_range.")
    ] = None,
    until: Annotated[
        Moment | None, Field(description="The last moment, where there is no time_range.")
    ] = None,
    time_range: Annotated[
        TimeRange | None, Field(description="From when to when, instead of since and until.")
    ] = None,
    include_details: Annotated[
        bool, Field(description="Whether what the event's form holds is read, as JSON text.")
    ] = True,
    include_null_geometry: Annotated[
        bool, Field(description="Whether events without a place are kept.")
    ] = True,
) -> GeoDataFrame[EventGDFSchema]:
    """Read the events of a time range from EarthRanger.

    Args:
        client: The site.
        event_types: The types to read.
        event_columns: The columns to keep.
        since: The first moment; UTC where it has no offset.
        until: The last moment, itself included.
        time_range: Both of them.
        include_details: Whether ``event_details`` (JSON text) is there.
        include_null_geometry: Whether events without a place are kept.

    Returns:
        One row per event, in the order of times: ``id``, ``time`` (UTC), ``event_type`` (its value),
        ``geometry`` (EPSG:4326, null without a place), ``event_type_display``, ``event_category``,
        ``serial_number``, ``title``, ``priority``, ``priority_label``, ``state``, ``reported_by``,
        ``created_at``, ``updated_at`` (UTC), ``event_details`` (JSON text); without events an empty table
        with all of them.

    Raises:
        ValueError: If the site has no such type, there is no such column, or no time range.
        ConnectionFailedError: If the site fails or refuses.
    """
    span = one_time_range(time_range, since, until)
    require_columns(event_columns)
    kinds = list(client.rows(_TYPES, {"include_inactive": True}))
    wanted: dict[str, Any] = {
        "date_range": {"lower": span.since.isoformat(), "upper": span.until.isoformat()}
    }
    if event_types:
        wanted["event_type"] = ids_of(kinds, event_types, "event_types")
    params = {"filter": json.dumps(wanted), "include_details": include_details, "include_notes": False}
    displays = {kind["value"]: kind["display"] for kind in kinds}
    with metered("events") as meter:
        pages = whole(client.pages("activity/events", params), lambda page: event_rows(page, displays), meter)
    found: GeoDataFrame[EventGDFSchema] = event_table(
        [row for page in pages for row in page], COLUMNS, event_columns, null_geometry=include_null_geometry
    )
    return found


@distributed(tags=["io"])
def get_event_types(
    client: Annotated[EarthRangerClient, Field(description="The connection to the EarthRanger site.")],
    include_inactive: Annotated[
        bool, Field(description="Whether types that are no longer used are listed, too.")
    ] = False,
) -> DataFrame[EventTypesSchema]:
    """List the types of events that an EarthRanger site has.

    Args:
        client: The site.
        include_inactive: Whether types that are no longer used are among them.

    Returns:
        One row per type, in the site's order: ``id``, ``value`` (what events carry), ``display`` (what
        people see), ``category``, ``is_active``, ``default_priority`` (int).

    Raises:
        ConnectionFailedError: If the site fails or refuses.
    """
    kinds = client.rows(_TYPES, {"include_inactive": include_inactive})
    found: DataFrame[EventTypesSchema] = type_table(kinds)
    return found
