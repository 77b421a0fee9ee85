"""A node's parts as the JSON of an invocation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecoflows.conditions import BUILT_IN, DEFAULT, Condition
from ecoflows.spec import CacheTtl, EnvironmentText, MapOver, Reference
from ecoflows.store.canonical import encode
from ecoflows.store.outlines import as_part
from ecoflows.workflow.elements import Unit
from ecoflows.workflow.model import Node


def described_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as an invocation has them.

    Args:
        arguments: Plain values with ``Reference`` and ``EnvironmentText`` leaves, by name.

    Returns:
        JSON, in which ``{"$artifact": ID}`` stands for what an instance returned, and
        ``{"$environment": TEXT}`` for a text with ``${{ env.NAME }}`` in it.

    Raises:
        SerializationError: If a value cannot be written down.
    """
    return {name: _encoded(value) for name, value in arguments.items()}


def described_map(over: MapOver) -> dict[str, Any]:
    """What a node is mapped over as an invocation has it.

    Args:
        over: The map.
    """
    return {
        "argnames": list(over.argnames),
        "values": _encoded(over.values),
        "keyed": over.keyed,
        "on_error": over.on_error,
    }


def described_options(node: Node) -> dict[str, Any]:
    """How a node is run as an invocation has it; what is usual is left out.

    Retries are not in it: who starts the process starts it again.

    Args:
        node: The node.
    """
    found: dict[str, Any] = {}
    cache = node.options.cache
    if cache is not None:
        found["cache"] = {"ttl": cache.ttl.total_seconds()} if isinstance(cache, CacheTtl) else cache
    if node.options.timeout_seconds is not None:
        found["timeout_seconds"] = node.options.timeout_seconds
    if node.conditions != DEFAULT:
        found["skipif"] = [condition_reference(one) for one in node.conditions]
    if node.mocked:
        found["mock"] = True
    return found


def described_unit(unit: Unit, cache_root: str, *, fresh: bool = False) -> dict[str, Any]:
    """One call of an engine, with everything bound, as the JSON of an invocation.

    Whether it is skipped was decided before, from what the instances upstream gave.

    Args:
        unit: The call.
        cache_root: Where results live.
        fresh: Whether no earlier result may be used, whatever the instance's options say.

    Raises:
        SerializationError: If an argument cannot be written down.
    """
    call, node = unit.call, unit.node
    found = {
        "cache_root": cache_root,
        "workflow": call.workflow,
        "instance": node.id,
        "arguments": {name: encode(value, refer=as_part) for name, value in call.arguments.items()},
        **described_options(node),
        "skipif": ["never"],
    }
    if call.element is not None:
        found["element"] = call.element
    if call.tainted:
        found["tainted"] = True
    if fresh:
        found["cache"] = "never"
    return found


def condition_reference(condition: Condition) -> str:
    """What names a skip condition where there is no registry.

    Args:
        condition: The condition.
    """
    own = BUILT_IN.get(condition.name) is condition
    return condition.name if own else f"{condition.module}:{condition.name}"


def _encoded(value: Any) -> Any:
    def refer(part: Any) -> Any:
        if isinstance(part, EnvironmentText):
            return {"$environment": part.written}
        return {"$artifact": part.instance} if isinstance(part, Reference) else None

    return encode(value, refer=refer)
