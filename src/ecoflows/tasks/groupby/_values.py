"""The values that rows are grouped by: what they are called, and their order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MISSING = "None"
"""What the group of rows without a value is called."""


@dataclass(frozen=True)
class Labels:
    """The values of one grouper, row by row.

    Attributes:
        ranks: For each row, the position of its value in ``texts``.
        texts: The values as text, in the order of the values; a missing one comes last.
    """

    ranks: NDArray[np.intp]
    texts: list[str]


def labels_of(values: Any, name: str) -> Labels:
    """Name and rank the values that rows are grouped by.

    Args:
        values: A pandas array of n values.
        name: What holds them, for messages.

    Returns:
        The labels of the n rows.

    Raises:
        ValueError: If different values have the same text, or one is of a kind without a text.
    """
    import numpy as np

    codes, distinct, in_order = _factorized(values, name)
    texts = [_text_of(value, name) for value in distinct]
    _refuse_namesakes(zip(texts, distinct, strict=True), name)
    order = list(range(len(distinct))) if in_order else sorted_positions(distinct, texts)
    missing = codes < 0
    if missing.any():
        if MISSING in texts:
            raise ValueError(
                f"'{name}' has rows without a value and rows with the text '{MISSING}', which would be "
                "one group; give one of the two another text"
            )
        order.append(len(texts))
        texts.append(MISSING)
    ranks = np.empty(len(order), dtype=np.intp)
    ranks[order] = np.arange(len(order))
    return Labels(ranks[np.where(missing, len(order) - 1, codes)], [texts[position] for position in order])


def sorted_positions(values: Sequence[Any], texts: Sequence[str]) -> list[int]:
    """The positions of values in their order, which does not depend on the order they come in.

    Args:
        values: The values, of any kinds.
        texts: A text for each, which decides between equal ones.

    Returns:
        Positions by value where all can be compared; otherwise numbers come first, and the others
        follow by the name of their type and their text.
    """

    def among_others(position: int) -> tuple[Any, ...]:
        value, text = values[position], texts[position]
        return (0, value, text) if isinstance(value, Real) else (1, type(value).__name__, text)

    try:
        return sorted(range(len(values)), key=lambda position: (values[position], texts[position]))
    except TypeError:
        return sorted(range(len(values)), key=among_others)


def _factorized(values: Any, name: str) -> tuple[NDArray[np.intp], list[Any], bool]:
    """For each row the position of its value among the distinct ones, which come with it.

    A missing value has the position -1. The last part tells whether they are in order already.
    """
    import numpy as np
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype):
        used = np.unique(values.codes[values.codes >= 0])
        codes = np.where(values.codes < 0, -1, np.searchsorted(used, values.codes))
        return codes, list(values.categories.take(used).array), bool(values.ordered)
    if str(values.dtype) == "object":
        return *_factorized_objects(list(values), name), False
    codes, distinct = pd.factorize(values)
    found = list(distinct)
    # Some types hold NaN besides nulls, and pandas takes only these for missing.
    there = np.array([not _is_missing(value) for value in found], dtype=bool)
    positions = np.append(np.where(there, np.cumsum(there) - 1, -1), -1)
    return positions[codes], [value for value, kept in zip(found, there, strict=True) if kept], False


def _factorized_objects(values: list[Any], name: str) -> tuple[NDArray[np.intp], list[Any]]:
    """The same by text: Python takes True for 1, and for equal two times in different zones."""
    import numpy as np

    found: dict[str, tuple[int, Any]] = {}
    codes = np.empty(len(values), dtype=np.intp)
    for row, value in enumerate(values):
        if _is_missing(value):
            codes[row] = -1
            continue
        text = _text_of(value, name)
        codes[row], known = found.setdefault(text, (len(found), value))
        if known is not value:
            _refuse_namesakes([(text, known), (text, value)], name)
    return codes, [value for _, value in found.values()]


def _is_missing(value: Any) -> bool:
    import pandas as pd

    return value is None or (not isinstance(value, str) and pd.api.types.is_scalar(value) and pd.isna(value))


def _text_of(value: Any, name: str) -> str:
    if isinstance(value, str):
        return str.__str__(value)  # of an enum's member that is text, the text
    import numpy as np
    import pandas as pd

    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, timedelta | np.timedelta64):  # before numbers: to numpy, a time span is one
        return str(pd.Timedelta(value))
    if isinstance(value, Real | Decimal):
        return _number_text(value)
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, pd.Period | pd.Interval | UUID):
        return str(value)
    raise ValueError(
        f"'{name}' has values of type {type(value).__name__}, which cannot name a group; "
        "group by text, numbers, truth values or times"
    )


def _number_text(value: Any) -> str:
    if isinstance(value, Integral) or (math.isfinite(value) and value == int(value)):
        return str(int(value))
    if isinstance(value, Decimal) and value.is_finite():
        return f"{value:f}".rstrip("0")
    return str(value)


def _refuse_namesakes(pairs: Iterable[tuple[str, Any]], name: str) -> None:
    """Refuse different values that have one text, which would become one group unnoticed."""
    known: dict[str, Any] = {}
    for text, value in pairs:
        other = known.setdefault(text, value)
        if other is not value and other != value:
            first, second = sorted(map(_described, (other, value)))
            raise ValueError(
                f"'{name}' has the different values {first} and {second}, which would both be called "
                f"'{text}' in the key of a group; make them one"
            )


def _described(value: Any) -> str:
    plain = value.item() if hasattr(value, "item") else value
    return f"{plain!r} ({type(value).__name__})"
