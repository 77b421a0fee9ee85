"""Tables as Parquet, tables with geometries as GeoParquet.

Any reader of such files can use them. What Parquet cannot say (exact dtypes, an index without
a name, two columns of one name) is in the file's metadata, as ``ecoflows`` among the frame's
``attrs``, and makes the table come back exactly as it was.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

from ecoflows.errors import SerializationError, StoreError
from ecoflows.store.canonical import decode, encode
from ecoflows.store.codecs.base import CannotStoreError, Json, is_a
from ecoflows.store.serializers.base import Parts
from ecoflows.store.serializers.columns import read_column, store_column
from ecoflows.store.serializers.dtypes import describe_labels, restore_labels, with_frequency

_LAYOUT_VERSION = 1
_ATTRS_KEY = b"PANDAS_ATTRS"  # where pandas and geopandas put a frame's attrs
_INDEX_COLUMN = "__index_level_{}__"  # pyarrow's name for an index level that has none


class FrameSerializer:
    """A pandas table, in Parquet."""

    name = "dataframe"
    extension = "parquet"

    def accepts(self, value: Any, annotation: Any) -> bool:  # noqa: ARG002 - the value says it
        return is_a(value, "pandas", "DataFrame")

    def dump(self, value: Any, parts: Parts) -> bytes:  # noqa: ARG002 - a table has no parts
        return _frame_to_bytes(value)

    def load(self, data: bytes, parts: Parts) -> Any:  # noqa: ARG002 - a table has no parts
        import pyarrow as pa

        try:
            return _frame_from_bytes(data)
        except (pa.ArrowException, LookupError, TypeError, ValueError) as error:
            raise StoreError(f"the stored table cannot be read: {error}") from error

    def rows(self, value: Any) -> int | None:
        return len(value)


class GeoFrameSerializer(FrameSerializer):
    """A geopandas table, in GeoParquet."""

    name = "geodataframe"

    def accepts(self, value: Any, annotation: Any) -> bool:  # noqa: ARG002 - the value says it
        return is_a(value, "geopandas", "GeoDataFrame")


def is_geo(metadata: Mapping[bytes, bytes]) -> bool:
    """Whether a stored file holds a table of geopandas, and not one with geometries in plain columns.

    Args:
        metadata: The metadata of the Parquet file's schema.
    """
    attrs = json.loads(metadata.get(_ATTRS_KEY, b"{}"))
    return bool(attrs.get("ecoflows", {}).get("geo"))


def _frame_to_bytes(frame: Any) -> bytes:
    import pyarrow as pa

    layout: dict[str, Json] = {"version": _LAYOUT_VERSION, "geo": None}
    carrier = _carrier(frame, layout)
    layout["labels"] = _named("the column names", describe_labels, frame.columns)
    layout["attrs"] = _named("attrs", encode, dict(frame.attrs))
    geometries = [name for name, spec in layout["columns"] if spec["kind"] == "geometry"]
    if is_a(frame, "geopandas", "GeoDataFrame"):
        layout["geo"] = {"active": encode(frame.active_geometry_name)}
        active = _position(frame.columns, frame.active_geometry_name)
        if active is not None:
            geometries.insert(0, layout["columns"][active][0])
    carrier.attrs = {"ecoflows": layout}
    buffer = io.BytesIO()
    try:
        if geometries:
            import geopandas

            geopandas.GeoDataFrame(carrier, geometry=geometries[0]).to_parquet(buffer, compression="zstd")
        else:
            carrier.to_parquet(buffer, engine="pyarrow", compression="zstd")
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise CannotStoreError(f"Parquet cannot hold the table: {error}") from error
    return buffer.getvalue()


def _carrier(frame: Any, layout: dict[str, Json]) -> Any:
    """A frame with the same rows that Parquet can hold, and in the layout how to undo it."""
    names = _names(frame.columns)
    stored = [
        _named(f"column {label!r}", store_column, frame.iloc[:, position])
        for position, label in enumerate(frame.columns)
    ]
    layout["columns"] = [[name, spec] for name, (spec, _) in zip(names, stored, strict=True)]
    index = _store_index(frame.index, set(names), layout)
    return _assemble([values for _, values in stored], index).set_axis(names, axis="columns")


def _store_index(index: Any, taken: set[str], layout: dict[str, Json]) -> Any:
    import pandas as pd

    if isinstance(index, pd.RangeIndex):
        layout["index"] = describe_labels(index)
        return pd.RangeIndex(index.start, index.stop, index.step)
    levels, names, arrays = [], [], []
    for position in range(index.nlevels):
        level = index.get_level_values(position)
        spec, values = _named(f"index level {position}", store_column, pd.Series(level))
        name = level.name if isinstance(level.name, str) and level.name not in taken else None
        taken.add(name or "")
        levels.append([name or _INDEX_COLUMN.format(position), spec])
        names.append(name)
        arrays.append(values)
    layout["index"] = {
        "levels": levels,
        "names": [_named("an index name", encode, name) for name in index.names],
        "multi": isinstance(index, pd.MultiIndex),
        "frequency": getattr(index, "freqstr", None),
    }
    if isinstance(index, pd.MultiIndex):
        return pd.MultiIndex.from_arrays(arrays, names=names)
    return pd.Index(arrays[0], name=names[0])


def _names(labels: Any) -> list[str]:
    """A text for each column that no other column has."""
    names: list[str] = []
    taken: set[str] = set()
    for position, label in enumerate(labels):
        name = label if isinstance(label, str) else str(label)
        if name in taken or not name or name.startswith("__index_level_"):
            name = f"{name}__{position}"
        while name in taken:
            name += "_"
        taken.add(name)
        names.append(name)
    return names


def _assemble(columns: list[Any], index: Any) -> Any:
    import pandas as pd

    if not columns:
        return pd.DataFrame(index=index)
    frame = pd.DataFrame(dict(enumerate(columns)))
    frame.index = index  # afterwards, so that nothing is aligned by its labels
    return frame


def _position(labels: Any, label: Any) -> int | None:
    if label is None:
        return None
    return next((position for position, found in enumerate(labels) if found == label), None)


def _named(what: str, function: Any, value: Any) -> Any:
    try:
        return function(value)
    except (CannotStoreError, SerializationError) as error:
        raise CannotStoreError(f"{what}: {error}") from error


def _frame_from_bytes(data: bytes) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.ParquetFile(pa.BufferReader(data)).read()
    metadata = table.schema.metadata or {}
    layout = json.loads(metadata[_ATTRS_KEY])["ecoflows"]
    if layout["version"] != _LAYOUT_VERSION:
        raise StoreError(f"a later ecoflows wrote the stored table (layout {layout['version']})")
    systems = _coordinate_systems(metadata)
    columns = [read_column(spec, table[name], systems.get(name)) for name, spec in layout["columns"]]
    index = _read_index(layout["index"], table)
    frame = _assemble(columns, index)
    frame.columns = restore_labels(layout["labels"])
    if layout["geo"] is not None:
        frame = _with_geometry(frame, decode(layout["geo"]["active"]))
    frame.attrs = decode(layout["attrs"])
    return frame


def _read_index(described: Json, table: Any) -> Any:
    import pandas as pd

    if "range" in described:
        return restore_labels(described)
    names = [decode(name) for name in described["names"]]
    levels = []
    for (column, spec), name in zip(described["levels"], names, strict=True):
        values = read_column(spec, table[column])
        levels.append(pd.Index(values, dtype=values.dtype).rename(name))
    if described["multi"]:
        return pd.MultiIndex.from_arrays(levels, names=names)
    return with_frequency(levels[0], described["frequency"])


def _coordinate_systems(metadata: dict[bytes, bytes]) -> dict[str, Any]:
    if b"geo" not in metadata:
        return {}
    from pyproj import CRS

    columns = json.loads(metadata[b"geo"])["columns"]
    return {name: CRS.from_json_dict(column["crs"]) for name, column in columns.items() if column.get("crs")}


def _with_geometry(frame: Any, active: Any) -> Any:
    import geopandas

    geo = geopandas.GeoDataFrame(frame)
    return geo if active is None else geo.set_geometry(active)
