"""Cache keys: what must be equal for an earlier result to stand in for a new one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ecoflows.decorators import Parameter, Task
from ecoflows.errors import SerializationError, StoreError
from ecoflows.fingerprint import code_digest
from ecoflows.skipped import SKIPPED
from ecoflows.store import Artifact
from ecoflows.store.canonical import by_digest, canonical_json, encode

_VERSION = 1


@dataclass(frozen=True)
class CacheKey:
    """A cache key with the parts that it was made from.

    Attributes:
        key: 64 hexadecimal digits.
        code: The digest of the task's code.
        arguments: Every argument, defaults too, in canonical form.
        inputs: The digest of each input artifact by the path of its argument.
        return_type: The return annotation, as text.
    """

    key: str
    code: str
    arguments: Mapping[str, Any]
    inputs: Mapping[str, str]
    return_type: str


def cache_key(
    task: Task[..., Any],
    arguments: Mapping[str, Any],
    shared: dict[str, tuple[Any, Any]] | None = None,
    *,
    mock: bool = False,
) -> CacheKey:
    """The key of one call.

    Equal values give equal keys whatever they were written as: literals are validated first, so
    that ``250`` and ``250.0`` are one number to a float parameter, and an input counts by the
    digest of its content, never by who made it.

    Args:
        task: The task.
        arguments: Plain values with ``Artifact`` leaves; what is missing has its default.
        shared: Keeps the canonical form of arguments for further calls with the very same values.
        mock: Whether an argument comes from a packaged example: what comes of it has keys apart.

    Returns:
        The key and its parts.

    Raises:
        pydantic.ValidationError: If a value does not fit its parameter.
        SerializationError: If a value cannot be written down; the message names the argument.
    """
    canonical = {
        name: _remembered(parameter, arguments, shared)
        for name, parameter in task.parameters.items()
        if name in arguments or not parameter.required
    }
    code = code_digest(task.function)
    return_type = type_name(task.returns)
    found = [pair for name, value in arguments.items() for pair in artifacts_in(value, name)]
    inputs = {path: artifact.sha256 for path, artifact in found}
    # Equal bytes are another value where they are read in another way.
    types = {path: artifact.type for path, artifact in found}
    parts = [_VERSION, task.reference, code, canonical, types, return_type, *(["mock"] if mock else [])]
    return CacheKey(hashlib.sha256(canonical_json(parts)).hexdigest(), code, canonical, inputs, return_type)


def example_key(task: Task[..., Any], digest: str) -> CacheKey:
    """The key of a packaged example that stands in for what a task returns.

    Args:
        task: The task.
        digest: The digest of the example's file.
    """
    return_type = type_name(task.returns)
    parts = [_VERSION, "example", task.reference, digest, return_type]
    key = hashlib.sha256(canonical_json(parts)).hexdigest()
    return CacheKey(key, digest, {}, {}, return_type)


def _remembered(
    parameter: Parameter, arguments: Mapping[str, Any], shared: dict[str, tuple[Any, Any]] | None
) -> Any:
    if shared is None:
        return _canonical(parameter, arguments)
    given = arguments.get(parameter.name)
    known = shared.get(parameter.name)
    if known is None or known[0] is not given:
        known = shared[parameter.name] = (given, _canonical(parameter, arguments))
    return known[1]


def _canonical(parameter: Parameter, arguments: Mapping[str, Any]) -> Any:
    name = parameter.name
    if name not in arguments:
        value = parameter.usual
    elif any(artifacts_in(arguments[name], name)) or has_gaps(arguments[name]):
        value = arguments[name]  # it can be validated only once it is read, without its gaps
    else:
        try:
            value = parameter.adapter.validate_python(arguments[name])
        except ValidationError as error:
            error.add_note(f"the argument '{name}'")
            raise
    try:
        return encode(value, refer=by_digest)
    except StoreError as error:
        raise SerializationError(f"the argument '{name}' cannot be part of a key: {error}") from error


def artifacts_in(value: Any, path: str) -> Iterator[tuple[str, Artifact]]:
    """All artifacts in an argument's value, each with its path such as ``layers[2]``."""
    if isinstance(value, Artifact):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from artifacts_in(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from artifacts_in(item, f"{path}[{index}]")


def has_gaps(value: Any) -> bool:
    """Whether something in an argument's value was skipped."""
    if isinstance(value, dict):
        return any(map(has_gaps, value.values()))
    return value is SKIPPED or (isinstance(value, list | tuple) and any(map(has_gaps, value)))


def type_name(annotation: Any) -> str:
    """An annotation as a person would write it, without its metadata."""
    if annotation is Ellipsis:
        return "..."
    if isinstance(annotation, type) and not hasattr(annotation, "__args__"):
        return annotation.__qualname__
    origin = getattr(annotation, "__origin__", None)
    if hasattr(annotation, "__metadata__"):
        return type_name(origin)
    arguments = getattr(annotation, "__args__", ())
    if origin is None or not arguments:
        return str(annotation).removeprefix("typing.")
    names = [type_name(item) if not isinstance(item, str | int) else repr(item) for item in arguments]
    if str(origin) in ("typing.Union", "<class 'types.UnionType'>"):
        return " | ".join("None" if name == "NoneType" else name for name in names)
    head = str(getattr(annotation, "__name__", "") or getattr(origin, "__qualname__", origin))
    return f"{head}[{', '.join(names)}]"
