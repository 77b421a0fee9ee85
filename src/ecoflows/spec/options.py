"""How one task instance is run: retries, time limit, cache, when it is skipped, over what it is mapped."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ecoflows.resources import ContainerResources, checked_image_name

_DURATION = re.compile(r"(?P<number>[0-9]{1,12}(?:\.[0-9]{1,6})?)\s*(?P<unit>s|m|h|d|w)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_duration(value: Any) -> Any:
    """Read ``90s``, ``30m``, ``12h``, ``1d`` or ``2w``; what is not text is left to pydantic.

    Args:
        value: What stands in the spec or on the command line.

    Returns:
        A ``timedelta``.

    Raises:
        ValueError: If the text is no duration.
    """
    if not isinstance(value, str):
        return value
    match = _DURATION.fullmatch(value.strip())
    if match is None:
        raise ValueError(f"'{value[:40]}' is not a duration; write for example 90s, 30m, 12h or 1d")
    try:
        return timedelta(**{_UNITS[match["unit"]]: float(match["number"])})
    except OverflowError as error:
        raise ValueError(f"'{value}' is longer than any result will live") from error


def _refuse_no_time(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("a duration above 0 is expected; 'cache: never' reuses nothing")
    return value


class CacheTtl(BaseModel):
    """How long an earlier result may stand in for a new one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ttl: Annotated[timedelta, BeforeValidator(parse_duration), AfterValidator(_refuse_no_time)]


def _refuse_bare_duration(value: Any) -> Any:
    if isinstance(value, str) and _DURATION.fullmatch(value.strip()):
        raise ValueError(f"a duration stands in a mapping: {{ttl: {value.strip()}}}")
    return value


class SkipIf(BaseModel):
    """The conditions under which an instance is skipped: any of them is enough."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    conditions: Annotated[tuple[str, ...], Field(min_length=1)]


def _refuse_bare_condition(value: Any) -> Any:
    given = value if isinstance(value, list) else [value] if isinstance(value, str) else None
    if given is not None:
        raise ValueError(f"conditions stand in a mapping: {{conditions: [{', '.join(map(str, given))}]}}")
    return value


YEAR = 366 * 24 * 3600
"""The longest pause or time limit (s); schedulers cannot count as far as numbers go."""

_Seconds = Annotated[float, Field(ge=0, le=YEAR, strict=True, allow_inf_nan=False)]


Execution = Literal["inline", "process", "pod"]
"""In the flow's process, in a child process, or in a pod of its own."""


class Options(BaseModel):
    """How one task instance is run.

    Attributes:
        retries: How often a failed attempt is repeated.
        retry_delay_seconds: The pause before each repetition, or one for all.
        timeout_seconds: When an attempt is given up.
        cache: ``always`` or ``never`` reuse an earlier result, or for a time; by default all
            but tasks tagged ``io`` reuse theirs.
        skipif: When the instance, or an element of its map, is left out; by default where what it
            depends on was.
        execution: Where a flow makes its calls; by default where the flow's deployment says.
        image: The container image of its pods; by default the one that its task asks for.
        container_resources: What the container of its pods requests and may use; by default what
            its task says.
        memory_escalation: How many times the memory each attempt asks for that follows one which
            ran out of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    retries: Annotated[int, Field(ge=0, le=100, strict=True)] = 0
    retry_delay_seconds: _Seconds | Annotated[tuple[_Seconds, ...], Field(min_length=1, max_length=50)] = 0.0
    timeout_seconds: Annotated[float, Field(gt=0, le=YEAR, strict=True, allow_inf_nan=False)] | None = None
    cache: Annotated[Literal["always", "never"] | CacheTtl | None, BeforeValidator(_refuse_bare_duration)] = (
        None
    )
    skipif: Annotated[SkipIf | None, BeforeValidator(_refuse_bare_condition)] = None
    execution: Execution | None = None
    image: Annotated[str, AfterValidator(checked_image_name)] | None = None
    container_resources: ContainerResources | None = None
    memory_escalation: Annotated[float, Field(gt=1, le=10, strict=True, allow_inf_nan=False)] | None = None


class MapShape(BaseModel):
    """A ``map:`` or ``mapvalues:`` as it stands in a spec.

    Attributes:
        argnames: The argument that each element goes to, or several that its parts go to.
        argvalues: What to go over.
        concurrency: How many elements run at the same time, at most.
        on_error: Whether a failing element fails the instance or is left out of its result.
        batch: Up to how many elements have a task run each; above it, so many share one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    argnames: Annotated[str, Field(min_length=1)] | Annotated[tuple[str, ...], Field(min_length=1)]
    argvalues: Any
    concurrency: Annotated[int, Field(ge=1, strict=True)] | None = None
    on_error: Literal["fail", "skip"] = "fail"
    batch: Annotated[int, Field(ge=1, le=1_000_000, strict=True)] = 100
