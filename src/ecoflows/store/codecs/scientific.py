"""Single values of numpy, pandas and shapely. Tables and arrays are artifacts of their own."""

from __future__ import annotations

import base64
from datetime import tzinfo
from typing import Any

from ecoflows.store.codecs.base import CannotStoreError, Codec, Decode, Encode, Json, is_a
from ecoflows.store.codecs.builtin import zone_from_json, zone_to_json

_STORABLE_NUMPY_KINDS = "biufcUSmM"


def _encode_numpy(value: Any, encode: Encode) -> Json:
    kind, name = value.dtype.kind, value.dtype.str
    if kind not in _STORABLE_NUMPY_KINDS or (kind in "fc" and value.real.dtype.itemsize > 8):
        raise CannotStoreError(f"there is no exact form for numpy's {value.dtype}")
    match kind:
        case "S":
            return [name, bytes(value).hex()]
        case "U":
            return [name, str(value)]
        case "m" | "M":
            return [name, int(value.view("i8"))]
        case _:
            return [name, encode(value.item(), "")]


def _decode_numpy(body: Json, decode: Decode) -> Any:
    import numpy as np

    dtype = np.dtype(body[0])
    if dtype.kind not in _STORABLE_NUMPY_KINDS:
        raise ValueError(f"{dtype} is not a type of stored numbers")
    match dtype.kind:
        case "S":
            return np.bytes_(bytes.fromhex(body[1]))
        case "m" | "M":
            return np.int64(body[1]).view(dtype)
        case _:
            return dtype.type(decode(body[1]))


def _encode_array(value: Any, _: Encode) -> Json:
    from ecoflows.store.serializers.arrays import array_to_bytes

    return base64.b64encode(array_to_bytes(value)).decode("ascii")


def _decode_array(body: Json, _: Decode) -> Any:
    from ecoflows.store.serializers.arrays import array_from_bytes

    return array_from_bytes(base64.b64decode(body, validate=True))


def _encode_timestamp(value: Any, _: Encode) -> Json:
    in_utc = value if value.tzinfo is None else value.tz_convert("UTC").tz_localize(None)
    return [in_utc.isoformat(), value.unit, _pandas_zone(value.tzinfo)]


def _pandas_zone(zone: tzinfo | None) -> Json:
    # Before version 3 pandas made pytz zones of names; the name gives back what pandas makes of it.
    name = getattr(zone, "zone", None)
    return name if isinstance(name, str) else zone_to_json(zone)


def _decode_timestamp(body: Json, _: Decode) -> Any:
    import pandas as pd

    in_utc = pd.Timestamp(body[0]).as_unit(body[1])
    if body[2] is None:
        return in_utc
    zone = body[2] if isinstance(body[2], str) else zone_from_json(body[2])
    return in_utc.tz_localize("UTC").tz_convert(zone)


def _decode_missing(body: Json, _: Decode) -> Any:
    import pandas as pd

    return {"NA": pd.NA, "NaT": pd.NaT}[body]


def _is_missing(value: Any) -> bool:
    return is_a(value, "pandas._libs.tslibs.nattype", "NaTType") or is_a(
        value, "pandas._libs.missing", "NAType"
    )


def _decode_timedelta(body: Json, _: Decode) -> Any:
    import numpy as np
    import pandas as pd

    return pd.Timedelta(np.timedelta64(body[0], body[1]))


def _decode_interval(body: Json, decode: Decode) -> Any:
    import pandas as pd

    return pd.Interval(decode(body[0]), decode(body[1]), closed=body[2])


def _decode_period(body: Json, _: Decode) -> Any:
    import pandas as pd

    return pd.Period(ordinal=body[0], freq=body[1])


def _encode_series(value: Any, encode: Encode) -> Json:
    table = value.to_frame(name="values")
    table.attrs = dict(value.attrs)
    return {
        "frame": encode(table, ""),
        "name": encode(value.name, ".name"),
        "geo": is_a(value, "geopandas", "GeoSeries"),
    }


def _decode_series(body: Json, decode: Decode) -> Any:
    table = decode(body["frame"])
    series = table.iloc[:, 0].rename(decode(body["name"]))
    series.attrs = dict(table.attrs)
    if body["geo"]:
        import geopandas

        return geopandas.GeoSeries(series)
    return series


def _encode_geometry(value: Any, _: Encode) -> Json:
    import shapely

    # Byte order and flavour are fixed, so that every machine writes the same bytes.
    wkb: str = shapely.to_wkb(value, hex=True, byte_order=1, flavor="extended", include_srid=True)
    return wkb


def _decode_geometry(body: Json, _: Decode) -> Any:
    import shapely

    return shapely.from_wkb(body)


def _decode_ring(body: Json, _: Decode) -> Any:
    import shapely

    return shapely.LinearRing(shapely.from_wkb(body).coords)


def _is_ring(value: Any) -> bool:
    # WKB knows lines only; a closed line comes back as a ring by its tag.
    return is_a(value, "shapely", "LinearRing")


CODECS = (
    Codec("$numpy", _encode_numpy, _decode_numpy, accepts=lambda value: is_a(value, "numpy", "generic")),
    Codec("$ndarray", _encode_array, _decode_array, accepts=lambda value: is_a(value, "numpy", "ndarray")),
    Codec("$missing", lambda value, _: str(value).strip("<>"), _decode_missing, accepts=_is_missing),
    Codec(
        "$timestamp",
        _encode_timestamp,
        _decode_timestamp,
        accepts=lambda value: is_a(value, "pandas", "Timestamp"),
    ),
    Codec(
        "$pandas_timedelta",
        lambda value, _: [int(value.asm8.view("i8")), value.unit],
        _decode_timedelta,
        accepts=lambda value: is_a(value, "pandas", "Timedelta"),
    ),
    Codec(
        "$interval",
        lambda value, encode: [encode(value.left, ".left"), encode(value.right, ".right"), value.closed],
        _decode_interval,
        accepts=lambda value: is_a(value, "pandas", "Interval"),
    ),
    Codec(
        "$period",
        lambda value, _: [value.ordinal, value.freqstr],
        _decode_period,
        accepts=lambda value: is_a(value, "pandas", "Period"),
    ),
    Codec("$series", _encode_series, _decode_series, accepts=lambda value: is_a(value, "pandas", "Series")),
    Codec("$linear_ring", _encode_geometry, _decode_ring, accepts=_is_ring),
    Codec(
        "$geometry",
        _encode_geometry,
        _decode_geometry,
        accepts=lambda value: is_a(value, "shapely", "Geometry"),
    ),
)
"""Codecs by the library's own classes; nothing is imported to find out."""
