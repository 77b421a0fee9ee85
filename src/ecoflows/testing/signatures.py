"""What is wrong with a task's parameters and return value."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from dataclasses import replace
from types import FunctionType
from typing import Annotated, Any, Literal, get_args, get_origin

from pandera.api.pandas.model import DataFrameModel
from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind

from ecoflows.annotations import DataFrame, frame_schema
from ecoflows.decorators import Parameter, Task
from ecoflows.errors import Problem, TaskDefinitionError
from ecoflows.testing.findings import finding

_ANNOTATE = "write '{}: Annotated[..., Field(description=\"...\")]'"
_SCHEMA = "write DataFrame[Model] with a pandera model, or {} where any table will do"


class _Generator(GenerateJsonSchema):
    """Tells nothing of defaults that JSON cannot say: they are the models' own affair."""

    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        """Stay silent."""


def signature_findings(task: Task[..., Any]) -> Iterator[Problem]:
    """What is wrong with the parameters and the return value of a task.

    Args:
        task: The task.
    """
    models: dict[type[DataFrameModel], str] = {}
    for name in inspect.signature(task.function).parameters:
        subject = f"parameter '{name}' of task '{task.name}'"
        try:
            parameter = _alone(task, name).parameters[name]
        except TaskDefinitionError as error:
            hint = _ANNOTATE.format(name) if str(error).endswith("has no annotation") else None
            yield finding(task, "task-parameter", str(error), hint)
            continue
        if not (parameter.description or "").strip():
            yield finding(task, "task-description", f"{subject} has no description", _ANNOTATE.format(name))
        try:
            _ = parameter.adapter
        except TaskDefinitionError as error:
            yield finding(task, "task-parameter", f"{subject}: {error}")
            continue
        yield from _of_tables(task, subject, parameter.annotation, models)
        yield from _of_default(task, subject, parameter)
        yield from _of_json_schema(task, subject, parameter)
    yield from _of_return(task, models)
    for model, subject in models.items():
        yield from _of_columns(task, subject, model)


def _of_return(task: Task[..., Any], models: dict[type[DataFrameModel], str]) -> Iterator[Problem]:
    subject = f"the return value of task '{task.name}'"
    try:
        alone = _alone(task, "return")
        returns = alone.returns
    except TaskDefinitionError as error:
        lacks = str(error).endswith("has no return annotation")
        hint = "write '-> ...' with what it returns, None included" if lacks else None
        yield finding(task, "task-return", str(error), hint)
        return
    try:
        _ = alone.return_adapter
    except TaskDefinitionError as error:
        yield finding(task, "task-return", f"{subject}: {error}")
        return
    yield from _of_tables(task, subject, returns, models)


def _alone(task: Task[..., Any], name: str) -> Task[..., Any]:
    """The task with one of its parameters only, so that one that is wrong hides no other."""
    declared = inspect.signature(task.function).parameters
    function = inspect.unwrap(task.function)
    stub = FunctionType(function.__code__, function.__globals__, task.name, None, function.__closure__)
    stub.__dict__["__signature__"] = inspect.Signature([declared[name]] if name in declared else [])
    annotations = inspect.get_annotations(task.function)
    stub.__annotations__ = {name: annotations[name]} if name in annotations else {}
    stub.__module__ = task.module
    return replace(task, function=stub)


def _of_tables(
    task: Task[..., Any], subject: str, annotation: Any, models: dict[type[DataFrameModel], str]
) -> Iterator[Problem]:
    """What is wrong with the tables in an annotation; the models of the others are noted."""
    for found in _tables(annotation):
        origin = get_origin(found) or found
        if origin is DataFrame and get_args(found):
            model = frame_schema(found)
            if model is not None:
                models.setdefault(model, subject)
            continue
        name = origin.__qualname__
        shown = name if origin is DataFrame else f"{origin.__module__.partition('.')[0]}.{name}"
        message = f"{subject} is a table without a schema: {shown} does not say which columns there are"
        hint = _SCHEMA.format("AnyGeoDataFrame" if name == "GeoDataFrame" else "AnyDataFrame")
        yield finding(task, "task-schema", message, f"{hint}; both are in ecoflows.annotations")


def _tables(annotation: Any) -> Iterator[Any]:
    """The annotations of tables in an annotation, however deep, in their order."""
    import pandas as pd

    origin = get_origin(annotation) or annotation
    if origin is DataFrame or (isinstance(origin, type) and issubclass(origin, pd.DataFrame)):
        yield annotation
    elif origin is Annotated:
        yield from _tables(get_args(annotation)[0])
    elif origin is not Literal:
        for part in get_args(annotation):
            yield from _tables(part)


def _of_columns(task: Task[..., Any], subject: str, model: type[DataFrameModel]) -> Iterator[Problem]:
    try:
        columns = model.to_schema().columns
    except Exception as error:  # noqa: BLE001  # a model of the author's own may raise anything
        yield finding(task, "task-schema", f"{subject}: {model.__name__} cannot be read: {error}")
        return
    for name, column in columns.items():
        if not (column.description or "").strip():
            message = f"{subject}: the column '{name}' of {model.__name__} has no description"
            hint = f"write '{name}: Series[...] = pa.Field(description=\"...\")'"
            yield finding(task, "task-description", message, hint)


def _of_default(task: Task[..., Any], subject: str, parameter: Parameter) -> Iterator[Problem]:
    if parameter.required:
        return
    try:
        parameter.adapter.validate_python(parameter.default)
    except Exception as error:  # noqa: BLE001  # a validator of the author's own may raise anything
        message = f"{subject} has the default {parameter.default!r:.60}, which is not valid: {text_of(error)}"
        yield finding(task, "task-default", message, "change the default, or what the annotation allows")


def _of_json_schema(task: Task[..., Any], subject: str, parameter: Parameter) -> Iterator[Problem]:
    if any(True for _ in _tables(parameter.annotation)):
        return
    try:
        json.dumps(parameter.adapter.json_schema(schema_generator=_Generator))
    except Exception as error:  # noqa: BLE001  # what the author's own types say of themselves
        message = f"{subject} has no JSON Schema: {text_of(error)}"
        hint = "take types that JSON knows or a pydantic model, or add WithJsonSchema({...}) to Annotated"
        yield finding(task, "task-json-schema", message, hint)


def text_of(error: Exception) -> str:
    """What an error of a validation says, in one line."""
    if not isinstance(error, ValidationError):
        text = str(error).partition("\n\nFor further information visit")[0]  # pydantic's own address
        return " ".join(text.split()) or type(error).__name__
    findings = error.errors(include_url=False, include_input=False, include_context=False)
    places = (".".join(map(str, found["loc"])) for found in findings)
    texts = [
        f"{place}{': ' if place else ''}{found['msg']}" for place, found in zip(places, findings, strict=True)
    ]
    return "; ".join(texts[:5]) + (f"; and {len(texts) - 5} more" if len(texts) > 5 else "")
