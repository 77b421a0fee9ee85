"""``DataFrame[Schema]``, column types, media types."""

from __future__ import annotations

from typing import Annotated, Any

import geopandas as gpd
import pandas as pd
import pandera.pandas as pa
import pytest
from pandera.errors import SchemaError
from pandera.typing.pandas import Series
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from shapely import LineString, Point

from ecoflows.annotations import (
    SKIPPED,
    AnyDataFrame,
    AnyGeoDataFrame,
    DataFrame,
    Geometry,
    Html,
    Media,
    Png,
    Skipped,
    Text,
    UtcTime,
    frame_schema,
    is_frame,
    media_of,
    needs_frame,
)
from ecoflows.errors import FrameValidationError
from sample_tasks import FixesSchema


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"subject": ["a", "b"], "x": [1.0, 2.0], "y": [0.0, 0.0], **columns})


@pytest.mark.parametrize(
    ("annotation", "is_one", "needs_one"),
    [
        (DataFrame[FixesSchema], True, True),
        (AnyDataFrame, True, True),
        (AnyGeoDataFrame, True, True),
        (Annotated[DataFrame[FixesSchema], Field(description="x")], True, True),
        (DataFrame, True, True),
        (DataFrame[Any] | None, False, True),
        (list[AnyDataFrame], False, True),
        (Annotated[list[AnyGeoDataFrame] | AnyDataFrame, Field()], False, True),
        (dict[str, AnyDataFrame], False, True),
        (tuple[AnyDataFrame, ...], False, True),
        (list[tuple[str, AnyDataFrame]], False, True),
        (AnyDataFrame | str, False, False),
        (list[str], False, False),
        (list, False, False),
        (int, False, False),
        (None, False, False),
    ],
)
def test_which_annotations_are_and_need_frames(annotation: Any, is_one: bool, needs_one: bool) -> None:
    assert is_frame(annotation) is is_one
    assert needs_frame(annotation) is needs_one


def test_frame_schema() -> None:
    assert frame_schema(DataFrame[FixesSchema]) is FixesSchema
    assert frame_schema(Annotated[DataFrame[FixesSchema], Field()]) is FixesSchema
    assert frame_schema(AnyDataFrame) is None
    assert frame_schema(DataFrame) is None
    with pytest.raises(TypeError, match="takes a pandera DataFrameModel"):
        frame_schema(DataFrame[int])


def test_frames_are_validated_by_their_model() -> None:
    adapter = TypeAdapter(DataFrame[FixesSchema])
    good = frame()
    assert adapter.validate_python(good).equals(good)
    with pytest.raises(FrameValidationError, match="column subject is missing"):
        adapter.validate_python(good.drop(columns="subject"))
    with pytest.raises(ValidationError, match="a table is expected here, not list"):
        adapter.validate_python([1])


def test_frames_in_a_choice_leave_room_for_the_others() -> None:
    adapter = TypeAdapter(list[tuple[str, DataFrame[FixesSchema] | Skipped | int]])
    found = adapter.validate_python([("a", frame()), ("b", SKIPPED), ("c", 1)])
    assert [type(value).__name__ for _, value in found] == ["DataFrame", "Skipped", "int"]
    assert not needs_frame(AnyDataFrame | int)
    assert needs_frame(AnyDataFrame | Skipped | None)


def test_frames_inside_models_and_json_schema() -> None:
    class Holder(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        table: DataFrame[FixesSchema]
        anything: AnyDataFrame

    assert len(Holder(table=frame(), anything=frame()).table) == 2
    schema = Holder.model_json_schema()["properties"]
    assert schema["table"]["format"] == "dataframe"
    assert schema["table"]["title"] == "FixesSchema"
    assert schema["table"]["properties"]["subject"] == {
        "dtype": "text",
        "description": "Whose fix it is.",
        "nullable": False,
    }
    assert schema["table"]["required"] == ["subject", "x", "y"]
    assert schema["anything"] == {"type": "object", "format": "dataframe", "title": "Anything"}


def test_geo_frames_must_be_geopandas() -> None:
    adapter = TypeAdapter(AnyGeoDataFrame)
    geo = gpd.GeoDataFrame({"a": [1]}, geometry=[Point(0, 0)])
    assert adapter.validate_python(geo) is geo
    with pytest.raises(FrameValidationError, match="this one has none"):
        adapter.validate_python(frame())


class Points(pa.DataFrameModel):
    geometry: Series[Annotated[Geometry, ("Point",), "EPSG:4326"]]


class Anything(pa.DataFrameModel):
    geometry: Series[Geometry]


def test_geometry_columns() -> None:
    points = gpd.GeoDataFrame(geometry=[Point(0, 0), Point(1, 1)], crs="EPSG:4326")
    lines = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1, 1)]), Point(0, 0)], crs="EPSG:4326")
    adapter = TypeAdapter(DataFrame[Points])
    assert adapter.validate_python(points) is not None
    assert TypeAdapter(DataFrame[Anything]).validate_python(lines) is not None
    for wrong in (lines, points.to_crs("EPSG:3857"), points.set_crs(None, allow_override=True)):
        with pytest.raises(FrameValidationError, match="column geometry fails"):
            adapter.validate_python(wrong)
    with pytest.raises(FrameValidationError):
        TypeAdapter(DataFrame[Anything]).validate_python(pd.DataFrame({"geometry": [1]}))
    assert str(Geometry()) == "geometry"
    assert str(Geometry(("Point",), "EPSG:4326")) == "geometry[Point, EPSG:4326]"


class Times(pa.DataFrameModel):
    when: Series[UtcTime]
    word: Series[Text] = pa.Field(nullable=True)


def test_times_in_utc_of_any_resolution_and_texts() -> None:
    adapter = TypeAdapter(DataFrame[Times])
    for unit in ("s", "us", "ns"):
        when = pd.to_datetime(["2024-01-01"]).tz_localize("UTC").as_unit(unit)
        for word in (pd.Series(["a"]), pd.Series(["a"], dtype="string"), pd.Series([None], dtype=object)):
            adapter.validate_python(pd.DataFrame({"when": when, "word": word}))
    with pytest.raises(FrameValidationError, match="column when fails"):
        adapter.validate_python(pd.DataFrame({"when": pd.to_datetime(["2024-01-01"]), "word": ["a"]}))
    local = pd.to_datetime(["2024-01-01"]).tz_localize("Africa/Nairobi")
    with pytest.raises(FrameValidationError, match="column when fails"):
        adapter.validate_python(pd.DataFrame({"when": local, "word": ["a"]}))
    utc = pd.to_datetime(["2024-01-01"]).tz_localize("UTC")
    with pytest.raises(FrameValidationError, match="column word fails"):
        adapter.validate_python(pd.DataFrame({"when": utc, "word": [5]}))


def test_media_types() -> None:
    assert media_of(Html) == Media("text/html", "html")
    assert media_of(Png) == Media("image/png", "png")
    assert media_of(str) is None
    assert media_of(Annotated[str, "x"]) is None


def test_geometries_are_narrowed_in_brackets() -> None:
    points = Geometry["MultiPoint", "EPSG:4326", "Point"]
    narrow = type("Narrow", (pa.DataFrameModel,), {"__annotations__": {"geometry": Series[points]}})
    assert str(narrow.to_schema().columns["geometry"].dtype) == "geometry[MultiPoint, Point, EPSG:4326]"
    table = gpd.GeoDataFrame(geometry=[Point(0, 0), Point(1, 1)], crs="EPSG:4326")
    assert len(narrow.validate(table)) == 2
    with pytest.raises(SchemaError, match="expected series 'geometry' to have type"):
        narrow.validate(table.to_crs("EPSG:32637"))
    assert Geometry["Polygon"] == Annotated[Geometry, ("Polygon",), None]
    with pytest.raises(TypeError, match="one coordinate reference system"):
        Geometry["Point", "Pont", "EPSG:4326"]
