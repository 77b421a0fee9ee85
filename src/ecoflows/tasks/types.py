"""Values that several tasks take or give."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A time that has a zone; one without is taken as UTC."""


class TimeRange(BaseModel):
    """From when to when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: Annotated[Moment, Field(description="The first moment; UTC where no offset is given.")]
    until: Annotated[Moment, Field(description="The last moment; UTC where no offset is given.")]
    time_format: Annotated[str, Field(description="How readers see times, as for strftime.")] = (
        "%d %b %Y %H:%M:%S %Z"
    )

    @model_validator(mode="after")
    def _in_order(self) -> TimeRange:
        if self.until < self.since:
            raise ValueError(
                f"it ends ({self.until.isoformat()}) before it begins ({self.since.isoformat()})"
            )
        return self


def one_time_range(time_range: TimeRange | None, since: datetime | None, until: datetime | None) -> TimeRange:
    """The time range of a task that takes it whole or as its two ends.

    Args:
        time_range: The whole.
        since: The first moment.
        until: The last moment.

    Raises:
        ValueError: If both are given, or none is complete.
    """
    ends = [name for name, end in (("since", since), ("until", until)) if end is not None]
    if time_range is not None:
        if ends:
            raise ValueError(
                f"give time_range, or since and until; here are time_range and {' and '.join(ends)}"
            )
        return time_range
    if since is None or until is None:
        raise ValueError(
            f"give time_range, or since and until; here is {ends[0] if ends else 'none of them'}"
        )
    return TimeRange(since=since, until=until)
