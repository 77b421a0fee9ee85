"""YAML 1.2's core schema for PyYAML, which reads and writes YAML 1.1.

``true`` and ``false`` alone are booleans, ``1e3`` is a number, dates and clock times stay text
until a parameter's type reads them.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

TAG = "tag:yaml.org,2002:"

_CORE = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+0123456789."),
    ),
    ("merge", r"<<", ["<"]),
)

_BREAKS = frozenset("\n\r\x85\u2028\u2029")


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen at import
    """PyYAML's loader with YAML 1.2's core schema instead of 1.1's."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # PyYAML's own


class _Dumper(yaml.SafeDumper):
    """Quotes every text that YAML 1.1 or 1.2 would read as something else."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    """A text on one line: only double quotes can escape breaks, of which readers take some for spaces."""
    return dumper.represent_scalar(f"{TAG}str", value, style='"' if set(value) & _BREAKS else None)


_Dumper.add_representer(str, _text)

for _kind, _pattern, _first in _CORE:
    Loader.add_implicit_resolver(f"{TAG}{_kind}", re.compile(rf"^(?:{_pattern})$"), _first)
    if _kind != "merge":  # which the dumper knows, and would take out of its own hands
        _Dumper.add_implicit_resolver(f"{TAG}{_kind}", re.compile(rf"^(?:{_pattern})$"), _first)


def flow_text(value: Any) -> str:
    """Plain data as YAML on one line, the same to readers of YAML 1.1 and of 1.2.

    Args:
        value: None, bool, int, float, str, and lists and dicts of these.
    """
    text: str = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, allow_unicode=True, width=10**9, sort_keys=False
    )
    return text.removesuffix("\n").removesuffix("\n...")
