"""Tasks for specs of edges: who gives and who takes tables and values of every kind.

Every producer keeps its promise; the names of tasks that give begin with ``gives_``, of those that
take with ``takes_``. Tables of one column call it ``v``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import pandas as pd
import pandera.pandas as pa
from pandera.typing.pandas import Index, Series
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from ecoflows.annotations import AnyDataFrame, AnyGeoDataFrame, DataFrame, Geometry, Text, UtcTime
from ecoflows.decorators import distributed
from ecoflows.effects import Adds, Drops, Keeps, NothingElse, PassesThrough, Renames

NOON = pd.Timestamp("2024-01-01T12:00")


def _points(crs: str, column: str = "v") -> Any:
    from geopandas import GeoDataFrame, GeoSeries
    from shapely import Point

    shapes = GeoSeries([Point(1, 2), Point(3, 4)], crs=crs)
    return GeoDataFrame({column: shapes}, geometry=column)


def _squares() -> Any:
    from geopandas import GeoDataFrame, GeoSeries
    from shapely import box

    return GeoDataFrame({"v": GeoSeries([box(0, 0, 1, 1)], crs="EPSG:4326")}, geometry="v")


class Real(pa.DataFrameModel):
    v: Series[float]


class AboveZero(pa.DataFrameModel):
    v: Series[float] = pa.Field(gt=0)


class FromZero(pa.DataFrameModel):
    v: Series[float] = pa.Field(ge=0)


class FromOne(pa.DataFrameModel):
    v: Series[float] = pa.Field(ge=1)


class BelowZero(pa.DataFrameModel):
    v: Series[float] = pa.Field(lt=0)


class UpToZero(pa.DataFrameModel):
    v: Series[float] = pa.Field(le=0)


class Share(pa.DataFrameModel):
    v: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1})


class Whole(pa.DataFrameModel):
    v: Series[int]


class NullableWhole(pa.DataFrameModel):
    v: Series[pd.Int64Dtype]


class Small(pa.DataFrameModel):
    v: Series[pa.Float32]


class Converted(pa.DataFrameModel):
    v: Series[float] = pa.Field(coerce=True)


class ConvertedWhole(pa.DataFrameModel):
    v: Series[int] = pa.Field(coerce=True)


class Maybe(pa.DataFrameModel):
    v: Series[float] | None


class WithNulls(pa.DataFrameModel):
    v: Series[float] = pa.Field(nullable=True)


class Distinct(pa.DataFrameModel):
    v: Series[float] = pa.Field(unique=True)


class Words(pa.DataFrameModel):
    v: Series[Text]


class Strings(pa.DataFrameModel):
    v: Series[str]


class Classes(pa.DataFrameModel):
    v: Series[pd.CategoricalDtype]


class Utc(pa.DataFrameModel):
    v: Series[UtcTime]


class Nairobi(pa.DataFrameModel):
    v: Series[Annotated[pd.DatetimeTZDtype, "us", "Africa/Nairobi"]]


class Naive(pa.DataFrameModel):
    v: Series[pa.DateTime]


class Sexes(pa.DataFrameModel):
    v: Series[str] = pa.Field(isin=["f", "m"])


class Females(pa.DataFrameModel):
    v: Series[str] = pa.Field(eq="f")


class Unsexed(pa.DataFrameModel):
    v: Series[str] = pa.Field(isin=["?"])


class Places(pa.DataFrameModel):
    v: Series[Geometry]


class Points(pa.DataFrameModel):
    v: Series[Annotated[Geometry, ("Point",), "EPSG:4326"]]


class PointsSpelled(pa.DataFrameModel):
    v: Series[Annotated[Geometry, ("Point", "MultiPoint"), "epsg:4326"]]


class Mercator(pa.DataFrameModel):
    v: Series[Annotated[Geometry, ("Point",), "EPSG:3857"]]


class Polygons(pa.DataFrameModel):
    v: Series[Annotated[Geometry, ("Polygon",), "EPSG:4326"]]


class Even(pa.DataFrameModel):
    v: Series[int]

    @pa.check("v", name="is_even")
    def is_even(cls, values: Series[int]) -> Series[bool]:  # noqa: N805  # pandera's way
        return values % 2 == 0


class StillEven(Even):
    w: Series[float] | None


class Fixes(pa.DataFrameModel):
    subject: Series[Text]
    x: Series[float]
    y: Series[float]


class Speeds(Fixes):
    speed: Series[float] = pa.Field(ge=0)


class StrictFixes(Fixes):
    class Config:
        strict = True


class FilteredFixes(Fixes):
    class Config:
        strict = "filter"


class OrderedFixes(Fixes):
    class Config:
        ordered = True
        strict = True


class Renamed(pa.DataFrameModel):
    speed: Series[float] = pa.Field(alias="speed (km/h)")


class Bands(pa.DataFrameModel):
    bands: Series[float] = pa.Field(alias=r"band_\d+", regex=True)


class OneBand(pa.DataFrameModel):
    band_1: Series[float]


class Parsed(pa.DataFrameModel):
    v: Series[float]

    @pa.parser("v")
    def parse(cls, values: Any) -> Any:  # noqa: N805  # pandera's way
        return values.astype(float)


class Completed(pa.DataFrameModel):
    v: Series[float]
    weight: Series[float] = pa.Field(default=1.0)

    class Config:
        add_missing_columns = True


class Dropping(pa.DataFrameModel):
    v: Series[float] = pa.Field(gt=0)

    class Config:
        drop_invalid_rows = True


class Warned(pa.DataFrameModel):
    v: Series[float] = pa.Field(gt=0, raise_warning=True)


class LongTable(pa.DataFrameModel):
    v: Series[float]

    @pa.dataframe_check(name="is_long")
    def is_long(cls, table: pd.DataFrame) -> bool:  # noqa: N805  # pandera's way
        return len(table) > 1


class LongerTable(LongTable):
    w: Series[float]


class Numbered(pa.DataFrameModel):
    number: Index[int]
    v: Series[float]


class DistinctFixes(Fixes):
    class Config:
        unique = ["subject", "x"]  # noqa: RUF012  # pandera's way


class Sex(enum.Enum):
    FEMALE = "f"
    MALE = "m"


@dataclass
class Box:
    west: float
    east: float


class Style(BaseModel):
    size: int = 1


class Place(TypedDict):
    x: float
    y: float


class Span(NamedTuple):
    start: float
    end: float


@distributed
def gives_real() -> DataFrame[Real]:
    return pd.DataFrame({"v": [-1.5, 2.5]})


@distributed
def takes_real(df: DataFrame[Real]) -> int:
    return len(df)


@distributed
def gives_above_zero() -> DataFrame[AboveZero]:
    return pd.DataFrame({"v": [0.5, 2.5]})


@distributed
def takes_above_zero(df: DataFrame[AboveZero]) -> int:
    return len(df)


@distributed
def gives_from_zero() -> DataFrame[FromZero]:
    return pd.DataFrame({"v": [0.0, 2.5]})


@distributed
def takes_from_zero(df: DataFrame[FromZero]) -> int:
    return len(df)


@distributed
def gives_from_one() -> DataFrame[FromOne]:
    return pd.DataFrame({"v": [1.0, 2.5]})


@distributed
def takes_from_one(df: DataFrame[FromOne]) -> int:
    return len(df)


@distributed
def gives_below_zero() -> DataFrame[BelowZero]:
    return pd.DataFrame({"v": [-1.0, -2.5]})


@distributed
def takes_below_zero(df: DataFrame[BelowZero]) -> int:
    return len(df)


@distributed
def gives_up_to_zero() -> DataFrame[UpToZero]:
    return pd.DataFrame({"v": [0.0, -2.5]})


@distributed
def takes_up_to_zero(df: DataFrame[UpToZero]) -> int:
    return len(df)


@distributed
def gives_share() -> DataFrame[Share]:
    return pd.DataFrame({"v": [0.0, 1.0]})


@distributed
def takes_share(df: DataFrame[Share]) -> int:
    return len(df)


@distributed
def gives_whole() -> DataFrame[Whole]:
    return pd.DataFrame({"v": [-1, 2]})


@distributed
def takes_whole(df: DataFrame[Whole]) -> int:
    return len(df)


@distributed
def gives_nullable_whole() -> DataFrame[NullableWhole]:
    return pd.DataFrame({"v": pd.Series([1, 2], dtype="Int64")})


@distributed
def takes_nullable_whole(df: DataFrame[NullableWhole]) -> int:
    return len(df)


@distributed
def gives_small() -> DataFrame[Small]:
    return pd.DataFrame({"v": pd.Series([0.5, 1], dtype="float32")})


@distributed
def takes_small(df: DataFrame[Small]) -> int:
    return len(df)


@distributed
def gives_converted() -> DataFrame[Converted]:
    return pd.DataFrame({"v": [1, 2]})


@distributed
def takes_converted(df: DataFrame[Converted]) -> int:
    return len(df)


@distributed
def takes_converted_whole(df: DataFrame[ConvertedWhole]) -> int:
    return len(df)


@distributed
def gives_maybe() -> DataFrame[Maybe]:
    return pd.DataFrame({"v": [1.5]})


@distributed
def takes_maybe(df: DataFrame[Maybe]) -> int:
    return len(df)


@distributed
def gives_with_nulls() -> DataFrame[WithNulls]:
    return pd.DataFrame({"v": [1.5, None]})


@distributed
def takes_with_nulls(df: DataFrame[WithNulls]) -> int:
    return len(df)


@distributed
def gives_distinct() -> DataFrame[Distinct]:
    return pd.DataFrame({"v": [1.5, 2.5]})


@distributed
def takes_distinct(df: DataFrame[Distinct]) -> int:
    return len(df)


@distributed
def gives_words() -> DataFrame[Words]:
    return pd.DataFrame({"v": ["a", "b"]})


@distributed
def takes_words(df: DataFrame[Words]) -> int:
    return len(df)


@distributed
def gives_strings() -> DataFrame[Strings]:
    return pd.DataFrame({"v": ["a", "b"]})


@distributed
def takes_strings(df: DataFrame[Strings]) -> int:
    return len(df)


@distributed
def gives_classes() -> DataFrame[Classes]:
    return pd.DataFrame({"v": pd.Series(["a", "b"], dtype="category")})


@distributed
def takes_classes(df: DataFrame[Classes]) -> int:
    return len(df)


@distributed
def gives_utc() -> DataFrame[Utc]:
    return pd.DataFrame({"v": [NOON.tz_localize("UTC")]})


@distributed
def takes_utc(df: DataFrame[Utc]) -> int:
    return len(df)


@distributed
def gives_nairobi() -> DataFrame[Nairobi]:
    return pd.DataFrame({"v": [NOON.tz_localize("Africa/Nairobi")]})


@distributed
def takes_nairobi(df: DataFrame[Nairobi]) -> int:
    return len(df)


@distributed
def gives_naive() -> DataFrame[Naive]:
    return pd.DataFrame({"v": [NOON.as_unit("ns")]})


@distributed
def takes_naive(df: DataFrame[Naive]) -> int:
    return len(df)


@distributed
def gives_sexes() -> DataFrame[Sexes]:
    return pd.DataFrame({"v": ["f", "m"]})


@distributed
def takes_sexes(df: DataFrame[Sexes]) -> int:
    return len(df)


@distributed
def gives_females() -> DataFrame[Females]:
    return pd.DataFrame({"v": ["f", "f"]})


@distributed
def takes_females(df: DataFrame[Females]) -> int:
    return len(df)


@distributed
def takes_unsexed(df: DataFrame[Unsexed]) -> int:
    return len(df)


@distributed
def gives_places() -> DataFrame[Places]:
    return _points("EPSG:4326")


@distributed
def takes_places(df: DataFrame[Places]) -> int:
    return len(df)


@distributed
def gives_points() -> DataFrame[Points]:
    return _points("EPSG:4326")


@distributed
def takes_points(df: DataFrame[Points]) -> int:
    return len(df)


@distributed
def takes_points_spelled(df: DataFrame[PointsSpelled]) -> int:
    return len(df)


@distributed
def gives_mercator() -> DataFrame[Mercator]:
    return _points("EPSG:3857")


@distributed
def takes_mercator(df: DataFrame[Mercator]) -> int:
    return len(df)


@distributed
def gives_polygons() -> DataFrame[Polygons]:
    return _squares()


@distributed
def takes_polygons(df: DataFrame[Polygons]) -> int:
    return len(df)


@distributed
def gives_even() -> DataFrame[Even]:
    return pd.DataFrame({"v": [2, 4]})


@distributed
def takes_even(df: DataFrame[Even]) -> int:
    return len(df)


def _fixes(**more: Any) -> pd.DataFrame:
    return pd.DataFrame({"subject": ["a", "b"], "x": [1.0, 2.0], "y": [3.0, 4.0], **more})


@distributed
def gives_fixes() -> DataFrame[Fixes]:
    return _fixes()


@distributed(tags=["io"])
def gives_fixes_from_outside() -> DataFrame[Fixes]:
    return _fixes(speed=[1.0, 2.0])


@distributed
def gives_any_table() -> AnyDataFrame:
    return _fixes(speed=[1.0, 2.0])


@distributed
def gives_strict_fixes() -> DataFrame[StrictFixes]:
    return _fixes()


@distributed
def gives_filtered_fixes() -> DataFrame[FilteredFixes]:
    return _fixes(speed=[1.0, 2.0])


@distributed
def gives_ordered_fixes() -> DataFrame[OrderedFixes]:
    return _fixes()


@distributed
def gives_speeds() -> DataFrame[Speeds]:
    return _fixes(speed=[1.0, 2.0])


@distributed
def gives_renamed() -> DataFrame[Renamed]:
    return pd.DataFrame({"speed (km/h)": [1.0]})


@distributed
def gives_bands() -> DataFrame[Bands]:
    return pd.DataFrame({"band_1": [1.0], "band_2": [2.0]})


@distributed
def gives_one_band() -> DataFrame[OneBand]:
    return pd.DataFrame({"band_1": [1.0]})


@distributed
def gives_numbered() -> DataFrame[Numbered]:
    return pd.DataFrame({"v": [1.0]}, index=pd.Index([7], name="number"))


@distributed
def gives_still_even() -> DataFrame[StillEven]:
    return pd.DataFrame({"v": [2, 4]})


@distributed
def gives_fixes_with_extras() -> Annotated[DataFrame[Fixes], NothingElse(like="extra_")]:
    return _fixes(extra_age=[1.0, 2.0])


@distributed
def gives_fixes_or_null() -> DataFrame[Fixes] | None:
    return _fixes()


@distributed
def gives_list_of_fixes() -> list[DataFrame[Fixes]]:
    return [_fixes(), _fixes()]


@distributed
def gives_groups() -> list[tuple[str, DataFrame[Fixes]]]:
    return [("a", _fixes()), ("b", _fixes())]


@distributed
def gives_mapping_of_fixes() -> dict[str, DataFrame[Fixes]]:
    return {"a": _fixes()}


@distributed
def gives_fixes_and_number() -> tuple[DataFrame[Fixes], int]:
    return _fixes(), 3


@distributed
def gives_pairs_of_fixes_and_number() -> list[tuple[DataFrame[Fixes], int]]:
    return [(_fixes(), 3)]


@distributed
def gives_geo_table() -> AnyGeoDataFrame:
    return _points("EPSG:4326")


@distributed
def takes_fixes(df: DataFrame[Fixes]) -> int:
    return len(df)


@distributed
def takes_speeds(df: DataFrame[Speeds]) -> int:
    return len(df)


@distributed
def takes_strict_fixes(df: DataFrame[StrictFixes]) -> int:
    return len(df)


@distributed
def takes_filtered_fixes(df: DataFrame[FilteredFixes]) -> int:
    return len(df)


@distributed
def takes_ordered_fixes(df: DataFrame[OrderedFixes]) -> int:
    return len(df)


@distributed
def takes_renamed(df: DataFrame[Renamed]) -> int:
    return len(df)


@distributed
def takes_bands(df: DataFrame[Bands]) -> int:
    return len(df)


@distributed
def takes_one_band(df: DataFrame[OneBand]) -> int:
    return len(df)


@distributed
def takes_numbered(df: DataFrame[Numbered]) -> int:
    return len(df)


@distributed
def takes_distinct_fixes(df: DataFrame[DistinctFixes]) -> int:
    return len(df)


@distributed
def takes_parsed(df: DataFrame[Parsed]) -> int:
    return len(df)


@distributed
def takes_completed(df: DataFrame[Completed]) -> int:
    return len(df)


@distributed
def takes_dropping(df: DataFrame[Dropping]) -> int:
    return len(df)


@distributed
def takes_warned(df: DataFrame[Warned]) -> int:
    return len(df)


@distributed
def takes_long_table(df: DataFrame[LongTable]) -> int:
    return len(df)


@distributed
def takes_any_table(df: AnyDataFrame) -> int:
    return len(df)


@distributed
def takes_geo_table(df: AnyGeoDataFrame) -> int:
    return len(df)


@distributed
def takes_fixes_or_null(df: DataFrame[Fixes] | None = None) -> int:
    return 0 if df is None else len(df)


@distributed
def takes_speeds_or_null(df: DataFrame[Speeds] | None = None) -> int:
    return 0 if df is None else len(df)


@distributed
def takes_tables(tables: list[DataFrame[Fixes]]) -> int:
    return len(tables)


@distributed
def takes_tables_with_speed(tables: list[DataFrame[Speeds]]) -> int:
    return len(tables)


@distributed
def takes_groups(groups: list[tuple[str, DataFrame[Fixes]]]) -> int:
    return len(groups)


@distributed
def takes_mapping_of_fixes(tables: dict[str, DataFrame[Fixes]]) -> int:
    return len(tables)


@distributed
def takes_fixes_and_number(df: DataFrame[Fixes], number: int) -> int:
    return len(df) + number


@distributed
def takes_fixes_and_text(df: DataFrame[Fixes], text: str) -> int:
    return len(df) + len(text)


@distributed
def gives_longer_table() -> DataFrame[LongerTable]:
    return pd.DataFrame({"v": [1.0, 2.0], "w": [1.0, 2.0]})


@distributed
def gives_warned() -> DataFrame[Warned]:
    return pd.DataFrame({"v": [1.0]})


@distributed
def gives_pandas_table() -> pd.DataFrame:
    return _fixes()


@distributed
def takes_pandas_table(df: pd.DataFrame) -> int:
    return len(df)


@distributed
def takes_two_tables(tables: Annotated[list[DataFrame[Fixes]], Field(min_length=2)]) -> int:
    return len(tables)


@distributed
def merge(
    left: AnyDataFrame, right: AnyDataFrame
) -> Annotated[AnyDataFrame, PassesThrough("left"), PassesThrough("right")]:
    return pd.concat([left, right.drop(columns=left.columns, errors="ignore")], axis=1)


@distributed
def keep_if_any(
    df: DataFrame[Speeds] | None, columns: list[str]
) -> Annotated[AnyDataFrame, PassesThrough("df"), Keeps("columns")] | None:
    return None if df is None else df[columns]


@distributed
def gives_columns() -> list[str]:
    return ["x"]


@distributed
def keep(
    df: AnyDataFrame, columns: list[str]
) -> Annotated[AnyDataFrame, PassesThrough("df"), Keeps("columns")]:
    return df[columns] if columns else df


@distributed
def keep_position(
    df: AnyDataFrame,
    columns: list[str] = ["x", "y"],  # noqa: B006
) -> Annotated[AnyDataFrame, PassesThrough("df"), Keeps("columns")]:
    return df[columns]


@distributed
def drop(
    df: AnyDataFrame, columns: list[str]
) -> Annotated[AnyDataFrame, PassesThrough("df"), Drops(argument="columns")]:
    return df.drop(columns=columns, errors="ignore")


@distributed
def rename(
    df: AnyDataFrame, names: dict[str, str]
) -> Annotated[AnyDataFrame, PassesThrough("df"), Renames(argument="names")]:
    return df.rename(columns=names)


@distributed
def without_prefix(
    df: AnyDataFrame,
) -> Annotated[AnyDataFrame, PassesThrough("df"), Renames(prefixes=("extra_",))]:
    return df.rename(columns=lambda name: name.removeprefix("extra_"))


@distributed
def add_number(
    df: AnyDataFrame, name: str = "speed"
) -> Annotated[AnyDataFrame, PassesThrough("df"), Adds(dtype=float, argument="name", nullable=False)]:
    return df.assign(**{name: 1.5})


@distributed
def add_speed(
    df: DataFrame[Fixes],
) -> Annotated[DataFrame[Speeds], PassesThrough("df")]:
    return df.assign(speed=1.5)


@distributed
def tidy(df: AnyDataFrame) -> DataFrame[Fixes]:
    return df


@distributed
def tidy_alone(df: AnyDataFrame) -> Annotated[DataFrame[Fixes], NothingElse()]:
    return df[["subject", "x", "y"]]


@distributed
def stack(tables: list[AnyDataFrame]) -> DataFrame[Fixes]:
    return pd.concat(tables, ignore_index=True)


@distributed
def gives_null() -> None:
    return None


@distributed
def takes_null(value: None) -> str:
    return str(value)


@distributed
def gives_number() -> int:
    return 3


@distributed
def takes_number(value: int) -> str:
    return str(value)


@distributed
def gives_amount() -> float:
    return 2.5


@distributed
def takes_amount(value: float) -> str:
    return str(value)


@distributed
def gives_flag() -> bool:
    return True


@distributed
def takes_flag(value: bool) -> str:
    return str(value)


@distributed
def gives_text() -> str:
    return "many"


@distributed
def takes_text(value: str) -> str:
    return str(value)


@distributed
def gives_number_or_null() -> int | None:
    return None


@distributed
def takes_number_or_null(value: int | None) -> str:
    return str(value)


@distributed
def gives_number_or_text() -> int | str:
    return "many"


@distributed
def takes_number_or_text(value: int | str) -> str:
    return str(value)


@distributed
def gives_scheme() -> Literal["equal", "quantiles"]:
    return "equal"


@distributed
def takes_scheme(value: Literal["equal", "quantiles"]) -> str:
    return str(value)


@distributed
def gives_sex() -> Sex:
    return Sex.MALE


@distributed
def takes_sex(value: Sex) -> str:
    return str(value)


@distributed
def gives_numbers() -> list[int]:
    return [1, 2]


@distributed
def takes_numbers(value: list[int]) -> str:
    return str(value)


@distributed
def gives_texts() -> list[str]:
    return ["a", "b"]


@distributed
def takes_texts(value: list[str]) -> str:
    return str(value)


@distributed
def gives_days() -> list[date]:
    return [date(2024, 1, 1)]


@distributed
def takes_days(value: list[date]) -> str:
    return str(value)


@distributed
def gives_two_numbers() -> tuple[int, int]:
    return (1, 2)


@distributed
def takes_two_numbers(value: tuple[int, int]) -> str:
    return str(value)


@distributed
def gives_three_numbers() -> tuple[int, int, int]:
    return (1, 2, 3)


@distributed
def takes_three_numbers(value: tuple[int, int, int]) -> str:
    return str(value)


@distributed
def gives_distinct_numbers() -> set[int]:
    return {1, 2}


@distributed
def takes_distinct_numbers(value: set[int]) -> str:
    return str(value)


@distributed
def gives_counts() -> dict[str, int]:
    return {"a": 1}


@distributed
def takes_counts(value: dict[str, int]) -> str:
    return str(value)


@distributed
def gives_box() -> Box:
    return Box(1.0, 2.0)


@distributed
def takes_box(value: Box) -> str:
    return str(value)


@distributed
def gives_style() -> Style:
    return Style(size=2)


@distributed
def takes_style(value: Style) -> str:
    return str(value)


@distributed
def gives_place() -> Place:
    return {"x": 1.0, "y": 2.0}


@distributed
def takes_place(value: Place) -> str:
    return str(value)


@distributed
def gives_span() -> Span:
    return Span(1.0, 2.0)


@distributed
def takes_span(value: Span) -> str:
    return str(value)


@distributed
def gives_moment() -> datetime:
    return datetime(2024, 1, 1, 12, tzinfo=UTC)


@distributed
def takes_moment(value: datetime) -> str:
    return str(value)


@distributed
def gives_day() -> date:
    return date(2024, 1, 1)


@distributed
def takes_day(value: date) -> str:
    return str(value)


@distributed
def gives_path() -> Path:
    return Path("a.csv")


@distributed
def takes_path(value: Path) -> str:
    return str(value)


@distributed
def gives_positive() -> Annotated[float, Field(gt=0)]:
    return 2.5


@distributed
def takes_positive(value: Annotated[float, Field(gt=0)]) -> str:
    return str(value)


@distributed
def gives_at_least_one() -> Annotated[float, Field(ge=1)]:
    return 1.5


@distributed
def takes_at_least_one(value: Annotated[float, Field(ge=1)]) -> str:
    return str(value)


@distributed
def gives_negative() -> Annotated[float, Field(lt=0)]:
    return -2.5


@distributed
def takes_negative(value: Annotated[float, Field(lt=0)]) -> str:
    return str(value)


@distributed
def gives_anything() -> Any:
    return 3


@distributed
def takes_anything(value: Any) -> str:
    return str(value)


@distributed
def gives_object() -> object:
    return 3


@distributed
def takes_object(value: object) -> str:
    return str(value)


@distributed
def gives_exact() -> Decimal:
    return Decimal("2.5")


@distributed
def takes_exact(value: Decimal) -> str:
    return str(value)
