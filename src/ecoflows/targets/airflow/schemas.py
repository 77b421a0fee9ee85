"""The JSON Schema of a parameter as Airflow's forms and its validator read it."""

from __future__ import annotations

import re
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from ecoflows.decorators import Parameter
from ecoflows.workflow.params.schema import parameter_schema

Schema = dict[str, Any]

_FORMATS = {
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII),
    "date": re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
    "time": re.compile(r"\d\d:\d\d:\d\d", re.ASCII),
}
"""The formats for which a form has a field of its own, and what Airflow takes for each."""


def form_schema(parameter: Parameter) -> Schema:
    """A parameter's schema, complete in itself; one that cannot be used takes anything.

    Args:
        parameter: The parameter.
    """
    schema = parameter_schema(parameter)
    schema.pop("default", None)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError:
        return {}
    return _flat(_resolved(schema, schema))


def takes(schema: Schema, value: Any) -> bool:
    """Whether a schema takes a value.

    Args:
        schema: The schema.
        value: JSON data.
    """
    return bool(Draft202012Validator(schema).is_valid(value))


def with_formats(schema: Schema, value: Any) -> Schema:
    """A schema with the formats that forms know, as far as the value that stands in the form fits.

    The task's own validation sees to all others; Airflow would refuse times without a zone.

    Args:
        schema: The schema.
        value: What the parameter is by default; not a text where there is nothing.
    """
    kept = {key: part for key, part in schema.items() if key != "format"}
    form = schema.get("format")
    if form in _FORMATS and (not isinstance(value, str) or _FORMATS[form].fullmatch(value)):
        kept["format"] = form
    return {key: _without_formats(part) for key, part in kept.items()}


def nullable(schema: Schema) -> Schema:
    """A schema that also takes null.

    Args:
        schema: The schema.
    """
    if takes(schema, None):
        return schema
    kind = schema.get("type")
    if isinstance(kind, str) and not {"const", "allOf", "anyOf", "oneOf", "$ref"} & set(schema):
        enum = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
        return {**schema, "type": [kind, "null"], **enum}
    inner = {key: part for key, part in schema.items() if key != "$defs"}
    defs = {"$defs": schema["$defs"]} if "$defs" in schema else {}
    return {"anyOf": [inner, {"type": "null"}], **defs}


def _resolved(schema: Schema, whole: Schema) -> Schema:
    """A schema that is a reference as what it refers to, so that a form knows its type."""
    if "$ref" not in schema:
        return schema
    target = whole.get("$defs", {}).get(str(schema["$ref"]).rpartition("/")[2], {})
    others = {key: part for key, part in schema.items() if key != "$ref"}
    return {**target, **others}


def _flat(schema: Schema) -> Schema:
    """``X or null`` as one schema of two types, for which a form has a field."""
    branches = schema.get("anyOf")
    if not isinstance(branches, list) or len(branches) != 2 or {"type": "null"} not in branches:
        return schema
    (other,) = [branch for branch in branches if branch != {"type": "null"}] or [{}]
    found = nullable(_resolved(other, schema))
    if not isinstance(found.get("type"), list):
        return schema
    return {**found, **{key: part for key, part in schema.items() if key != "anyOf"}}


def _without_formats(part: Any) -> Any:
    if isinstance(part, list):
        return [_without_formats(item) for item in part]
    if isinstance(part, dict):
        # A property may have this name: a format is text, and a property's schema is none.
        kept = {key: item for key, item in part.items() if not (key == "format" and isinstance(item, str))}
        return {key: _without_formats(item) for key, item in kept.items()}
    return part
