"""The templates that Airflow renders, in which nothing that a user wrote is ever executed.

Jinja reads ``{{``, ``{%`` and ``{#``; Kubernetes reads ``$(NAME)``. In the JSON of a call neither
character stands for itself: both are escaped in every text, also in those that Jinja fills in,
so that a template which is rendered twice, as some providers do, comes out the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
MACRO = (
    "{% macro json(value) %}{{ value | tojson | replace('$', '\\\\u0024') | replace('{{', '{\\\\u007b')"
    " | replace('{%', '{\\\\u0025') | replace('{#', '{\\\\u0023') }}{% endmacro %}"
)
"""The Jinja macro that every template begins with; it writes a value as JSON that nothing changes."""


@dataclass(frozen=True)
class Filled:
    """An entry of a call that a parameter of the run fills in.

    Attributes:
        parameter: The parameter's name.
        optional: Whether the entry is left out where the parameter is null.
        blank: Whether null stands for the empty text.
    """

    parameter: str
    optional: bool = False
    blank: bool = False

    @property
    def expression(self) -> str:
        """The Jinja expression of its value."""
        value = f"params['{self.parameter}']"
        return f"({value} or '')" if self.blank else value


def json_template(value: Any) -> str:
    """A value as JSON that no template engine and no shell changes.

    Args:
        value: JSON data.
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False)
    return _STRING.sub(lambda found: found[0].replace("{", r"\u007b").replace("$", r"\u0024"), text)


def filled(expression: str) -> str:
    """The template of an expression's value as JSON.

    Args:
        expression: A Jinja expression.
    """
    return f"{{{{ json({expression}) }}}}"


def entries(found: Mapping[str, Filled]) -> list[str]:
    """The template of an object whose entries parameters of the run fill in, in pieces.

    Args:
        found: The entries by their keys.
    """
    if not any(entry.optional for entry in found.values()):
        parts = [f"{json_template(key)}: {filled(entry.expression)}, " for key, entry in found.items()]
        return ["{ ", *parts[:-1], parts[-1].removesuffix(", "), " }"]
    pairs = []
    for key, entry in found.items():
        pair = f"[('{key}', {entry.expression})]"
        pairs.append(f"({pair} if {entry.expression} is not none else [])" if entry.optional else pair)
    return ["{{ json(dict([]", *(f" + {pair}" for pair in pairs), ")) }}"]


def object_template(found: Iterable[tuple[str, list[str]]]) -> list[str]:
    """The template of an object, in pieces; it needs the macro in front.

    Args:
        found: Keys with the templates of their values, in pieces.
    """
    pieces: list[str] = []
    for key, (*parts, last) in found:
        start = f'{", " if pieces else "{ "}"{key}": '
        pieces += [start + parts[0], *parts[1:], last] if parts else [start + last]
    return [*pieces, " }"]
