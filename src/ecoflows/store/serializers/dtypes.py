"""Column types and labels written down exactly, as JSON beside a table's data."""

from __future__ import annotations

from typing import Any

from ecoflows.store.canonical import decode, encode
from ecoflows.store.codecs.base import CannotStoreError, Json


def describe_dtype(dtype: Any) -> Json:
    """A pandas or numpy dtype as JSON.

    Args:
        dtype: The dtype.

    Raises:
        CannotStoreError: If its name does not lead back to it.
    """
    import pandas as pd

    if isinstance(dtype, pd.CategoricalDtype):
        return {"categories": describe_labels(dtype.categories), "ordered": bool(dtype.ordered)}
    if isinstance(dtype, pd.StringDtype):
        return {"string": dtype.storage, "missing": "NA" if dtype.na_value is pd.NA else "nan"}
    name = str(dtype)
    try:
        same = pd.api.types.pandas_dtype(name) == dtype
    except (TypeError, ValueError):
        same = False
    if not same:
        raise CannotStoreError(f"the type {name} cannot be found by its name again; use .astype() another")
    return name


def restore_dtype(described: Json) -> Any:
    """The dtype that ``describe_dtype`` wrote down."""
    import numpy as np
    import pandas as pd

    if isinstance(described, str):
        return pd.api.types.pandas_dtype(described)
    if "categories" in described:
        return pd.CategoricalDtype(restore_labels(described["categories"]), ordered=described["ordered"])
    if described["missing"] == "NA":
        return pd.StringDtype(described["string"])
    return pd.StringDtype(described["string"], na_value=np.nan)


def describe_labels(labels: Any) -> Json:
    """Column names or categories as JSON; for the many labels of rows use columns instead.

    Args:
        labels: A pandas ``Index`` of any kind.

    Raises:
        CannotStoreError: If its type cannot be written down.
        SerializationError: If one of the labels cannot.
    """
    import pandas as pd

    if isinstance(labels, pd.MultiIndex):
        levels = [describe_labels(labels.get_level_values(level)) for level in range(labels.nlevels)]
        return {"levels": levels}
    described: dict[str, Json] = {"name": encode(labels.name)}
    if isinstance(labels, pd.RangeIndex):
        return described | {"range": [labels.start, labels.stop, labels.step]}
    described |= {"values": encode(list(labels)), "dtype": describe_dtype(labels.dtype)}
    if frequency := getattr(labels, "freqstr", None):
        described["frequency"] = frequency
    return described


def restore_labels(described: Json) -> Any:
    """The ``Index`` that ``describe_labels`` wrote down."""
    import pandas as pd

    if "levels" in described:
        levels = [restore_labels(level) for level in described["levels"]]
        return pd.MultiIndex.from_arrays(levels, names=[level.name for level in levels])
    name = decode(described["name"])
    if "range" in described:
        start, stop, step = described["range"]
        return pd.RangeIndex(start, stop, step, name=name)
    labels = pd.Index(decode(described["values"]), dtype=restore_dtype(described["dtype"]), name=name)
    return with_frequency(labels, described.get("frequency"))


def with_frequency(index: Any, frequency: str | None) -> Any:
    """An index of times with the step that it is known to have, which values alone do not say."""
    import pandas as pd

    for kind in (pd.DatetimeIndex, pd.TimedeltaIndex):
        if frequency is not None and isinstance(index, kind):
            return kind(index, freq=frequency)
    return index
