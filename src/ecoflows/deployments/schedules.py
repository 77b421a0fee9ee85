"""Schedules as people write them: a cron text and a timezone."""

from __future__ import annotations

import zoneinfo

from ecoflows.errors import did_you_mean

CRON_HINT = "write for example '30 6 * * 1' (minute, hour, day, month, day of the week)"


def cron_problem(text: str) -> str | None:
    """What is wrong with a cron text, as the server would find it.

    Args:
        text: The text.
    """
    from prefect.client.schemas.schedules import CronSchedule
    from pydantic import ValidationError

    fields = text.split()
    if not text.strip().startswith("@") and len(fields) != 5:
        return f"'{text}' is no cron text: it has {len(fields)} of 5 fields"
    try:
        CronSchedule(cron=text)
    except ValidationError:
        return f"'{text}' is no cron text"
    return None


def timezone_problem(name: str) -> tuple[str, str | None] | None:
    """What is wrong with the name of a timezone, and the way out.

    Args:
        name: The name, such as ``Africa/Nairobi``.
    """
    known = zoneinfo.available_timezones()
    if name in known:
        return None
    hint = did_you_mean(name, known)
    near = hint if hint and hint.startswith("did you mean") else "write for example Africa/Nairobi or UTC"
    return f"there is no timezone '{name}'", near
