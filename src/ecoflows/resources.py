"""Containers as Kubernetes writes them: names of images, quantities, requests, limits, the label."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from ecoflows.errors import did_you_mean

_QUANTITY = re.compile(
    r"(?P<number>\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?P<suffix>[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,2})?",
    re.ASCII,
)
_HOST_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"(?:{_HOST_LABEL}(?:\.{_HOST_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?P<name>(?:{_HOST}/)?{_PART}(?:/{_PART})*)(?::\w[\w.-]{{0,127}})?"
    r"(?:@[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,})?",
    re.ASCII,
)
_LONGEST_IMAGE = 255
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_GREATEST = 2**63 - 1  # Kubernetes counts in 64 bits
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
MANAGED_BY = ("app.kubernetes.io/managed-by", "ecoflows")
"""The label that all Jobs and pods of ours have, whoever makes them, and its value."""

FLAT_KEYS = {
    "request_cpu": ("requests", "cpu"),
    "request_memory": ("requests", "memory"),
    "limit_cpu": ("limits", "cpu"),
    "limit_memory": ("limits", "memory"),
}
"""The flat spellings of amounts, by the group and the name that they stand for."""

_KNOWN_KEYS = ("requests", "limits", *FLAT_KEYS)


def parse_quantity(text: str) -> Fraction:
    """The number that a Kubernetes quantity stands for.

    The grammar is that of Kubernetes' ``resource.Quantity``: a decimal number with a decimal
    suffix (``m``, ``k``, ``M`` ...), a binary one (``Ki``, ``Mi`` ...) or an exponent (``e3``).

    Args:
        text: A quantity such as ``250m``, ``0.5``, ``512Mi`` or ``2e9``.

    Returns:
        The value, in cores or in bytes.

    Raises:
        ValueError: If Kubernetes would refuse the text.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is not a Kubernetes quantity; write for example 500m, 1.5, 512Mi or 2Gi")
    number, suffix = Fraction(match["number"]), match["suffix"] or ""
    if suffix in _BINARY:
        value: Fraction = number * 1024 ** _BINARY[suffix]
    else:
        exponent = _DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:])
        value = number * Fraction(10) ** exponent
    if value > _GREATEST:
        raise ValueError(f"'{text}' is more than Kubernetes can count")
    return value


def check_image_name(text: str) -> str | None:
    """What is wrong with the name of a container image.

    The grammar is that of registries: ``[host[:port]/]path[:tag][@digest]``.

    Args:
        text: The name.

    Returns:
        A sentence with the way out, or ``None`` where a registry would take the name.
    """
    match = _IMAGE.fullmatch(text)
    if match is not None and len(match["name"]) <= _LONGEST_IMAGE:
        return None
    why = "an image's path is in lower case" if _IMAGE.fullmatch(text.lower()) else "a registry refuses it"
    if match is not None:
        why = f"it has more than {_LONGEST_IMAGE} characters"
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    return f"'{shown}' names no image: {why}; write for example registry.example.org/park/tasks:1.0"


def checked_image_name(text: str) -> str:
    """The name of a container image as it is.

    Args:
        text: What should be one.

    Raises:
        ValueError: If it is none.
    """
    wrong = check_image_name(text)
    if wrong is not None:
        raise ValueError(wrong)
    return text


def times_memory(amount: str, factor: float, most: str | None = None) -> str:
    """A memory quantity several times as large, in whole mebibytes.

    Args:
        amount: The quantity.
        factor: How many times.
        most: At most this much; what was more before stays as it is.
    """
    before = parse_quantity(amount)
    wanted = before * Fraction(factor)
    if most is not None:
        wanted = max(before, min(wanted, parse_quantity(most)))
    return amount if wanted == before else f"{math.ceil(wanted / 1024**2)}Mi"


class ResourceAmounts(BaseModel):
    """An amount of CPU and of memory.

    Attributes:
        cpu: Cores as a quantity, at the finest in thousandths (``1m``).
        memory: Bytes as a quantity.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu: str | None = None
    memory: str | None = None

    @field_validator("cpu", "memory", mode="before", json_schema_input_type=str | int | float | None)
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        return value

    @field_validator("cpu")
    @classmethod
    def _check_cpu(cls, value: str | None) -> str | None:
        if value is not None and parse_quantity(value) * 1000 % 1:
            raise ValueError(f"'{value}' is finer than a thousandth of a core (1m), which Kubernetes refuses")
        return value

    @field_validator("memory")
    @classmethod
    def _check_memory(cls, value: str | None) -> str | None:
        if value is not None and parse_quantity(value) % 1:
            hint = f"; did you mean {value}i?".replace("mi", "Mi") if value.endswith("m") else ""
            raise ValueError(f"'{value}' is not a whole number of bytes{hint}")
        return value


def _with_flat_keys(schema: dict[str, Any]) -> None:
    """Say in a JSON Schema that the flat keys are taken, too."""
    amount = {"anyOf": [{"type": "string"}, {"type": "number"}]}
    schema["properties"] |= {key: dict(amount) for key in FLAT_KEYS}


class ContainerResources(BaseModel):
    """What a task's container asks for and may use at most.

    The flat keys ``request_cpu``, ``request_memory``, ``limit_cpu`` and ``limit_memory`` are
    accepted as well.

    Attributes:
        requests: What the scheduler sets aside.
        limits: What the container may use at most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=_with_flat_keys)

    requests: ResourceAmounts = ResourceAmounts()
    limits: ResourceAmounts = ResourceAmounts()

    @model_validator(mode="before")
    @classmethod
    def _unfold_flat_keys(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        nested: dict[str, Any] = {}
        for key, value in data.items():
            if key in FLAT_KEYS:
                continue
            if key not in _KNOWN_KEYS:
                raise ValueError(f"unknown key '{key}'; {did_you_mean(str(key), _KNOWN_KEYS)}")
            nested[key] = dict(value) if isinstance(value, dict) else value
        for key, (group, name) in FLAT_KEYS.items():
            if key not in data:
                continue
            amounts = nested.setdefault(group, {})
            if not isinstance(amounts, dict) or name in amounts:
                raise ValueError(f"'{key}' and '{group}' both give {name}; keep one")
            amounts[name] = data[key]
        return nested

    @model_validator(mode="after")
    def _requests_within_limits(self) -> ContainerResources:
        for name in ("cpu", "memory"):
            request, limit = getattr(self.requests, name), getattr(self.limits, name)
            if request is not None and limit is not None and parse_quantity(request) > parse_quantity(limit):
                raise ValueError(f"the {name} request {request} is above the {name} limit {limit}")
        return self

    def as_kubernetes(self) -> dict[str, dict[str, str]]:
        """The ``resources`` of a Kubernetes container, without what is not set."""
        whole = self.model_dump(exclude_none=True)
        return {group: amounts for group, amounts in whole.items() if amounts}

    def __str__(self) -> str:
        groups = self.as_kubernetes().items()
        return "; ".join(
            f"{group} " + ", ".join(f"{name} {amount}" for name, amount in amounts.items())
            for group, amounts in groups
        )
