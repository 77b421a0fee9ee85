"""The JSON Schemas of arguments, where a reference may stand for every value or a part of it."""

from __future__ import annotations

import json
import re
from typing import Any

from ecoflows.annotations import is_frame, needs_frame
from ecoflows.decorators import Parameter
from ecoflows.workflow.params.schema import parameter_schema

_NEVER: dict[str, Any] = {"not": {}}
_ANNOTATIONS = ("description", "default")
_LEFT_OUT = ("title", "discriminator", "$defs")


class Values:
    """Schemas of values in one of the two forms of specs; what they share is in ``defs``.

    Attributes:
        defs: The definitions that the schemas refer to, by name.
    """

    def __init__(self, form: str, stand_in: dict[str, Any]) -> None:
        """Begin without definitions.

        Args:
            form: What the names of definitions begin with.
            stand_in: The schema of what may stand for a value.
        """
        self._form = form
        self._stand_in = {"$ref": f"#/$defs/{form}"}
        self._tables = {"$ref": f"#/$defs/{form}.tables"}
        self._names: dict[tuple[str, str], str] = {}
        self.defs: dict[str, Any] = {
            form: stand_in,
            f"{form}.tables": {
                "anyOf": [
                    self._stand_in,
                    {"type": "array", "items": self._tables},
                    {"type": "object", "additionalProperties": self._tables},
                ]
            },
        }

    def of(self, parameter: Parameter) -> dict[str, Any]:
        """The schema of a parameter's values, without its description.

        Args:
            parameter: The parameter; one that takes tables has references only.
        """
        if needs_frame(parameter.annotation):
            nothing = [] if parameter.required else [{"type": "null"}]
            tables = self._stand_in if is_frame(parameter.annotation) else self._tables
            return {"anyOf": [tables, *nothing]}
        schema = parameter_schema(parameter)
        found = self._replaceable(self._rewritten(schema, self._defined(schema.get("$defs", {}))))
        return {key: part for key, part in found.items() if key not in _ANNOTATIONS}

    def has_parts(self, schema: dict[str, Any]) -> bool:
        """Whether something may stand for parts of a value, not only for the whole.

        Args:
            schema: What ``of`` gave for a parameter.
        """
        return _references(schema) not in ([], [self._stand_in["$ref"]])

    def _defined(self, defs: dict[str, Any]) -> dict[str, str]:
        """Put definitions among the shared ones; the names that they have there."""
        names, new = {}, []
        for name in defs:
            # One name may mean different models in two packages, or the same one in two tasks.
            key = (name, json.dumps({other: defs[other] for other in _reached(name, defs)}, sort_keys=True))
            if key not in self._names:
                count = sum(known == name for known, _ in self._names)
                self._names[key] = f"{self._form}.model.{name}{f'-{count + 1}' if count else ''}"
                new.append(name)
            names[name] = self._names[key]
        for name in new:
            self.defs[names[name]] = self._rewritten(defs[name], names)
        return names

    def _rewritten(self, schema: Any, names: dict[str, str]) -> Any:
        """A schema whose parts may be replaced; the value as a whole may not."""
        if not isinstance(schema, dict):
            return schema
        if schema.get("format") == "dataframe":
            return _NEVER
        found: dict[str, Any] = {}
        for key, part in schema.items():
            if key in _LEFT_OUT:
                continue
            if key == "$ref":
                found[key] = f"#/$defs/{names[part.rpartition('/')[2]]}"
            elif key in ("properties", "patternProperties"):
                found[key] = {name: self._part(value, names) for name, value in part.items()}
            elif key == "prefixItems":
                found[key] = [self._part(value, names) for value in part]
            elif key in ("items", "additionalProperties"):
                found[key] = self._part(part, names)
            elif key in ("anyOf", "oneOf"):
                # A reference in a part may fit several branches, hence no oneOf.
                branches = [self._rewritten(branch, names) for branch in part]
                found["anyOf"] = [branch for branch in branches if "not" not in branch] or [_NEVER]
            elif key == "allOf":
                found[key] = [self._rewritten(branch, names) for branch in part]
            else:
                found[key] = part
        return found

    def _part(self, schema: Any, names: dict[str, str]) -> Any:
        return self._replaceable(self._rewritten(schema, names))

    def _replaceable(self, schema: Any) -> Any:
        """A schema that also allows what may stand for a value."""
        if not isinstance(schema, dict):
            return schema
        described = {key: part for key, part in schema.items() if key in _ANNOTATIONS}
        rest = {key: part for key, part in schema.items() if key not in _ANNOTATIONS}
        if not rest or rest == {"type": "string"}:
            return schema
        branches = rest["anyOf"] if list(rest) == ["anyOf"] else [rest]
        return {**described, "anyOf": [*branches, self._stand_in]}


def _reached(name: str, defs: dict[str, Any]) -> list[str]:
    """The definitions that one comes to, itself included, by name."""
    found, ahead = set(), [name]
    while ahead:
        one = ahead.pop()
        if one in defs and one not in found:
            found.add(one)
            ahead += [path.rpartition("/")[2] for path in _references(defs[one])]
    return sorted(found)


def _references(schema: Any) -> list[str]:
    return re.findall(r'"\$ref": "([^"]+)"', json.dumps(schema))
