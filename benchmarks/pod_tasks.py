"""The tasks of ``pods.py``, in a module of their own, since pods import them by name."""

from __future__ import annotations

from ecoflows.decorators import distributed


@distributed(image="bench:1")
def first(value: int) -> int:
    """Give a number."""
    return value


@distributed(image="bench:1")
def following(value: int) -> int:
    """Give the next number."""
    return value + 1
