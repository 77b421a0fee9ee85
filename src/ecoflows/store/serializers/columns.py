"""One column of a table: what Parquet holds of it, and how it comes back exactly.

A column is stored as one of five kinds:

- ``plain``: Arrow has the same type; the dtype's name is kept, because Parquet has fewer of them.
- ``category``: as text that other tools can read; the categories themselves are kept beside it.
- ``object``: Python values of one simple type and one kind of null.
- ``json``: anything else, value by value. Arrow would turn lists into arrays, and would give
  every dict the keys of all others.
- ``geometry``: WKB, as GeoParquet has it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from ecoflows.store.canonical import canonical_json, decode, encode
from ecoflows.store.codecs.base import CannotStoreError, Json
from ecoflows.store.serializers.dtypes import describe_dtype, restore_dtype

_SIMPLE_TYPES = {str: "string", bool: "bool", int: "int64", float: "float64", bytes: "binary", date: "date32"}
_INT64 = range(-(2**63), 2**63)


def store_column(series: Any) -> tuple[Json, Any]:
    """Turn a column into one that Parquet holds.

    Args:
        series: The column.

    Returns:
        What is needed to get it back, and an array for the file.

    Raises:
        CannotStoreError: If its type has no exact form.
        SerializationError: If one of its values has none.
    """
    import pandas as pd

    dtype = series.dtype
    if str(dtype) == "geometry":
        _refuse_rings(series)
        return {"kind": "geometry"}, series.array
    if isinstance(dtype, pd.CategoricalDtype):
        return {"kind": "category", "dtype": describe_dtype(dtype)}, _category_texts_of(series)
    if isinstance(dtype, pd.IntervalDtype | pd.PeriodDtype):
        return {"kind": "json", "dtype": describe_dtype(dtype)}, _as_json(list(series))
    if str(dtype) == "object":
        return _store_objects(list(series))
    if isinstance(dtype, pd.SparseDtype):
        raise CannotStoreError("it is sparse, which Parquet has no form for; use .sparse.to_dense()")
    if not (_is_plain_numpy(dtype) or hasattr(dtype, "__from_arrow__")):
        raise CannotStoreError(f"Parquet has no exact form for the type {dtype}; use .astype() another")
    return {"kind": "plain", "dtype": describe_dtype(dtype)}, series.array


def read_column(spec: Json, column: Any, crs: Any = None) -> Any:
    """Get a column back.

    Args:
        spec: What ``store_column`` returned with it.
        column: The Arrow column.
        crs: The coordinate reference system of a geometry column.

    Returns:
        A pandas array, or a series without a name.
    """
    import pandas as pd

    match spec["kind"]:
        case "geometry":
            import geopandas

            return geopandas.GeoSeries.from_wkb(column.to_numpy(zero_copy_only=False), crs=crs).array
        case "category":
            dtype = restore_dtype(spec["dtype"])
            return pd.Categorical.from_codes(_codes(column, _texts(dtype.categories)), dtype=dtype)
        case "json":
            values = [None if text is None else decode(json.loads(text)) for text in column.to_pylist()]
            return pd.array(values, dtype=restore_dtype(spec["dtype"])) if spec["dtype"] else _objects(values)
        case "object":
            missing = {"none": None, "nan": float("nan"), "NA": pd.NA, "NaT": pd.NaT}[spec["missing"]]
            return _objects([missing if value is None else value for value in column.to_pylist()])
        case _:
            return _read_plain(restore_dtype(spec["dtype"]), column)


def _is_numpy(dtype: Any) -> bool:
    import numpy as np

    return isinstance(dtype, np.dtype)


def _is_plain_numpy(dtype: Any) -> bool:
    import pandas as pd

    if isinstance(dtype, pd.DatetimeTZDtype):
        return True
    return _is_numpy(dtype) and dtype.kind in "biufMm" and dtype.itemsize <= 8 and dtype.isnative


def _read_plain(dtype: Any, column: Any) -> Any:
    import pandas as pd

    if _is_plain_numpy(dtype):
        return column.to_pandas().astype(dtype)
    found = dtype.__from_arrow__(column)
    return found if found.dtype == dtype else pd.array(found, dtype=dtype)


def _refuse_rings(series: Any) -> None:
    import shapely

    if (shapely.get_type_id(series.array) == shapely.GeometryType.LINEARRING).any():
        raise CannotStoreError(
            "it holds a LinearRing, which GeoParquet would turn into a LineString; "
            "make it a shapely.Polygon or a shapely.LineString"
        )


def _store_objects(values: Sequence[Any]) -> tuple[Json, Any]:
    import pandas as pd
    import pyarrow as pa

    simple = _simple_type(values)
    if simple is None:
        return {"kind": "json", "dtype": None}, _as_json(values)
    kind, missing = simple
    present = [value if type(value) is kind and value == value else None for value in values]
    try:
        stored = pa.array(present, type=pa.type_for_alias(_SIMPLE_TYPES[kind]))
    except UnicodeEncodeError:  # half a surrogate pair, which only JSON can escape
        return {"kind": "json", "dtype": None}, _as_json(values)
    return {"kind": "object", "missing": missing}, pd.arrays.ArrowExtensionArray(stored)


def _simple_type(values: Sequence[Any]) -> tuple[type, str] | None:
    """The one type that all values have, and the one kind of null among them, if that is so."""
    import pandas as pd

    nulls = {type(None): "none", type(pd.NA): "NA", type(pd.NaT): "NaT"}
    types = set(map(type, values))
    missing = [nulls[kind] for kind in types if kind in nulls]
    solid = types - set(nulls)
    if float in types and any(value != value for value in values if type(value) is float):
        missing.append("nan")
        if all(value != value for value in values if type(value) is float):
            solid.discard(float)
    if len(missing) > 1 or len(solid) > 1:
        return None
    kind = next(iter(solid), str)
    if kind not in _SIMPLE_TYPES or (
        kind is int and not all(value in _INT64 for value in values if type(value) is int)
    ):
        return None
    return kind, next(iter(missing), "none")


def _as_json(values: Sequence[Any]) -> Any:
    import pandas as pd
    import pyarrow as pa

    # One encoding of the whole column, so that an error names the row.
    texts = [None if data is None else canonical_json(data).decode() for data in encode(list(values))]
    return pd.arrays.ArrowExtensionArray(pa.array(texts, type=pa.string()))


def _objects(values: Sequence[Any]) -> Any:
    import numpy as np
    import pandas as pd

    array = np.empty(len(values), dtype=object)
    array[:] = values
    return pd.Series(array, dtype=object)


def _category_texts_of(series: Any) -> Any:
    import pandas as pd

    texts = pd.Index(_texts(series.dtype.categories), dtype="string")
    return pd.Categorical.from_codes(series.cat.codes, categories=texts)


def _texts(categories: Any) -> list[str]:
    """Each category as a text of its own: itself, or its JSON."""
    values = list(categories)
    if all(type(value) is str for value in values):
        return values
    return [canonical_json(data).decode() for data in encode(values)]


def _codes(column: Any, texts: list[str]) -> Any:
    """The position of each value among the categories, -1 for nulls."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    known = pa.array(texts, type=pa.large_string())
    values = column.cast(pa.large_string())
    codes = pc.index_in(values, value_set=known)
    if codes.null_count != values.null_count:
        raise ValueError("a category of the stored table is not among its categories")
    return codes.fill_null(-1).to_numpy().astype(np.int64)
