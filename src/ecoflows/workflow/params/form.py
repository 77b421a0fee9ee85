"""The params file to fill in."""

from __future__ import annotations

import math
import textwrap
import warnings
from typing import Any

from ecoflows.decorators import Parameter
from ecoflows.source import flow_text, loads
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.params.plain import dumped
from ecoflows.workflow.params.schema import open_parameters
from ecoflows.workflow.params.words import type_text

_SHORT = 20


def template(workflow: Workflow) -> str:
    """A params file to fill in: descriptions, types and defaults as comments, required ones marked.

    Args:
        workflow: The workflow, with its parameters open.
    """
    lines = [f"# Parameters of {workflow.name}: fill in what is marked REQUIRED, change what you like."]
    for node in workflow.nodes.values():
        parameters = open_parameters(node)
        if not parameters:
            continue
        lines += ["", *_comment(node.task.description, 0), f"{flow_text(node.id)}:"]
        for parameter in parameters.values():
            lines += _entry(parameter)
    if len(lines) == 1:
        lines = [f"# {workflow.name} leaves nothing open: this file may stay empty.", "{}"]
    return "\n".join(lines) + "\n"


def _entry(parameter: Parameter) -> list[str]:
    lines = _comment(parameter.description or "", 2)
    words, key = type_text(parameter), flow_text(parameter.name)
    if parameter.required:
        return [*lines, *_comment(f"{words}; REQUIRED", 2), f"  {key}:"]
    default = _written(parameter)
    if default is None:
        # Nothing that YAML can say stands for it: the line is there to be taken in, not as it is.
        return [*lines, *_comment(f"{words}; the task has a default of its own", 2), f"  # {key}:"]
    tail = f"default: {default}" if len(default) <= _SHORT else "the default is below"
    return [*lines, *_comment(f"{words}; {tail}", 2), f"  {key}: {default}"]


def _written(parameter: Parameter) -> str | None:
    """The default as YAML that reads as the same value; ``None`` where there is no such text."""
    try:
        plain = dumped(parameter.adapter, parameter.default)
        text = flow_text(plain)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a validator's, about a default that is not of the type
            read = parameter.adapter.validate_python(loads(text).data)
        return text if _same(read, parameter.default) or _same(read, plain) else None
    except Exception:  # noqa: BLE001  # serializers and validators of any class
        return None


def _same(one: Any, other: Any) -> bool:
    both_nan = isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other)
    return both_nan or bool(one == other)


def _comment(text: str, indent: int) -> list[str]:
    start = " " * indent + "# "
    return textwrap.wrap(
        text, width=88, initial_indent=start, subsequent_indent=start, break_on_hyphens=False
    )
