"""Container resources as Kubernetes writes them: quantities, requests, limits."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from ecoflows.errors import did_you_mean

_QUANTITY = re.compile(
    r"(?P<number>\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?P<suffix>[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,2})?",
    re.ASCII,
)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_GREATEST = 2**63 - 1  # Kubernetes counts in 64 bits
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_FLAT_KEYS = {
    "request_cpu": ("requests", "cpu"),
    "request_memory": ("requests", "memory"),
    "limit_cpu": ("limits", "cpu"),
    "limit_memory": ("limits", "memory"),
}
_KNOWN_KEYS = ("requests", "limits", *_FLAT_KEYS)


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


class ResourceAmounts(BaseModel):
    """An amount of CPU and of memory.

    Attributes:
        cpu: Cores as a quantity, at the finest in thousandths (``1m``).
        memory: Bytes as a quantity.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu: str | None = None
    memory: str | None = None

    @field_validator("cpu", "memory", mode="before")
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


class ContainerResources(BaseModel):
    """What a task's container asks for and may use at most.

    The flat keys ``request_cpu``, ``request_memory``, ``limit_cpu`` and ``limit_memory`` are
    accepted as well.

    Attributes:
        requests: What the scheduler sets aside.
        limits: What the container may use at most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests: ResourceAmounts = ResourceAmounts()
    limits: ResourceAmounts = ResourceAmounts()

    @model_validator(mode="before")
    @classmethod
    def _unfold_flat_keys(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        nested: dict[str, Any] = {}
        for key, value in data.items():
            if key in _FLAT_KEYS:
                continue
            if key not in _KNOWN_KEYS:
                raise ValueError(f"unknown key '{key}'; {did_you_mean(str(key), _KNOWN_KEYS)}")
            nested[key] = dict(value) if isinstance(value, dict) else value
        for key, (group, name) in _FLAT_KEYS.items():
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
