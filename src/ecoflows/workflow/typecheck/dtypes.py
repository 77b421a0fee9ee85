"""Which columns a column type takes, by pandera's own rules."""

from __future__ import annotations

from functools import cache
from typing import Any

from ecoflows.annotations import Geometry, Text, UtcTime
from ecoflows.workflow.typecheck.verdict import Verdict

_COMMON = (
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "Int32", "Int64"),
    *("float32", "float64", "Float32", "Float64", "bool", "boolean", "str", "string", "object"),
    *("category", "timedelta64[ns]", "timedelta64[us]", "datetime64[ns]", "datetime64[us]"),
    *("datetime64[ns, UTC]", "datetime64[us, UTC]"),
)
"""The types that columns have in practice: pandera's types take more than one each."""

_EXACT = ("int", "uint", "float32")
"""What becomes float64 without failing."""


_LOGICAL = ("Date", "Decimal", "PythonGenericType", "PydanticModel", "Interval", "Period", "Sparse")
"""Pandera's types of values that one dtype of pandas holds with others."""


def compare_dtypes(produced: Any, needed: Any, *, coerced: bool) -> Verdict:
    """Whether every column of one type is taken as another.

    Args:
        produced: The pandera type that the column has been checked against; ``None`` for any.
        needed: The pandera type that it will be checked against; ``None`` for any.
        coerced: Whether the consumer converts it first.
    """
    if needed is None or produced == needed:
        return Verdict.PROVED
    if produced is None:
        return Verdict.UNKNOWN
    if type(produced).__name__ in _LOGICAL or type(needed).__name__ in _LOGICAL:
        return Verdict.UNKNOWN  # they look at each value
    marked = _compare_marked(produced, needed)
    if marked is not None:
        return Verdict.UNKNOWN if marked is Verdict.REFUTED and coerced else marked
    if coerced:
        safe = str(needed) == "float64" and str(produced).startswith(_EXACT)
        return Verdict.PROVED if safe else Verdict.UNKNOWN
    known = [*_common(), produced, needed]
    given = [kind for kind in known if produced.check(kind)]
    taken = [kind for kind in given if needed.check(kind)]
    if not taken:
        return Verdict.REFUTED
    sure = len(taken) == len(given) and str(produced) != "object"
    return Verdict.PROVED if sure else Verdict.UNKNOWN


@cache
def _common() -> tuple[Any, ...]:
    from pandera.engines.pandas_engine import Engine

    return tuple(Engine.dtype(name) for name in _COMMON)


def _compare_marked(produced: Any, needed: Any) -> Verdict | None:
    """The types of ``ecoflows.annotations``, which look at the data; ``None`` for all others."""
    if isinstance(needed, Geometry) and isinstance(produced, Geometry):
        return _compare_geometries(produced, needed)
    if isinstance(needed, UtcTime):
        zone = str(getattr(produced, "tz", None))
        if isinstance(produced, Geometry | Text):
            return Verdict.REFUTED
        return Verdict.PROVED if zone == "UTC" else _refuted_if_plain(produced)
    if isinstance(produced, UtcTime):
        wanted = getattr(needed, "tz", None)
        if wanted is not None:
            # Its resolution is open.
            return Verdict.UNKNOWN if str(wanted) == "UTC" else Verdict.REFUTED
        return Verdict.UNKNOWN if str(needed) == "object" else Verdict.REFUTED
    if isinstance(needed, Text) and str(produced).startswith(("str", "string")):
        return Verdict.PROVED  # of an object column pandera asks the same for them
    if isinstance(needed, Text | Geometry):
        return _refuted_if_plain(produced)
    if isinstance(produced, Text):
        return Verdict.REFUTED if _is_plain(needed) else Verdict.UNKNOWN
    if isinstance(produced, Geometry):
        return Verdict.UNKNOWN if str(needed) in ("object", "geometry") else Verdict.REFUTED
    return None


def _refuted_if_plain(dtype: Any) -> Verdict:
    return Verdict.REFUTED if _is_plain(dtype) else Verdict.UNKNOWN


def _is_plain(dtype: Any) -> bool:
    """Whether columns of a type hold numbers, truth values or times and nothing else."""
    return str(dtype).lower().startswith(("int", "uint", "float", "bool", "datetime64", "timedelta64"))


def dtype_name(dtype: Any) -> str:
    """A column type as people know it."""
    return {"string[pyarrow]": "str", "None": "anything"}.get(str(dtype), str(dtype))


def may_be_geometry(dtype: Any) -> bool:
    """Whether a column of a type may hold geometries.

    Args:
        dtype: The pandera type; ``None`` for any.
    """
    if dtype is None or isinstance(dtype, Geometry):
        return True
    return not isinstance(dtype, UtcTime | Text) and str(dtype) in ("object", "geometry")


def _compare_geometries(produced: Geometry, needed: Geometry) -> Verdict:
    verdicts = {Verdict.PROVED}
    if needed.kinds:
        common = set(needed.kinds) & set(produced.kinds)
        if not produced.kinds or common != set(produced.kinds):
            verdicts.add(Verdict.UNKNOWN if common or not produced.kinds else Verdict.REFUTED)
    if needed.crs is not None and needed.crs != produced.crs:
        same = produced.crs is not None and _same_crs(produced.crs, needed.crs)
        if not same:
            verdicts.add(Verdict.UNKNOWN if produced.crs is None else Verdict.REFUTED)
    return next(found for found in (Verdict.REFUTED, Verdict.UNKNOWN, Verdict.PROVED) if found in verdicts)


def _same_crs(one: str, other: str) -> bool:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return bool(CRS.from_user_input(one) == CRS.from_user_input(other))
    except CRSError:  # no CRS at all; no table has it
        return False
