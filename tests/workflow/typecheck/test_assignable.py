"""What is proved of annotations holds for every value; what is refuted, for none."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NewType, NotRequired, Optional, Union
from uuid import UUID

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, TypeAdapter, model_validator
from typing_extensions import TypedDict

from ecoflows.workflow.typecheck import Verdict
from ecoflows.workflow.typecheck.assignable import assignable


class Sex(enum.Enum):
    FEMALE = "female"
    MALE = "male"


class Rank(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Kind(enum.StrEnum):
    A = "a"
    B = "b"


@dataclass
class Box:
    west: float
    east: float


@dataclass
class NamedBox(Box):
    name: str = ""


class Options(BaseModel):
    size: int = 1


class MoreOptions(Options):
    color: str = "red"


class Wrapped(BaseModel):
    size: int = 1

    @model_validator(mode="before")
    @classmethod
    def of_text(cls, value: Any) -> Any:
        return {} if isinstance(value, str) else value


class Point(NamedTuple):
    x: float
    y: int


class Place(TypedDict):
    x: float
    y: float


class NamedPlace(TypedDict):
    x: int
    y: int
    name: NotRequired[str]


class TextPlace(TypedDict):
    x: date
    y: str


Metres = NewType("Metres", float)
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]

P, U, R = Verdict.PROVED, Verdict.UNKNOWN, Verdict.REFUTED

TABLE: list[tuple[Any, Any, Verdict]] = [
    (int, int, P),
    (int, float, P),
    (float, int, U),
    (bool, int, P),
    (int, bool, U),
    (bool, Decimal, R),
    (bool, str, R),
    (int, str, R),
    (str, int, U),
    (str, Path, P),
    (Path, str, R),
    (bytes, str, U),
    (date, datetime, P),
    (datetime, date, U),
    (str, datetime, U),
    (date, time, R),
    (datetime, timedelta, R),
    (int, timedelta, U),
    (Path, datetime, R),
    (Decimal, float, P),
    (float, Decimal, U),
    (str, UUID, U),
    (int, complex, U),
    (Fraction, float, U),
    (int, Any, P),
    (Any, int, U),
    (object, int, U),
    (date, object, P),
    (int | None, int, U),
    (int, int | None, P),
    (int, Optional[float], P),  # noqa: UP045  # the older spelling is read too
    (Union[int, str], Union[str, int], P),  # noqa: UP007
    (int | str, date | None, U),
    (int | bool, str, R),
    (None, int, R),
    (None, int | None, P),
    (int, None, R),
    (Literal["a"], Literal["a", "b"], P),
    (Literal["a", "b"], Literal["a"], U),
    (Literal["c"], Literal["a", "b"], R),
    (str, Literal["a"], U),
    (date, Literal["a"], R),
    (int, Literal["a"], R),
    (Literal["female"], Sex, P),
    (Literal["both"], Sex, R),
    (Literal[3], Positive, P),
    (Literal[-3], Positive, R),
    (Sex, Sex, P),
    (Sex, str, P),
    (Sex, Rank, R),
    (Sex, Literal["female"], R),
    (Rank, int, P),
    (Kind, Literal["a"], U),
    (str, Sex, U),
    (int, Sex, R),
    (int, Rank, U),
    (list[int], list[float], P),
    (list[float], list[int], U),
    (list[date], list[int], R),
    (list[int], set[int], P),
    (set[int], list[float], P),
    (list[int], frozenset[int], P),
    (list[Any], set[Any], U),
    (list[list[int]], set[Any], U),
    (set[int], Sequence[int], R),
    (tuple[int, ...], Sequence[int], P),
    (list[date], Iterable[int], U),
    (str, list[str], R),
    (str, Sequence[str], U),
    (dict[str, int], list[int], R),
    (list[int], dict[str, int], R),
    (list[int], tuple[int, ...], P),
    (list[int], tuple[int, int], U),
    (list[date], tuple[int, int], R),
    (tuple[int, int], tuple[int, float], P),
    (tuple[int, int], tuple[int, int, int], R),
    (tuple[int, str], list[int], U),
    (tuple[int, date], list[int], R),
    (tuple, tuple[int, int], U),
    (tuple[int, ...], tuple[int, int], U),
    (tuple[int, str, int], Decimal, U),
    (list, list[int], U),
    (list[int], list, P),
    (dict[str, int], dict[str, float], P),
    (dict[str, int], Mapping[str, float], P),
    (Mapping[str, int], dict[str, int], U),
    (dict[str, date], dict[str, float], R),
    (dict[str, int], Place, U),
    (Place, Place, P),
    (Place, dict[str, float], P),
    (Place, dict[str, date], U),
    (TextPlace, Mapping[str, int], R),
    (NamedPlace, Place, U),
    (Place, NamedPlace, U),
    (TextPlace, Place, R),
    (Place, Box, U),
    (Place, list[float], R),
    (int, Place, R),
    (Point, Point, P),
    (Point, tuple[float, float], P),
    (Point, tuple[float, float, float], R),
    (Point, list[float], P),
    (tuple[float, int], Point, U),
    (Box, Box, P),
    (NamedBox, Box, P),
    (Box, NamedBox, U),
    (Box, Options, R),
    (int, Box, R),
    (list[int], Box, R),
    (dict[str, float], Box, U),
    (Box, dict[str, float], R),
    (MoreOptions, Options, P),
    (Options, MoreOptions, U),
    (Options, Wrapped, U),
    (str, Options, R),
    (str, Wrapped, U),
    (Options, list[Any], U),
    (Metres, float, P),
    (Positive, float, P),
    (float, Positive, U),
    (Annotated[float, Field(gt=1)], Positive, P),
    (Annotated[int, Field(ge=1)], Positive, P),
    (Annotated[float, Field(lt=0)], Positive, R),
    (Annotated[float, Field(le=0)], Positive, R),
    (Share, Positive, U),
    (Share, Annotated[float, Field(ge=-1, lt=2)], P),
    (list[Share], list[Positive], U),
    (Annotated[str, Field(min_length=2)], Annotated[str, Field(min_length=1)], P),
    (Annotated[str, Field(max_length=2)], Annotated[str, Field(min_length=3)], R),
    (Annotated[list[int], Field(min_length=2)], Annotated[set[int], Field(min_length=2)], U),
    (Annotated[str, Field(pattern="a")], Annotated[str, Field(pattern="a")], P),
    (str, Annotated[str, Field(pattern="a")], U),
    (Path, Annotated[str, BeforeValidator(str)], U),
    (str, Annotated[str, AfterValidator(str.strip)], U),
    (int, Annotated[float, Field(strict=True)], U),
]


@pytest.mark.parametrize(("source", "target", "verdict"), TABLE)
def test_annotation_into_annotation(source: Any, target: Any, verdict: Verdict) -> None:
    assert assignable(source, target) is verdict


SMALL = st.integers(-3, 3)
NUMBERS: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: SMALL | st.integers(-(10**20), 10**20),
    float: SMALL.map(float) | st.floats(),
    Decimal: SMALL.map(Decimal) | st.decimals(allow_nan=False, allow_infinity=False),
}
LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    **NUMBERS,
    str: st.sampled_from(["", "a", "b", "1", "2024-01-01", "12:30", "PT1H", "female", "true"]) | st.text(),
    bytes: st.sampled_from([b"", b"1", b"a", b"\xff", b"2024-01-01"]),
    date: st.dates(),
    datetime: st.datetimes()
    | st.datetimes(timezones=st.just(UTC))
    | st.dates().map(
        lambda day: datetime(day.year, day.month, day.day)  # noqa: DTZ001
    ),
    time: st.times(),
    timedelta: st.timedeltas(),
    Path: st.just(Path("a/b")),
    UUID: st.uuids(),
    None: st.none(),
    Sex: st.sampled_from(Sex),
    Rank: st.sampled_from(Rank),
    Kind: st.sampled_from(Kind),
    Box: st.builds(Box, st.floats(), st.floats()),
    NamedBox: st.builds(NamedBox, st.floats(), st.floats()),
    Options: st.builds(Options, size=SMALL),
    MoreOptions: st.builds(MoreOptions, size=SMALL),
    Wrapped: st.builds(Wrapped, size=SMALL),
    Point: st.builds(Point, st.floats(), SMALL),
    Place: st.fixed_dictionaries({"x": st.floats(), "y": st.floats()}),
    NamedPlace: st.fixed_dictionaries({"x": SMALL, "y": SMALL}, optional={"name": st.text()}),
    TextPlace: st.fixed_dictionaries({"x": st.dates(), "y": st.text()}),
}


@st.composite
def sources(draw: st.DrawFn, depth: int = 2) -> tuple[Any, st.SearchStrategy[Any], st.SearchStrategy[Any]]:
    """An annotation, its values, and those without an empty container in them."""
    kinds = ["leaf", "leaf", "bound", "literal"]
    if depth:
        kinds += ["list", "tuple", "pair", "dict", "union", "set", "bare"]
    kind = draw(st.sampled_from(kinds))
    if kind == "leaf":
        leaf = draw(st.sampled_from(list(LEAVES)))
        return leaf, LEAVES[leaf], LEAVES[leaf]
    if kind == "bound":
        return draw(bounded())
    if kind == "literal":
        values = draw(st.lists(st.sampled_from(["a", "female", 1, 0, True, None]), min_size=1, unique=True))
        return Literal[tuple(values)], st.sampled_from(values), st.sampled_from(values)
    if kind == "bare":
        items = SMALL | st.text() | st.lists(SMALL, max_size=1)
        found, filled = st.lists(items, max_size=2), st.lists(items, min_size=1, max_size=2)
        if draw(st.booleans()):
            return list, found, filled
        return tuple, found.map(tuple), filled.map(tuple)
    if kind == "set":
        leaf = draw(st.sampled_from([int, float, str, date, bool]))
        of, whole = (set, st.sets) if draw(st.booleans()) else (frozenset, st.frozensets)
        return of[leaf], whole(LEAVES[leaf], max_size=3), whole(LEAVES[leaf], min_size=1, max_size=3)
    one, values, full = draw(sources(depth - 1))
    if kind == "list":
        return list[one], st.lists(values, max_size=2), st.lists(full, min_size=1, max_size=2)
    if kind == "tuple":
        many = st.lists(full, min_size=1, max_size=2)
        return tuple[one, ...], st.lists(values, max_size=3).map(tuple), many.map(tuple)
    other, others, others_full = draw(sources(depth - 1))
    if kind == "pair":
        return tuple[one, other], st.tuples(values, others), st.tuples(full, others_full)
    if kind == "union":
        return Union[one, other], values | others, full | others_full  # noqa: UP007  # made here
    key = draw(st.sampled_from([str, int, date]))
    keyed = st.dictionaries(LEAVES[key], full, min_size=1, max_size=2)
    return dict[key, one], st.dictionaries(LEAVES[key], values, max_size=2), keyed


@st.composite
def bounded(draw: st.DrawFn) -> tuple[Any, st.SearchStrategy[Any], st.SearchStrategy[Any]]:
    """A number with bounds, or a text of some length."""
    kind = draw(st.sampled_from([int, float, Decimal, str]))
    low, high = draw(SMALL), draw(SMALL)
    if kind is str:
        limits: dict[str, Any] = {"min_length": abs(low), "max_length": abs(low) + abs(high)}
    else:
        limits = {draw(st.sampled_from(["ge", "gt"])): low, draw(st.sampled_from(["le", "lt"])): low + 4}
    chosen = draw(st.sets(st.sampled_from(sorted(limits)), min_size=1))
    annotation = Annotated[kind, Field(**{name: limits[name] for name in chosen})]
    adapter = TypeAdapter(annotation)

    def keeps(value: Any) -> bool:
        try:
            adapter.validate_python(value)
        except ValueError:
            return False
        return True

    values = st.text(max_size=8) if kind is str else st.integers(-8, 8).map(kind) | NUMBERS[kind]
    return annotation, values.filter(keeps), values.filter(keeps)


@st.composite
def targets(draw: st.DrawFn, source: Any) -> Any:
    """An annotation; often of the shape of another one."""
    from typing import get_args, get_origin

    how = draw(st.integers(0, 5))
    origin, arguments = get_origin(source), get_args(source)
    if how == 0 or origin is None or origin in (Literal, Annotated):
        found = draw(sources(1))[0]
        extra = [Any, object, Sequence[int], Iterable[Any], Mapping[str, int], complex, set[Any], list[Any]]
        return draw(st.sampled_from(extra)) if how == 5 else found
    if how == 1:
        return Optional[source]  # noqa: UP045  # made here
    parts = [part if part is Ellipsis else draw(targets(part)) for part in arguments]
    if origin is Union:
        return Union[tuple(parts)]  # noqa: UP007  # made here
    if origin is dict:
        return draw(st.sampled_from([dict, Mapping]))[draw(st.sampled_from([str, int, date])), parts[1]]
    if origin in (list, tuple) and how in (2, 3):
        wanted = draw(st.sampled_from([list, Sequence, Iterable]))
        return wanted[parts[0]] if how == 2 else tuple[parts[0], parts[0]]
    if origin in (set, frozenset):
        return draw(st.sampled_from([set, frozenset, list, Sequence]))[parts[0]]
    return origin[tuple(parts)]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_is_proved_is_taken_and_what_is_refuted_is_not(data: st.DataObject) -> None:
    source, values, full = data.draw(sources())
    target = data.draw(targets(source))
    verdict = assignable(source, target)
    event(verdict.value)
    if verdict is Verdict.UNKNOWN:
        return
    value = data.draw(full if verdict is Verdict.REFUTED else values)
    assert taken(target, value) is (verdict is Verdict.PROVED), f"{source} -> {target}: {value!r}"


def taken(annotation: Any, value: Any) -> bool:
    try:
        TypeAdapter(annotation).validate_python(value)
    except ValueError:
        return False
    return True
