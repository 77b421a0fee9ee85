"""The shapes of a spec's parts, as pydantic models; meaning comes later."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ecoflows.resources import FLAT_KEYS, ContainerResources, ResourceAmounts
from ecoflows.spec.airflow import Airflow
from ecoflows.spec.options import CacheTtl, MapShape, Options, SkipIf
from ecoflows.validation import shown


def _one_line(value: str) -> str:
    if re.search(r"[\x00-\x1f\x7f]", value):
        raise ValueError(f"a name stands in one line, without control characters, not {shown(value)}")
    return value


Id = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_one_line)]


class Top(BaseModel):
    """What may stand at the top of a spec in either spelling.

    ``requirements`` and ``rjsf-overrides`` belong to other tools that read the same file.
    """

    model_config = ConfigDict(extra="forbid")

    name: Id
    id: Id | None = None
    cache_root: Annotated[str, Field(min_length=1)] | None = None
    requirements: Any = None
    rjsf_overrides: Annotated[Any, Field(alias="rjsf-overrides")] = None
    task_instance_defaults: Annotated[Options | None, Field(alias="task-instance-defaults")] = None
    airflow: Airflow | None = None


class MappingTop(Top):
    """The top of a spec in the mapping form."""

    tasks: dict[Id, Any]


class InstanceTop(Top):
    """The top of a spec in the instance form."""

    workflow: list[Any]


class MappingEntry(Options):
    """An instance in the mapping form; arguments stand beside the options."""

    model_config = ConfigDict(extra="allow")


class InstanceEntry(Options):
    """An instance in the instance form."""

    id: Id
    task: Annotated[str, Field(min_length=1)]
    name: str | None = None
    partial: dict[str, Any] | None = None
    map: MapShape | None = None
    mapvalues: MapShape | None = None


class GroupEntry(BaseModel):
    """A task group in the instance form."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["task-group"]
    title: Id
    description: str | None = None
    tasks: Annotated[list[Any], Field(min_length=1)]


KEPT = ("requirements", "rjsf-overrides")
"""The keys at the top that are kept for other tools."""

_INSIDE: dict[str, type[BaseModel]] = {
    "cache": CacheTtl,
    "skipif": SkipIf,
    "map": MapShape,
    "mapvalues": MapShape,
    "task-instance-defaults": Options,
    "airflow": Airflow,
    "container_resources": ContainerResources,
    "requests": ResourceAmounts,
    "limits": ResourceAmounts,
}


def known_keys(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """The keys that a mapping at a path may have, for the nearest name.

    Args:
        model: The shape of the whole.
        path: The mapping's path in the file.
    """
    inside = _INSIDE.get(str(path[-1])) if path else None
    fields = [field.alias or name for name, field in (inside or model).model_fields.items()]
    # Either spelling may be meant where a top-level key is not known.
    both = ["tasks", "workflow"] if inside is None and issubclass(model, Top) else []
    flat = FLAT_KEYS if inside is ContainerResources else ()
    return [*fields, *both, *flat]
