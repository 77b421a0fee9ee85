"""What a spec says of its Airflow DAG: the ``airflow:`` block, which no other engine heeds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from ecoflows.errors import did_you_mean

PRESETS = (
    "@once",
    "@continuous",
    "@hourly",
    "@daily",
    "@weekly",
    "@monthly",
    "@quarterly",
    "@yearly",
)
"""The names of schedules that Airflow knows."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_ITEM = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[0-9]{1,2}))?", re.ASCII)
_HINT = "write for example '30 6 * * 1' (minute, hour, day, month, day of the week) or @daily"


def _checked_schedule(text: str) -> str:
    """A schedule that Airflow reads."""
    if text.startswith("@"):
        if text not in PRESETS:
            raise ValueError(f"there is no schedule '{text}'; {did_you_mean(text, PRESETS)}")
        return text
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"'{text}' is no schedule: it has {len(fields)} of 5 fields; {_HINT}")
    for field, (name, least, most, words) in zip(fields, _FIELDS, strict=True):
        if not all(_is_item(item, least, most, words) for item in field.split(",")):
            raise ValueError(f"'{field}' is no {name} of a schedule, from {least} to {most}; {_HINT}")
    return " ".join(fields)


def _is_item(item: str, least: int, most: int, words: tuple[str, ...]) -> bool:
    """Whether a part of a field is ``*``, ``5``, ``1-5`` or ``MON-FRI``, each with a step or without."""
    match = _ITEM.fullmatch(item)
    if match is None or match["step"] in ("0", "00"):
        return False
    ends = [_number(text, least, words) for text in (match["first"], match["last"]) if text is not None]
    numbers = [number for number in ends if number is not None]
    return len(numbers) == len(ends) and numbers == sorted(numbers) and _within(numbers, least, most)


def _number(text: str, least: int, words: tuple[str, ...]) -> int | None:
    if text.isdecimal():
        return int(text)
    return words.index(text.lower()) + least if text.lower() in words else None


def _within(numbers: Iterable[int], least: int, most: int) -> bool:
    return all(least <= number <= most for number in numbers)


def _as_moment(value: Any) -> Any:
    """A date or a time as a moment, in UTC where no zone is given."""
    if isinstance(value, datetime):
        found = value
    elif isinstance(value, date):
        found = datetime.combine(value, time())
    elif isinstance(value, str):
        try:
            found = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(
                f"'{value[:40]}' is no date; write for example 2024-01-31 or 2024-01-31T06:00:00+03:00"
            ) from None
    else:
        raise ValueError("a date such as 2024-01-31 is expected")  # noqa: TRY004  # pydantic wants this one
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


Word = Annotated[str, Field(min_length=1)]


class Airflow(BaseModel):
    """What a spec says of its Airflow DAG.

    Attributes:
        schedule: When it runs by itself: a cron text of five fields, or a preset such as
            ``@daily``; without it, whenever somebody starts it.
        start_date: From when on it is scheduled; in UTC where no zone is given.
        catchup: Whether it also runs for the time between ``start_date`` and now.
        tags: Words to find it by.
        secrets: Names of Kubernetes secrets whose entries the pods have as environment variables.
        image: The image of tasks that ask for none.
        namespace: Where the pods run; by default where the connection says.
        labels: Labels of the pods.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schedule: Annotated[str, AfterValidator(_checked_schedule)] | None = None
    start_date: Annotated[datetime, BeforeValidator(_as_moment), WithJsonSchema({"type": "string"})] = (
        datetime(2024, 1, 1, tzinfo=UTC)
    )
    catchup: Annotated[bool, Field(strict=True)] = False
    tags: tuple[Word, ...] = ()
    secrets: tuple[Word, ...] = ()
    image: Word | None = None
    namespace: Word | None = None
    labels: dict[Word, str] = Field(default_factory=dict)
