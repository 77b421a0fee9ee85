"""What annotations tell of elements, parts and pairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, NamedTuple, Optional, Union

import pytest
from typing_extensions import TypeAliasType

from ecoflows.annotations import AnyDataFrame, AnyGeoDataFrame, Html, Skipped
from ecoflows.workflow.shapes import UNKNOWN, element_of, is_mapping, pair_of, parts_of


class Named(NamedTuple):
    """A pair with names."""

    key: str
    value: int


Keyed = TypeAliasType("Keyed", list[tuple[str, AnyDataFrame]])


@pytest.mark.parametrize(
    ("annotation", "element"),
    [
        (list[int], int),
        (Sequence[str], str),
        (Iterable[AnyDataFrame], AnyDataFrame),
        (tuple[int, ...], int),
        (tuple[int, str], Union[int, str]),  # noqa: UP007  # as it is made
        (Annotated[list[int], "note"], int),
        (Optional[list[int]], int),  # noqa: UP045  # the older spelling
        (list[int] | Skipped, int),
        (Keyed, tuple[str, AnyDataFrame]),
        (list, UNKNOWN),
        (Any, UNKNOWN),
        (object, UNKNOWN),
        (int | list[int], UNKNOWN),
        (AnyDataFrame, None),
        (AnyGeoDataFrame, None),
        (Html, None),
        (str, None),
        (float | None, None),
        (dict[str, int], None),
    ],
)
def test_elements(annotation: Any, element: Any) -> None:
    assert element_of(annotation) == element


@pytest.mark.parametrize(
    ("annotation", "parts", "pair"),
    [
        (tuple[str, int], (str, int), (str, int)),
        (tuple[str, int, float], (str, int, float), None),
        (tuple[int, ...], (), (UNKNOWN, UNKNOWN)),
        (list[int], (), (UNKNOWN, UNKNOWN)),
        (Named, (), (UNKNOWN, UNKNOWN)),
        (Any, (), (UNKNOWN, UNKNOWN)),
        (int, None, None),
        (AnyDataFrame, None, None),
        (str, None, None),
    ],
)
def test_parts_and_pairs(annotation: Any, parts: Any, pair: Any) -> None:
    assert parts_of(annotation) == parts
    assert pair_of(annotation) == pair


def test_mappings() -> None:
    assert is_mapping(dict[str, int])
    assert is_mapping(Annotated[dict, "note"])
    assert not is_mapping(list[int])
