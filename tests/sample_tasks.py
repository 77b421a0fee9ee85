"""Tasks for tests of what surrounds tasks: stable names, arguments of every kind, cheap bodies."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import pandera.pandas as pa
from pandera.typing.pandas import Series
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from ecoflows.annotations import AnyDataFrame, DataFrame, Html, Text
from ecoflows.decorators import distributed


class FixesSchema(pa.DataFrameModel):
    """Point fixes."""

    subject: Series[Text] = pa.Field(description="Whose fix it is.")
    x: Series[float]
    y: Series[float]


class Coordinate(TypedDict):
    """A point in degrees."""

    x: float
    y: float


class TitleOptions(BaseModel):
    """How a title is set."""

    model_config = ConfigDict(extra="forbid")

    font_size: Annotated[int, Field(ge=6, le=72)] = 16
    color: str = "black"


@distributed(tags=["io"])
def load_observations(
    path: Annotated[str, Field(min_length=1, description="The file.")],
    subject_column: Annotated[str, Field(description="Who moved.")] = "subject",
    limit: Annotated[int | None, Field(description="Read no more rows than this.")] = None,
) -> DataFrame[FixesSchema]:
    """Read fixes from a file."""
    import pandas as pd

    frame = pd.read_csv(Path(path), dtype={"x": float, "y": float})
    return frame.rename(columns={subject_column: "subject"})[:limit]


@distributed
def process_relocations(
    observations: Annotated[DataFrame[FixesSchema], Field(description="The fixes.")],
    filter_point_coords: Annotated[
        list[tuple[float, float] | Coordinate], Field(description="Positions to drop.")
    ] = [(0.0, 0.0)],  # noqa: B006
    relocs_columns: Annotated[list[str], Field(description="The columns to keep.")] = [  # noqa: B006
        "subject",
        "x",
        "y",
    ],
) -> DataFrame[FixesSchema]:
    """Drop wrong fixes."""
    for point in filter_point_coords:
        x, y = (point["x"], point["y"]) if isinstance(point, dict) else point
        observations = observations[~((observations["x"] == x) & (observations["y"] == y))]
    return observations[relocs_columns]


@distributed
def calculate_time_density(
    trajectory_gdf: DataFrame[FixesSchema],
    pixel_size: Annotated[float, Field(gt=0, description="The side of a cell (m).")],
    crs: str = "ESRI:102022",
    band_count: Annotated[int, Field(ge=1, le=12)] = 1,
    percentiles: Annotated[
        list[Annotated[float, Field(gt=0, le=100)]], Field(min_length=1, description="The shares (%).")
    ] = [50.0, 95.0],  # noqa: B006
) -> AnyDataFrame:
    """Outline where time is spent."""
    return trajectory_gdf.assign(cell=(trajectory_gdf["x"] // pixel_size), crs=crs)


@distributed
def draw_ecomap(
    geodataframe: AnyDataFrame,
    static: bool = False,
    title: Annotated[str, Field(description="The title.")] = "",
    scheme: Literal["quantiles", "equal"] = "quantiles",
    height: Annotated[int, Field(ge=50)] | str = "100%",
    title_kws: TitleOptions | None = None,
) -> Html:
    """Draw a map."""
    return f"<h1>{title}</h1>{len(geodataframe)}{geodataframe.to_csv(index=False)}"


@distributed
def merge_tables(tables: list[AnyDataFrame], names: dict[str, str] | None = None) -> AnyDataFrame:
    """Put tables below each other."""
    import pandas as pd

    return pd.concat(tables)


@distributed
def compare(frame: AnyDataFrame, reference: AnyDataFrame | None = None) -> int:
    """Count rows."""
    return len(frame) - (0 if reference is None else len(reference))


@distributed(tags=["io"])
def fetch(url: str, retries: int = 3) -> str:
    """Fetch a text; its argument has the name of an option."""
    return f"{url} {retries}"


@distributed
def set_time_range(since: datetime, until: datetime | None = None) -> dict[str, Any]:
    """Say when."""
    return {"since": since, "until": until}


@distributed
def now() -> float:
    """Take no arguments."""
    return 1.0
