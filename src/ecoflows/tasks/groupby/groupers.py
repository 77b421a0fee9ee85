"""What tables are grouped by, and the keys of the groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ecoflows.decorators import distributed


class Grouper(BaseModel):
    """One thing to group a table by: a column, or a level of its index."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index_name: Annotated[
        str, Field(min_length=1, description="The column, or the level of the index, to group by.")
    ]
    display_name: Annotated[
        str | None, Field(description="What readers see instead of index_name, if given.")
    ] = None
    help_text: Annotated[
        str | None, Field(description="A sentence for readers about this way of grouping, if given.")
    ] = None


CompositeKey = tuple[tuple[str, Literal["="], str], ...]
"""What the rows of a group have in common: one ``(index name, "=", value)`` per grouper, as in
``(("groupby_col", "=", "Salama"), ("month", "=", "January"))``; ``()`` where there are no groupers."""


def check_distinct(groupers: Sequence[Grouper]) -> list[Grouper]:
    """Refuse groupers of which two group by the same thing.

    Args:
        groupers: The groupers.

    Returns:
        The groupers, in their order.

    Raises:
        ValueError: If two have one ``index_name``.
    """
    counts = Counter(grouper.index_name for grouper in groupers)
    if repeated := [f"'{name}'" for name, count in counts.items() if count > 1]:
        raise ValueError(
            f"groupers names {', '.join(repeated)} more than once; keep one grouper of each index_name"
        )
    return list(groupers)


Groupers = Annotated[list[Grouper], AfterValidator(check_distinct)]
"""Groupers of which no two have one ``index_name``; there may be none."""


@distributed
def set_groupers(
    groupers: Annotated[
        Groupers,
        Field(
            description=(
                "What to group by, the outermost first. Each is {index_name: ...} with a column or a level "
                "of the index, and may have a display_name and a help_text. An empty list means that "
                "everything is one group."
            ),
        ),
    ],
) -> Groupers:
    """Say once what tables and dashboards are grouped by, for all tasks that need to know.

    Args:
        groupers: What to group by, the outermost first.

    Returns:
        The groupers, in their order.

    Raises:
        ValueError: If two have one ``index_name``.
    """
    # With every field set, equal groupers are equal bytes in the store, however they were written.
    return [
        Grouper(
            index_name=grouper.index_name,
            display_name=grouper.display_name,
            help_text=grouper.help_text,
        )
        for grouper in check_distinct(groupers)
    ]
