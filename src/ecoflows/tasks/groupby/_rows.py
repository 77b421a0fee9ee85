"""Some rows of a table as a table of their own, without traces of the rows beside them.

The stored form of a group must not change when only other groups do. What pandas carries over
from the whole table, and the store writes down, is: the categories that occur elsewhere and the
order in which they were found, whether an index counts on evenly, and the frequency of times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecoflows.tasks.groupby._values import sorted_positions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def without_traces(table: Any) -> Any:
    """Put a table into the form that every choice of its rows has.

    Args:
        table: The table; it is not changed.

    Returns:
        The same rows and values. Categories without an order are sorted, and no index or set of
        categories is a range or has a frequency.
    """
    found = table.copy(deep=False)
    for position in _categorical(found):
        found.isetitem(position, _with_canonical_categories(found.iloc[:, position].array))
    found.index = _canonical(found.index)
    return found


def rows_alone(table: Any, rows: NDArray[np.intp]) -> Any:
    """The rows at some positions as a table of their own.

    Args:
        table: A table as ``without_traces`` gives it.
        rows: The positions, in the order wanted.

    Returns:
        An independent copy that has just the categories that occur in it.
    """
    found = table.iloc[rows]
    for position in _categorical(found):
        found.isetitem(position, found.iloc[:, position].array.remove_unused_categories())
    found.index = _pruned(found.index)
    return found


def _categorical(table: Any) -> list[int]:
    import pandas as pd

    return [position for position, dtype in enumerate(table.dtypes) if isinstance(dtype, pd.CategoricalDtype)]


def _with_canonical_categories(values: Any) -> Any:
    categories = values.categories
    if not values.ordered:
        categories = categories.take(sorted_positions(list(categories), list(map(str, categories))))
    return values.set_categories(_canonical(categories))


def _canonical(index: Any) -> Any:
    """An index that is the same however it came about."""
    import pandas as pd

    if isinstance(index, pd.MultiIndex):
        return index.set_levels([_canonical(level) for level in index.levels])
    if isinstance(index, pd.CategoricalIndex):
        return _with_canonical_categories(index)
    if isinstance(index, pd.RangeIndex):
        return pd.Index(index.to_numpy(), name=index.name)
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex) and index.freq is not None:
        index = index.copy()
        index.freq = None
    return index


def _pruned(index: Any) -> Any:
    """An index without the categories and the levels' values of other rows."""
    import pandas as pd

    if isinstance(index, pd.MultiIndex):
        used = index.remove_unused_levels()
        return used.set_levels([_pruned(level) for level in used.levels])
    return index.remove_unused_categories() if isinstance(index, pd.CategoricalIndex) else index
