"""Checks of values against each other: what one column's checks say of another's."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ecoflows.workflow.typecheck.verdict import Verdict

_BOUNDS = {
    "greater_than": ("min_value", True, True),
    "greater_than_or_equal_to": ("min_value", True, False),
    "less_than": ("max_value", False, True),
    "less_than_or_equal_to": ("max_value", False, False),
}
"""By pandera's name of a check: the bound's name, whether it is a lower one, whether it is left out."""


_WORDS = {
    "greater_than": "above",
    "greater_than_or_equal_to": "at least",
    "less_than": "below",
    "less_than_or_equal_to": "at most",
    "equal_to": "equal to",
}


@dataclass(frozen=True)
class Range:
    """The values that some checks let through.

    Attributes:
        low: The lower bound.
        low_open: Whether it is left out itself.
        high: The upper bound.
        high_open: Whether it is left out itself.
        allowed: The only values, where they are listed.
    """

    low: Any = -math.inf
    low_open: bool = False
    high: Any = math.inf
    high_open: bool = False
    allowed: frozenset[Any] | None = None

    def holds(self, value: Any) -> bool:
        """Whether a value is let through."""
        if self.allowed is not None and value not in self.allowed:
            return False
        above = _less(self.low, value) or (value == self.low and not self.low_open)
        below = _less(value, self.high) or (value == self.high and not self.high_open)
        return above and below

    def both(self, other: Range) -> Range:
        """The values that this range and another let through."""
        low, high = (self.low, self.low_open), (self.high, self.high_open)
        if _less(self.low, other.low) or (self.low == other.low and other.low_open):
            low = other.low, other.low_open
        if _less(other.high, self.high) or (self.high == other.high and other.high_open):
            high = other.high, other.high_open
        allowed = self.allowed if other.allowed is None else other.allowed
        if self.allowed is not None and other.allowed is not None:
            allowed = self.allowed & other.allowed
        return Range(*low, *high, allowed)

    def within(self, other: Range) -> Verdict:
        """Whether all values of this range are in another, or none, or nobody knows."""
        if self.allowed is not None:
            inside = {value for value in self.allowed if self.holds(value)}
            found = {value for value in inside if other.holds(value)}
            if found == inside:
                return Verdict.PROVED
            return Verdict.UNKNOWN if found else Verdict.REFUTED
        if other.allowed is not None:
            return Verdict.UNKNOWN if any(map(self.holds, other.allowed)) else Verdict.REFUTED
        lower = _less(other.low, self.low) or (
            self.low == other.low and (self.low_open or not other.low_open)
        )
        upper = _less(self.high, other.high) or (
            self.high == other.high and (self.high_open or not other.high_open)
        )
        if lower and upper:
            return Verdict.PROVED
        apart = _less(other.high, self.low) or _less(self.high, other.low)
        touching = (self.low == other.high and (self.low_open or other.high_open)) or (
            other.low == self.high and (other.low_open or self.high_open)
        )
        return Verdict.REFUTED if apart or touching else Verdict.UNKNOWN


def _less(one: Any, other: Any) -> bool:
    """Whether a bound is below another; the infinite ones are so to texts and times too."""
    if one == other:
        return False
    if _is_infinite(one) or _is_infinite(other):
        return (_is_infinite(one) and one < 0) or (_is_infinite(other) and other > 0)
    return bool(one < other)


def _is_infinite(bound: Any) -> bool:
    return isinstance(bound, float) and math.isinf(bound)


def compare_checks(produced: Iterable[Any], needed: Iterable[Any]) -> list[tuple[Verdict, str]]:
    """Whether values that pass some pandera checks pass others.

    Args:
        produced: The checks that the values have passed.
        needed: The checks that they are to pass.

    Returns:
        A verdict with what is asked, for each check that is not proved.
    """
    given = [check for check in produced if not check.raise_warning]
    passed = {_identity(check) for check in given}
    found = []
    for check in needed:
        if check.raise_warning or _identity(check) in passed:
            continue
        try:
            wanted = _range_of([check])
            verdict = _range_of(given, lenient=True).within(wanted) if wanted else Verdict.UNKNOWN
        except TypeError:  # bounds of kinds that cannot be compared
            verdict = Verdict.UNKNOWN
        if verdict is not Verdict.PROVED:
            found.append((verdict, described(check)))
    return found


def _identity(check: Any) -> Any:
    function = _function_of(check)
    statistics = tuple(sorted((name, repr(value)) for name, value in (check.statistics or {}).items()))
    own = () if check.statistics else (function,)
    return check.name, statistics, own, check.ignore_na, check.raise_warning


def _function_of(check: Any) -> Any:
    """The function of a model's own check, the same for every model that inherits it."""
    function = getattr(check, "_check_fn", None)
    cells = getattr(function, "__closure__", None) or ()
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    # Pandera wraps it anew for each model.
    info = next(
        (cell.cell_contents for name, cell in zip(names, cells, strict=False) if name == "self"), None
    )
    return getattr(info, "check_fn", function)


def described(check: Any) -> str:
    """What a check asks of a value, to stand after "is" or "need not be".

    Args:
        check: The pandera check.
    """
    known = check.statistics or {}
    if check.name in _WORDS:
        return f"{_WORDS[check.name]} {next(iter(known.values()))}"
    if check.name == "in_range":
        ends = ["" if known.get(name, True) else " (without it)" for name in ("include_min", "include_max")]
        return f"from {known['min_value']}{ends[0]} to {known['max_value']}{ends[1]}"
    if check.name == "isin":
        values = sorted(map(repr, known["allowed_values"]))
        return f"one of {', '.join(values[:5])}{', ...' if len(values) > 5 else ''}"
    return f"as the check '{check.error or check.name}' asks"


def _range_of(checks: Iterable[Any], *, lenient: bool = False) -> Any:
    """The range that checks describe; of one that describes none ``None``, or passed over."""
    found = Range()
    for check in checks:
        one = _described(check)
        if one is None:
            if not lenient:
                return None
            continue
        found = found.both(one)
    return found


def _described(check: Any) -> Range | None:
    known = check.statistics or {}
    if check.name in _BOUNDS:
        name, is_low, is_open = _BOUNDS[check.name]
        value = known[name]
        return Range(low=value, low_open=is_open) if is_low else Range(high=value, high_open=is_open)
    if check.name == "in_range":
        low_open, high_open = not known.get("include_min", True), not known.get("include_max", True)
        return Range(known["min_value"], low_open, known["max_value"], high_open)
    if check.name == "equal_to":
        return Range(allowed=frozenset([known["value"]]))
    if check.name == "isin":
        return Range(allowed=frozenset(known["allowed_values"]))
    return None
