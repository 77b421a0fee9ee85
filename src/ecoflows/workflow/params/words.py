"""A parameter's type in a few words, from its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecoflows.decorators import Parameter
from ecoflows.source import flow_text
from ecoflows.workflow.params.schema import parameter_schema

_WORDS = {
    "integer": ("whole number", "whole numbers"),
    "number": ("number", "numbers"),
    "string": ("text", "texts"),
    "boolean": ("true or false", "true or false"),
    "null": ("null", "nulls"),
    "object": ("mapping", "mappings"),
    "date-time": ("date and time", "dates and times"),
    "date": ("date", "dates"),
    "time": ("time of day", "times of day"),
    "duration": ("duration", "durations"),
    "path": ("path", "paths"),
    "uri": ("URL", "URLs"),
}
_BOUNDS = {
    "exclusiveMinimum": "above {}",
    "minimum": "at least {}",
    "exclusiveMaximum": "below {}",
    "maximum": "at most {}",
}


def type_text(parameter: Parameter) -> str:
    """A parameter's type in a few words, such as ``list of numbers above 0, at least 1 item``.

    Args:
        parameter: The parameter.
    """
    schema = parameter_schema(parameter)
    return _words(schema, schema)


def _words(schema: Mapping[str, Any], whole: Mapping[str, Any], *, many: bool = False) -> str:
    if "$ref" in schema:
        return _words(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole, many=many)
    if "const" in schema:
        return flow_text(schema["const"])
    if "enum" in schema:
        return "one of " + ", ".join(flow_text(item) for item in schema["enum"])
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return _choice([_words(branch, whole, many=many) for branch in schema[key]])
    kind = schema.get("type")
    if kind == "array":
        return _list(schema, whole, many=many)
    if kind == "object":
        return _mapping(schema, whole, many=many)
    one, several = _WORDS.get(schema.get("format", kind), _WORDS.get(str(kind), ("any value", "any values")))
    known = schema.get("examples") if kind == "string" and not many else None
    suggested = f", such as {', '.join(map(flow_text, known))}" if known else ""
    return f"{several if many else one}{_bounds(schema)}{suggested}"


def _choice(branches: list[str]) -> str:
    """The branches of a union, each once, nothing before what is the rule."""
    different = list(dict.fromkeys(branches))
    plain = [words for words in different if words != "null"]
    return " or ".join([*plain, *(["null"] if len(plain) < len(different) else [])])


def _bounds(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    found = [words.format(schema[key]) for key, words in _BOUNDS.items() if key in schema]
    return f" {' and '.join(found)}" if found else ""


def _list(schema: Mapping[str, Any], whole: Mapping[str, Any], *, many: bool) -> str:
    head = "lists" if many else "list"
    if parts := schema.get("prefixItems"):
        return f"{head} [{', '.join(_words(part, whole) for part in parts)}]"
    items = _words(schema.get("items", {}), whole, many=True)
    least, most = schema.get("minItems"), schema.get("maxItems")
    if least == most and least is not None:
        count = f", {_items(least)}"
    else:
        found = [f"{words} {bound}" for words, bound in (("at least", least), ("at most", most)) if bound]
        count = f", {' and '.join(found)} item{'s' if (most or least) != 1 else ''}" if found else ""
    return f"{head} of {items}{count}" if not (many and count) else f"{head} of {items} ({count[2:]})"


def _items(count: int) -> str:
    return f"{count} item{'s' if count != 1 else ''}"


def _mapping(schema: Mapping[str, Any], whole: Mapping[str, Any], *, many: bool) -> str:
    head = "mappings" if many else "mapping"
    if keys := schema.get("properties"):
        return f"{head} {{{', '.join(keys)}}}"
    values = schema.get("additionalProperties")
    if isinstance(values, dict) and values:
        return f"{head} of names to {_words(values, whole, many=True)}"
    return head
