"""A workflow in which what comes from the environment is not filled in: nothing secret can leave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ecoflows.source import DataPath
from ecoflows.spec import EnvironmentText
from ecoflows.workflow.model import Node, Workflow


def left_open(workflow: Workflow) -> Workflow:
    """The workflow with each ``${{ env.NAME }}`` of its arguments and cache root as it is written.

    Args:
        workflow: The workflow.

    Returns:
        The same one, in which ``EnvironmentText`` stands for the texts that variables were filled into.
    """
    spec = workflow.spec
    places = {instance.id: instance.arguments_path for instance in spec.instances}
    nodes = {name: _left_open(node, places[name], spec.written) for name, node in workflow.nodes.items()}
    root = spec.written.get(("cache_root",), workflow.cache_root)
    return replace(workflow, nodes=nodes, cache_root=root)


def _left_open(node: Node, path: DataPath, written: Mapping[DataPath, str]) -> Node:
    arguments = {name: _as_written(value, (*path, name), written) for name, value in node.arguments.items()}
    over = node.map
    if over is not None:
        over = replace(over, values=_as_written(over.values, (*over.path, "argvalues"), written))
    return replace(node, arguments=arguments, map=over)


def _as_written(value: Any, path: DataPath, written: Mapping[DataPath, str]) -> Any:
    if isinstance(value, dict):
        return {key: _as_written(item, (*path, key), written) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_written(item, (*path, index), written) for index, item in enumerate(value)]
    if isinstance(value, str) and path in written:
        return EnvironmentText(written[path])
    return value
