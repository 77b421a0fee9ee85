"""The verdict on two annotations as a sentence for those who did not write the tasks."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from ecoflows.keys import type_name
from ecoflows.skipped import Skipped
from ecoflows.workflow.typecheck.restrictions import opened
from ecoflows.workflow.typecheck.verdict import Verdict

_MISSING = re.compile(r"(.+) has no column '([^']+)'")
_SHOWN = 5


def told(verdict: Verdict, given: Any, needed: Any) -> str:
    """Why a value is taken, or not, or only sometimes.

    Args:
        verdict: The verdict.
        given: The annotation of what is given.
        needed: The annotation of what is needed.
    """
    one, other = described(given), described(needed)
    if verdict is Verdict.PROVED:
        return f"{one} is given, as needed" if one == other else f"{one} is always taken as {other}"
    if verdict is Verdict.REFUTED:
        return f"{other} is needed, and {one} is never taken as that"
    if one == other:
        return f"{other} is needed, and more is asked of it than of what is given"
    if _may_be_null(given) and not _may_be_null(needed):
        return f"{other} is needed, and {one} may be null"
    return f"{other} is needed, and {one} is not always taken as that"


def gathered(reasons: Iterable[str]) -> list[str]:
    """Reasons, those about missing columns of one table as one.

    Args:
        reasons: The reasons, each once.
    """
    found: dict[str, list[str]] = {}
    for reason in reasons:
        missing = _MISSING.fullmatch(reason)
        found.setdefault(missing[1] if missing else reason, []).extend([missing[2]] if missing else [])
    return [_with_columns(start, names) if names else start for start, names in found.items()]


def _with_columns(start: str, names: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{start} has no column{'s' if len(names) > 1 else ''} {shown}{more}"


def described(annotation: Any) -> str:
    """An annotation in words: its type, the members of an enum, the bounds of a number."""
    bare, restrictions = opened(annotation)
    name = type_name(bare)
    if isinstance(bare, type) and issubclass(bare, enum.Enum):
        members = [repr(member.value) for member in bare]
        name = f"{name} ({', '.join(members[:5])}{', ...' if len(members) > 5 else ''})"
    if bare is NoneType or bare is None:
        name = "null"
    bounds = str(restrictions)
    return f"{name} {bounds}" if bounds else name


def _may_be_null(annotation: Any) -> bool:
    bare, _restrictions = opened(annotation)
    if get_origin(bare) in (Union, UnionType):
        return any(map(_may_be_null, get_args(bare)))
    return bare is None or bare is NoneType or bare is Skipped
