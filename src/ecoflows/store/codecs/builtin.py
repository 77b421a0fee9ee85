"""Values of Python's own types that JSON has no word for."""

from __future__ import annotations

import base64
import math
import pathlib
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ecoflows.skipped import SKIPPED, Skipped
from ecoflows.store.codecs.base import CannotStoreError, Codec, Decode, Encode, Json
from ecoflows.store.text import canonical_json


def zone_to_json(zone: tzinfo | None) -> Json:
    """A time zone by its name, or by its offset in seconds.

    Args:
        zone: A ``ZoneInfo``, a ``timezone`` or none.

    Raises:
        CannotStoreError: If it is of another class, or has no name.
    """
    if zone is None:
        return None
    if type(zone) is ZoneInfo and zone.key:
        return zone.key
    if type(zone) is timezone:
        offset = zone.utcoffset(None)
        name = zone.tzname(None)
        return (
            offset.total_seconds()
            if name == timezone(offset).tzname(None)
            else [offset.total_seconds(), name]
        )
    # pydantic and others have classes of their own for a fixed offset.
    if (fixed := zone.utcoffset(None)) is not None:
        return fixed.total_seconds()
    raise CannotStoreError(f"its time zone {zone!r} has no name to find it by; use zoneinfo.ZoneInfo")


def zone_from_json(body: Json) -> tzinfo | None:
    """The time zone that ``zone_to_json`` wrote down."""
    if body is None:
        return None
    if isinstance(body, str):
        return ZoneInfo(body)
    if isinstance(body, list):
        return timezone(timedelta(seconds=body[0]), body[1])
    return timezone(timedelta(seconds=body))


def _encode_moment(value: datetime | time, _: Encode) -> Json:
    return [value.replace(tzinfo=None, fold=0).isoformat(), zone_to_json(value.tzinfo), value.fold]


def _decode_datetime(body: Json, _: Decode) -> datetime:
    return datetime.fromisoformat(body[0]).replace(tzinfo=zone_from_json(body[1]), fold=body[2])


def _decode_time(body: Json, _: Decode) -> time:
    return time.fromisoformat(body[0]).replace(tzinfo=zone_from_json(body[1]), fold=body[2])


def _encode_set(value: set[Any] | frozenset[Any], encode: Encode) -> Json:
    # A set has no order of its own; it differs from process to process.
    return sorted((encode(member, f"{{{member!r:.40}}}") for member in value), key=canonical_json)


def _encode_items(value: dict[Any, Any], encode: Encode) -> Json:
    return [
        [encode(key, f".keys()[{position}]"), encode(item, f"[{key!r:.40}]")]
        for position, (key, item) in enumerate(value.items())
    ]


def _members(body: Json, decode: Decode) -> list[Any]:
    return [decode(member) for member in body]


def float_to_text(value: float) -> str:
    """The three floats that JSON lacks, as text."""
    return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")


CODECS = (
    Codec("$skipped", lambda _value, _: True, lambda _body, _: SKIPPED, (Skipped,)),
    Codec("$float", lambda value, _: float_to_text(value), lambda body, _: float(body), (float,)),
    # Decimal digits would be slow to read and limited in number.
    Codec("$int", lambda value, _: hex(value), lambda body, _: int(body, 16), (int,)),
    Codec(
        "$complex",
        lambda value, encode: [encode(value.real, ".real"), encode(value.imag, ".imag")],
        lambda body, decode: complex(decode(body[0]), decode(body[1])),
        (complex,),
    ),
    Codec(
        "$tuple",
        lambda value, encode: [encode(member, f"[{position}]") for position, member in enumerate(value)],
        lambda body, decode: tuple(_members(body, decode)),
        (tuple,),
    ),
    Codec("$set", _encode_set, lambda body, decode: set(_members(body, decode)), (set,)),
    Codec("$frozenset", _encode_set, lambda body, decode: frozenset(_members(body, decode)), (frozenset,)),
    Codec(
        "$dict",
        _encode_items,
        lambda body, decode: {decode(key): decode(item) for key, item in body},
        (dict,),
    ),
    Codec(
        "$range",
        lambda value, encode: [encode(number, "") for number in (value.start, value.stop, value.step)],
        lambda body, decode: range(*_members(body, decode)),
        (range,),
    ),
    Codec(
        "$bytes",
        lambda value, _: base64.b64encode(value).decode("ascii"),
        lambda body, _: base64.b64decode(body, validate=True),
        (bytes,),
    ),
    Codec("$datetime", _encode_moment, _decode_datetime, (datetime,)),
    Codec("$time", _encode_moment, _decode_time, (time,)),
    Codec("$date", lambda value, _: value.isoformat(), lambda body, _: date.fromisoformat(body), (date,)),
    Codec(
        "$timedelta",
        lambda value, _: [value.days, value.seconds, value.microseconds],
        lambda body, _: timedelta(*body),
        (timedelta,),
    ),
    Codec("$decimal", lambda value, _: str(value), lambda body, _: Decimal(body), (Decimal,)),
    Codec("$uuid", lambda value, _: value.hex, lambda body, _: UUID(hex=body), (UUID,)),
    Codec("$path", lambda value, _: str(value), lambda body, _: pathlib.Path(body), (type(pathlib.Path()),)),
)
"""One codec per type; floats and integers come here only where JSON cannot hold them."""
