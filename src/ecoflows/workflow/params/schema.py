"""Parameters as pydantic models and as JSON Schema."""

from __future__ import annotations

import math
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, JsonSchemaWarningKind
from pydantic_core import PydanticSerializationError, core_schema

from ecoflows.annotations import needs_frame
from ecoflows.decorators import Parameter
from ecoflows.workflow.model import Node, Workflow
from ecoflows.workflow.params.plain import in_order

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Generator(GenerateJsonSchema):
    """Describes what JSON can say of a parameter, and leaves out what it cannot."""

    def handle_invalid_for_json_schema(
        self,
        schema: core_schema.CoreSchema,  # noqa: ARG002  # pydantic's interface
        error_info: str,  # noqa: ARG002  # pydantic's interface
    ) -> JsonSchemaValue:
        return {}  # a class of the task's own: any value may be tried

    def encode_default(self, dft: Any) -> Any:
        encoded = in_order(super().encode_default(dft), dft)
        if not _is_json(encoded):
            raise PydanticSerializationError("not a value of JSON")
        return encoded

    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        """A default that JSON cannot say is not in the schema, which nobody needs to be told."""


def _is_json(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(_is_json(item) for item in value.values())
    return not isinstance(value, list) or all(_is_json(item) for item in value)


def open_parameters(node: Node) -> dict[str, Parameter]:
    """The parameters of a task instance that a params file may set, in the task's order."""
    return {
        name: parameter
        for name in node.open
        if not needs_frame((parameter := node.task.parameters[name]).annotation)
    }


def section_model(node: Node) -> type[BaseModel]:
    """A pydantic model of one task instance's open parameters."""
    fields: dict[str, Any] = {}
    for index, (name, parameter) in enumerate(open_parameters(node).items()):
        default = Field(alias=name) if parameter.required else Field(default=parameter.default, alias=name)
        # Arguments may have names that pydantic keeps for itself, hence the alias.
        fields[f"argument_{index}"] = (parameter.annotation, default)
    config = ConfigDict(extra="forbid", title=node.title, arbitrary_types_allowed=True)
    model: type[BaseModel] = create_model(
        f"{node.task.name}_parameters", __config__=config, __doc__=node.task.description, **fields
    )
    return model


def params_model(workflow: Workflow) -> type[BaseModel]:
    """A pydantic model of all that a workflow leaves open, keyed by instance id."""
    fields: dict[str, Any] = {}
    for index, node in enumerate(workflow.nodes.values()):
        parameters = open_parameters(node)
        if not parameters:
            continue
        section = section_model(node)
        required = any(parameter.required for parameter in parameters.values())
        default = Field(alias=node.id) if required else Field(default_factory=section, alias=node.id)
        fields[f"section_{index}"] = (section, default)
    config = ConfigDict(extra="forbid", title=workflow.name)
    model: type[BaseModel] = create_model("params", __config__=config, **fields)
    return model


def json_schema(workflow: Workflow) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a workflow's params files."""
    return {"$schema": DIALECT, **params_model(workflow).model_json_schema(schema_generator=_Generator)}


def parameter_schema(parameter: Parameter) -> dict[str, Any]:
    """The JSON Schema of one parameter."""
    return parameter.adapter.json_schema(schema_generator=_Generator)
