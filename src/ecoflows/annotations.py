"""What task authors annotate with: ``DataFrame[Schema]``, geometry columns, media types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

import numpy as np
from pandera import dtypes
from pandera.api.pandas.model import DataFrameModel
from pandera.engines import pandas_engine

from ecoflows.frames import frame_json_schema, require_geo, validate_frame
from ecoflows.skipped import SKIPPED as SKIPPED
from ecoflows.skipped import Skipped as Skipped

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

SchemaT = TypeVar("SchemaT")


_KINDS = frozenset(
    [
        *("Point", "LineString", "LinearRing", "Polygon"),
        *("MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"),
    ]
)


class _CheckedAsIs(pandas_engine.DataType):
    """A column type that is recognised in the data and never coerced."""

    type = np.dtype(object)  # pandera asks for one; check() looks at the data instead

    def coerce(self, data_container: Any) -> Any:
        """The column as it is."""
        return data_container

    def try_coerce(self, data_container: Any) -> Any:
        """The column as it is."""
        return data_container


@pandas_engine.Engine.register_dtype
@dtypes.immutable(init=True)
class Geometry(_CheckedAsIs):
    """A column of shapely geometries, for use in pandera models: ``geometry: Series[Geometry]``.

    Unlike pandera's own geometry type this one imports geopandas only when a frame is checked,
    so that a module of schemas stays cheap to import. Narrow it with
    ``Series[Geometry["Point", "EPSG:4326"]]``, which is short for
    ``Series[Annotated[Geometry, ("Point",), "EPSG:4326"]]``.

    Attributes:
        kinds: The geometry types allowed, by shapely's names; empty for any.
        crs: The coordinate reference system required, such as ``EPSG:4326``; ``None`` for any.
    """

    kinds: tuple[str, ...] = ()
    crs: str | None = None

    def __class_getitem__(cls, narrowed: str | tuple[str, ...]) -> Any:
        """The type narrowed to geometry types and a coordinate reference system, in any order."""
        given = narrowed if isinstance(narrowed, tuple) else (narrowed,)
        kinds = tuple(item for item in given if item in _KINDS)
        systems = [item for item in given if item not in _KINDS]
        if len(systems) > 1 or not all(isinstance(item, str) for item in given):
            raise TypeError(
                f"Geometry[...] takes geometry types ({', '.join(sorted(_KINDS))}) and one coordinate "
                f"reference system, not {narrowed!r}"
            )
        return Annotated[cls, kinds, systems[0] if systems else None]

    def check(self, pandera_dtype: Any, data_container: Any = None) -> bool | Iterable[bool]:
        """Whether a column is a geometry column of the kinds and the CRS declared."""
        if data_container is None:
            return isinstance(pandera_dtype, Geometry)
        if str(data_container.dtype) != "geometry":
            return False
        geometries = data_container.array
        if self.crs is not None and not _same_crs(geometries.crs, self.crs):
            return False
        if not self.kinds:
            return True
        fitting: Iterable[bool] = geometries.isna() | np.isin(geometries.geom_type, self.kinds)
        return fitting

    def __str__(self) -> str:
        parts = [*self.kinds, *([self.crs] if self.crs else [])]
        return f"geometry[{', '.join(parts)}]" if parts else "geometry"


@pandas_engine.Engine.register_dtype
@dtypes.immutable
class UtcTime(_CheckedAsIs):
    """A column of times in UTC, of any resolution: pandas chooses ns or us by how it was made."""

    def check(self, pandera_dtype: Any, data_container: Any = None) -> bool | Iterable[bool]:
        """Whether a column holds time-zone-aware times in UTC."""
        if data_container is None:
            return isinstance(pandera_dtype, UtcTime)
        return str(getattr(data_container.dtype, "tz", None)) == "UTC"

    def __str__(self) -> str:
        return "datetime64[UTC]"


@pandas_engine.Engine.register_dtype
@dtypes.immutable
class Text(_CheckedAsIs):
    """A column of text, as ``str``, ``string`` or an object column that holds nothing else."""

    def check(self, pandera_dtype: Any, data_container: Any = None) -> bool | Iterable[bool]:
        """Whether a column holds text and nulls only."""
        if data_container is None:
            return isinstance(pandera_dtype, Text)
        from pandas.api.types import infer_dtype

        return infer_dtype(data_container, skipna=True) in ("string", "empty")

    def __str__(self) -> str:
        return "text"


def _same_crs(found: Any, wanted: str) -> bool:
    from pyproj import CRS

    return found is not None and CRS.from_user_input(found) == CRS.from_user_input(wanted)


@dataclass(frozen=True)
class Media:
    """Marks a text or bytes return whose content other programs open by its type.

    Attributes:
        type: The IANA media type, such as ``text/html``.
        extension: The file extension that goes with it, without a dot.
    """

    type: str
    extension: str


Html = Annotated[str, Media("text/html", "html")]
"""A complete HTML page, as text."""

Png = Annotated[bytes, Media("image/png", "png")]
"""A PNG image, as bytes."""


@dataclass(frozen=True)
class _MustBeGeo:
    """Marks a frame that must be a geopandas one, whatever its columns."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(require_geo, handler(source))


if TYPE_CHECKING:
    # Inside a task body a frame is used as geopandas' or pandas' own; a narrower view here would
    # only be in the way.
    class DataFrame(Any, Generic[SchemaT]):  # type: ignore[misc]  # Any is the point, see above
        """A table that keeps to the pandera model ``SchemaT``."""
else:

    class DataFrame(Generic[SchemaT]):
        """A table that keeps to a pandera model: ``DataFrame[RelocationsSchema]``.

        As a parameter's or return's annotation it makes pydantic, and so the runtime, validate
        the frame by the model. ``DataFrame[Any]`` takes any pandas frame.
        """

        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
            from pydantic_core import core_schema

            model = frame_schema(source)
            return core_schema.no_info_plain_validator_function(
                lambda value: validate_frame(value, model),
                metadata={"frame_schema": model},
            )

        @classmethod
        def __get_pydantic_json_schema__(
            cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
        ) -> dict[str, Any]:
            return frame_json_schema(core_schema["metadata"]["frame_schema"])


AnyDataFrame = DataFrame[Any]
"""Any pandas frame."""

GeoDataFrame = Annotated[DataFrame[SchemaT], _MustBeGeo()]
"""A geopandas frame that keeps to a pandera model: ``GeoDataFrame[RelocationsSchema]``."""

AnyGeoDataFrame = GeoDataFrame[Any]
"""Any geopandas frame."""


def is_frame(annotation: Any) -> bool:
    """Whether an annotation is a ``DataFrame[...]``, bare or inside ``Annotated``."""
    bare = _bare(annotation)
    return bare is DataFrame or get_origin(bare) is DataFrame


def requires_geo(annotation: Any) -> bool:
    """Whether a frame's annotation says that it has geometries, whatever its columns."""
    return get_origin(annotation) is Annotated and any(
        isinstance(mark, _MustBeGeo) for mark in get_args(annotation)[1:]
    )


def needs_frame(annotation: Any) -> bool:
    """Whether only tables fit an annotation: a frame, a list of frames, a choice of such or none."""
    bare = _bare(annotation)
    if is_frame(bare):
        return True
    origin, arguments = get_origin(bare), get_args(bare)
    if origin in (Union, UnionType):
        return all(needs_frame(choice) for choice in arguments if choice not in (NoneType, Skipped))
    if origin in (list, tuple, dict) and arguments:
        return needs_frame(arguments[-1] if arguments[-1] is not Ellipsis else arguments[0])
    return False


def frame_schema(annotation: Any) -> type[DataFrameModel] | None:
    """The pandera model of a ``DataFrame[...]`` annotation.

    Args:
        annotation: ``DataFrame[Model]``, ``DataFrame[Any]`` or either inside ``Annotated``.

    Returns:
        The model, or ``None`` where any frame will do.

    Raises:
        TypeError: If the annotation names something that is not a pandera model.
    """
    arguments = get_args(_bare(annotation))
    if not arguments or arguments[0] is Any:
        return None
    model = arguments[0]
    if not (isinstance(model, type) and issubclass(model, DataFrameModel)):
        raise TypeError(f"DataFrame[...] takes a pandera DataFrameModel or Any, not {model!r}")
    return model


def unaliased(annotation: Any) -> Any:
    """What an alias (``type X = ...``) stands for; any other annotation as it is."""
    while type(annotation).__name__ == "TypeAliasType":
        annotation = annotation.__value__
    return annotation


def _bare(annotation: Any) -> Any:
    annotation = unaliased(annotation)
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def media_of(annotation: Any) -> Media | None:
    """The media type that an annotation carries, if any."""
    if get_origin(annotation) is not Annotated:
        return None
    return next((mark for mark in get_args(annotation)[1:] if isinstance(mark, Media)), None)
