"""Where a script says what: the places that problems point at."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecoflows.source import DataPath, Mark, Origin, Source


def calling_place() -> Source:
    """The line of the script that called, as what problems are told of."""
    frame = sys._getframe(1)  # as the standard library's warnings do
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("ecoflows.scripting"):
        frame = frame.f_back
    return Source(f"{frame.f_code.co_filename}:{frame.f_lineno}")


def mappings_of(mappings: Mapping[str, object]) -> Source:
    """The variables of a notebook as a document in which each mapping of parameters has its name.

    Args:
        mappings: The mappings by step.
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("ecoflows.scripting"):
        frame = frame.f_back
    names = {id(value): name for name, value in frame.f_globals.items() if not name.startswith("_")}
    marks: dict[DataPath, Mark] = {
        (step,): Mark(1, 1, Origin(Source(names[id(value)])))
        for step, value in mappings.items()
        if id(value) in names
    }
    return Source("parameters", values=marks, keys=marks)


def place_of(file: str, names: Mapping[str, Any], parameters: object) -> Source:
    """A script as a document in which its parameters have places.

    Args:
        file: The script.
        names: What it defines, by name.
        parameters: The mapping with its parameters, one of these.
    """
    name = next((name for name, value in names.items() if value is parameters), None)
    try:
        text = Path(file).read_text(encoding="utf-8")
        tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError):
        return Source(file)
    keys: dict[DataPath, Mark] = {}
    values: dict[DataPath, Mark] = {(): Mark(1, 1)}
    lines = text.split("\n")

    def mark(node: ast.AST) -> Mark:
        line, offset = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        return Mark(line, len(lines[line - 1].encode()[:offset].decode(errors="replace")) + 1)

    for key, section in _entries(tree, name):
        step = str(key.value)
        keys[(step,)], values[(step,)] = mark(key), mark(section)
        for keyword in section.keywords if isinstance(section, ast.Call) else ():
            if keyword.arg is not None:
                keys[step, keyword.arg] = mark(keyword)
                values[step, keyword.arg] = mark(keyword.value)
    return Source(file, text, None, keys, values)


def _entries(tree: ast.Module, name: str | None) -> list[tuple[ast.Constant, ast.expr]]:
    """The entries of the mapping that is assigned to a name."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            value = node.value if isinstance(node, ast.Assign) else None
            if isinstance(value, ast.Dict):
                pairs = zip(value.keys, value.values, strict=True)
                return [(key, section) for key, section in pairs if isinstance(key, ast.Constant)]
    return []
