"""The tables that the built-in tasks take and give, as pandera models named after their data.

Extra columns are welcome in every one of them. Coordinates are longitude and latitude (EPSG:4326)
until a task says otherwise, times are UTC.
"""

from __future__ import annotations

from typing import Annotated

import pandera.pandas as pa
from pandera.typing.pandas import Series

from ecoflows.annotations import Geometry, Text, UtcTime


class RelocationsGDFSchema(pa.DataFrameModel):
    """Cleaned point fixes of one or more subjects."""

    groupby_col: Series[Text] = pa.Field(
        description="The subject that the fix belongs to: an id or a name, the same for all its fixes.",
    )
    fixtime: Series[UtcTime] = pa.Field(description="When the position was taken (UTC).")
    junk_status: Series[bool] = pa.Field(description="Whether the fix is known to be wrong.")
    geometry: Series[Annotated[Geometry, ("Point",), "EPSG:4326"]] = pa.Field(
        description="The position, longitude and latitude in degrees (EPSG:4326).",
    )


class SubjectGroupObservationsGDFSchema(RelocationsGDFSchema):
    """Point fixes of a group of subjects, as they come from the source."""


class TrajectoryGDFSchema(pa.DataFrameModel):
    """Straight segments between consecutive fixes of a subject."""

    groupby_col: Series[Text] = pa.Field(description="The subject that moved along the segment.")
    segment_start: Series[UtcTime] = pa.Field(description="The time of the segment's first fix (UTC).")
    segment_end: Series[UtcTime] = pa.Field(description="The time of the segment's second fix (UTC).")
    timespan_seconds: Series[float] = pa.Field(
        gt=0, description="The time from the first fix to the second (s)."
    )
    dist_meters: Series[float] = pa.Field(
        ge=0, description="The geodesic distance between the fixes on the WGS84 ellipsoid (m)."
    )
    speed_kmhr: Series[float] = pa.Field(ge=0, description="Distance over time (km/h).")
    heading: Series[float] = pa.Field(
        ge=0, lt=360, description="The direction at the first fix (degrees clockwise from north)."
    )
    junk_status: Series[bool] = pa.Field(description="Whether one of the two fixes is known to be wrong.")
    geometry: Series[Annotated[Geometry, ("LineString",), "EPSG:4326"]] = pa.Field(
        description="The line from the first fix to the second, in degrees (EPSG:4326).",
    )


class TimeDensityReturnGDFSchema(pa.DataFrameModel):
    """The areas in which an animal spends given shares of its time."""

    percentile: Series[float] = pa.Field(
        gt=0, le=100, description="The share of the time that the area holds (%)."
    )
    geometry: Series[Annotated[Geometry, ("MultiPolygon",), None]] = pa.Field(
        description="The area, in the coordinate reference system of the analysis (m).",
    )
    area_sqkm: Series[float] = pa.Field(gt=0, description="The size of the area (km²).")


class EventGDFSchema(pa.DataFrameModel):
    """Events that people or sensors reported."""

    id: Series[Text] = pa.Field(description="The event's id.", unique=True)
    time: Series[UtcTime] = pa.Field(description="When it happened (UTC).")
    event_type: Series[Text] = pa.Field(description="The value of its type, such as carcass_rep.")
    geometry: Series[Annotated[Geometry, (), "EPSG:4326"]] = pa.Field(
        nullable=True,
        description="Where it happened, in degrees (EPSG:4326); null where nobody said so.",
    )


class EventTypesSchema(pa.DataFrameModel):
    """The types of events that a site has."""

    id: Series[Text] = pa.Field(description="The type's id.", unique=True)
    value: Series[Text] = pa.Field(description="What events of the type carry.")
    display: Series[Text] = pa.Field(description="What people see.")
    category: Series[Text] = pa.Field(description="The value of its category.")
    is_active: Series[bool] = pa.Field(description="Whether it is still used.")
    default_priority: Series[int] = pa.Field(description="The priority that its events start with.")
