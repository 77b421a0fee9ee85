"""A Prefect flow from a workflow; its parameters are what the workflow leaves open."""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import Callable
from typing import Any

from prefect import Flow
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import BaseModel

from ecoflows.flows.execution.placement import worker_count
from ecoflows.flows.execution.settings import ExecutionSettings
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.params import open_parameters, section_model

_FORBIDDEN_IN_NAMES = re.compile(r"[/%&<>]")

_RESERVED = {"self", "cls", "wait_for", "return_state"}


def parameter_names(workflow: Workflow) -> dict[str, str]:
    """A Python name for each instance that leaves something open, for the flow's signature."""
    names: dict[str, str] = {}
    for node in workflow.nodes.values():
        if node.mocked or not open_parameters(node):
            continue
        name = re.sub(r"\W", "_", node.id)
        if not name.isidentifier() or keyword.iskeyword(name) or _is_taken(name):
            name = f"instance_{name}"
        taken = set(names.values())
        unique = name
        while unique in taken:
            unique += "_"
        names[node.id] = unique
    return names


def _is_taken(name: str) -> bool:
    """Whether Prefect, or pydantic on its behalf, keeps a parameter's name for itself."""
    return name.startswith(("_", "model_")) or name in _RESERVED or hasattr(BaseModel, name)


def build_flow(
    workflow: Workflow, execute: Callable[[], Any], settings: ExecutionSettings | None = None
) -> Flow[..., Any]:
    """A Prefect flow whose parameters are what a workflow leaves open.

    Args:
        workflow: The workflow, with parameters open.
        execute: Runs it. It has the arguments already: the flow's parameters are for people to
            see and for Prefect to check, and what Prefect hands on has been validated once, which
            not every validator bears twice.
        settings: Where calls are made, which decides how many are at the same time; by default what
            the environment says.

    Returns:
        The flow; its parameters are one section per task instance.
    """
    names = parameter_names(workflow)

    def body(**_sections: Any) -> Any:
        return execute()

    parameters = []
    for key, name in names.items():
        node = workflow.nodes[key]
        model = section_model(node)
        required = any(parameter.required for parameter in open_parameters(node).values())
        default = inspect.Parameter.empty if required else model()
        parameters.append(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=model)
        )
    body.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # read by inspect
    body.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    settings = settings or ExecutionSettings.from_environment()
    workers = worker_count(workflow.nodes.values(), settings)
    runner: Any = ThreadPoolTaskRunner(max_workers=workers)
    return Flow(
        body,
        name=_FORBIDDEN_IN_NAMES.sub("-", workflow.name),
        description=f"Built by ecoflows from {workflow.source.name}",
        task_runner=runner,
        persist_result=False,
    )
