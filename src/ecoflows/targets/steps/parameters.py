"""What a program's parameters start with."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from ecoflows.decorators import Parameter
from ecoflows.errors import EcoflowsError
from ecoflows.source import Source
from ecoflows.store.canonical import by_digest, canonical_json, encode
from ecoflows.targets.base import Compilation
from ecoflows.targets.literal import literal
from ecoflows.validation import value_problems
from ecoflows.workflow.model import Node
from ecoflows.workflow.params import open_parameters, type_text

_SHORT = 40


@dataclass(frozen=True)
class Entry:
    """One parameter of a step.

    Attributes:
        name: The argument's name.
        words: What is said of it.
        source: The source of its value, ``REQUIRED`` or ``DEFAULT``.
    """

    name: str
    words: str
    source: str


def entries(compilation: Compilation, node: Node) -> Iterator[Entry]:
    """The parameters that a task instance leaves open.

    Args:
        compilation: What is compiled.
        node: The task instance.
    """
    given = compilation.given.get(node.id, {})
    for name, parameter in open_parameters(node).items():
        usual = default_source(parameter)
        if name in given:
            source = literal(given[name])
        elif parameter.required:
            source = "DEFAULT" if node.mocked else "REQUIRED"  # a mocked task is not called
        else:
            source = usual or "DEFAULT"
        yield Entry(name, _words(parameter, usual, source), source)


def _words(parameter: Parameter, usual: str | None, source: str) -> str:
    """Its description, type and default."""
    known = type_text(parameter)
    if not parameter.required:
        if usual is None:
            known += "; the task has a default of its own"
        elif usual != source and len(usual) <= _SHORT:
            known += f"; default: {usual}"
    described = (parameter.description or "").strip()
    return f"{described} ({known})" if described else known[:1].upper() + known[1:]


def default_source(parameter: Parameter) -> str | None:
    """The source of a default, if there is one that gives the very same cache key when it is given.

    Args:
        parameter: The parameter.
    """
    if parameter.required:
        return None
    value = parameter.default
    try:
        source = literal(value)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if value_problems(parameter, value, Source(""), (), ""):
                return None
            same = _written(parameter.adapter.validate_python(value)) == _written(parameter.usual)
    except EcoflowsError:
        return None
    return source if same else None


def names_dates(source: str) -> bool:
    """Whether the source of a value needs ``import datetime``.

    Args:
        source: The source of an expression.
    """
    return any(
        isinstance(part, ast.Name) and part.id == "datetime"
        for part in ast.walk(ast.parse(source, mode="eval"))
    )


def _written(value: object) -> bytes:
    return canonical_json(encode(value, refer=by_digest))
