"""Split a table into one table per group."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ecoflows.annotations import AnyDataFrame
from ecoflows.decorators import distributed
from ecoflows.effects import PassesThrough
from ecoflows.errors import nearest
from ecoflows.tasks.groupby._rows import rows_alone, without_traces
from ecoflows.tasks.groupby._values import Labels, labels_of
from ecoflows.tasks.groupby.groupers import CompositeKey, Groupers, check_distinct

_NAMES_SHOWN = 30


@distributed
def split_groups(
    df: Annotated[AnyDataFrame, Field(description="The table to split.")],
    groupers: Annotated[
        Groupers,
        Field(
            description=(
                "What to group by, each a column or a level of the index. With none, the whole table is "
                "one group."
            ),
        ),
    ],
) -> list[tuple[CompositeKey, Annotated[AnyDataFrame, PassesThrough("df")]]]:
    """Split a table into one table for each combination of values that occurs in it.

    The key of a group has the values as text: whole numbers as ``7``, also where the column holds
    floats, truth values as ``True`` and ``False``, times in ISO form, all else as it is written.
    Rows without a value form a group whose value is ``None``.

    The groups come in the order of the values, the first grouper's first: numbers and times by
    size, text by its characters (``April`` before ``January``), ordered categories in their
    order, missing values last. The order of the table's rows does not matter for that.

    A group's table is what its own rows make it, so that its stored form is the same whatever the
    other groups hold: categories that do not occur in it are dropped, the categories that remain
    are sorted unless they are ordered, and an index of times or of counted rows has no fixed step.

    Args:
        df: Any table of n rows; one with geometries gives tables with geometries.
        groupers: What to group by; each names a column or a level of the index.

    Returns:
        Pairs of a key and a table, with n rows in all. Each table is a copy with the rows of its
        group in the order that they had, all columns and the index, and the CRS and the ``attrs``
        of the whole. Without groupers, one pair of ``()`` and the table as it is; with groupers, no
        pairs if there are no rows.

    Raises:
        ValueError: If a grouper names nothing in the table or more than one thing, if two groupers
            have one ``index_name``, if different values would have the same text, or if the values
            are of a kind that no text stands for, such as lists and geometries.
    """
    import numpy as np

    check_distinct(groupers)
    if not groupers:
        return [((), df.copy())]
    names = [grouper.index_name for grouper in groupers]
    labels = [labels_of(values, name) for name, values in zip(names, _find(df, names), strict=True)]
    if not len(df):
        return []
    # Sorted at once and cut where a value changes; the sort keeps the order of equal rows.
    order = np.lexsort([label.ranks for label in reversed(labels)])
    changes = np.logical_or.reduce([np.diff(label.ranks[order]) != 0 for label in labels])
    table = without_traces(df)
    return [
        (_key(names, labels, rows[0]), rows_alone(table, rows))
        for rows in np.split(order, np.flatnonzero(changes) + 1)
    ]


def _key(names: list[str], labels: list[Labels], row: Any) -> CompositeKey:
    return tuple(
        (name, "=", label.texts[label.ranks[row]]) for name, label in zip(names, labels, strict=True)
    )


def _find(df: Any, names: list[str]) -> list[Any]:
    """The values of each column or level of the index that is named."""
    places: dict[str, list[tuple[str, Any]]] = {name: [] for name in names}
    for position, label in enumerate(df.columns):
        if isinstance(label, str) and label in places:
            places[label].append(("a column", df.iloc[:, position].array))
    for position, label in enumerate(df.index.names):
        if isinstance(label, str) and label in places:
            places[label].append(("a level of the index", df.index.get_level_values(position).array))
    problems = [
        f"groupers names '{name}', which is {' and '.join(what for what, _ in found)} of the table at once; "
        "rename all but one"
        for name, found in places.items()
        if len(found) > 1
    ]
    if unknown := [name for name, found in places.items() if not found]:
        problems.append(_unknown(df, unknown))
    if problems:
        raise ValueError("; ".join(problems))
    return [found[0][1] for found in places.values()]


def _unknown(df: Any, names: list[str]) -> str:
    columns = [str(label) for label in df.columns]
    levels = [str(label) for label in df.index.names if label is not None]
    told = []
    for name in names:
        near = nearest(name, [*columns, *levels])
        told.append(f"'{name}'{f' (did you mean {near!r}?)' if near else ''}")
    return (
        f"groupers names {' and '.join(told)}, which the table does not have; "
        f"the columns are {_listed(columns) or 'none'}; "
        f"the levels of the index are {_listed(levels) or 'none that has a name'}"
    )


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMES_SHOWN
    shown = ", ".join(names[:_NAMES_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown
