"""From YAML's nodes to plain data with positions."""

from __future__ import annotations

from typing import Any

import yaml

from ecoflows.errors import Problem
from ecoflows.source.dialect import TAG
from ecoflows.source.model import DataPath, Mark, Source


class Builder:
    """Turns composed YAML nodes into plain data, collecting positions and problems."""

    def __init__(self, blank: Source) -> None:
        self.blank = blank
        self.keys: dict[DataPath, Mark] = {}
        self.values: dict[DataPath, Mark] = {}
        self.problems: list[Problem] = []

    def build(self, node: yaml.Node, path: DataPath) -> Any:
        """The data of a node that stands at a path."""
        self.values[path] = mark_of(node.start_mark)
        if isinstance(node, yaml.SequenceNode):
            self._check_tag(node, "seq")
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            self._check_tag(node, "map")
            return self._mapping(node, path)
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: DataPath) -> dict[Any, Any]:
        merged: dict[Any, Any] = {}
        own: dict[Any, Any] = {}
        first: dict[Any, tuple[Mark, str]] = {}
        for key_node, value_node in node.value:
            if key_node.tag == f"{TAG}merge":
                self._merge(value_node, path, merged)
        for key_node, value_node in node.value:
            mark = mark_of(key_node.start_mark)
            if key_node.tag == f"{TAG}merge":
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                hint = "a text with braces or brackets goes in quotes"
                self._refuse(mark, "bad-key", "a key must be a single word or number", hint)
                continue
            key = self._scalar(key_node)
            if key in first:
                above, text = first[key]
                message = f"the key '{text}' stands twice; the first is in line {above.line}"
                if text != key_node.value:
                    message = f"the key '{key_node.value}' is the same as '{text}' in line {above.line}"
                self._refuse(mark, "duplicate-key", message, "keep one of them")
                continue
            first[key] = mark, key_node.value
            self.keys[*path, key] = mark
            own[key] = self.build(value_node, (*path, key))
        return {**{key: value for key, value in merged.items() if key not in own}, **own}

    def _merge(self, node: yaml.Node, path: DataPath, merged: dict[Any, Any]) -> None:
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        # Earlier mappings of a merge list win over later ones.
        for part in reversed(parts):
            if isinstance(part, yaml.MappingNode):
                merged |= self._mapping(part, path)
            else:
                self._refuse(mark_of(part.start_mark), "bad-merge", "'<<' merges mappings only")

    def _scalar(self, node: yaml.Node) -> Any:
        kind, text = node.tag.removeprefix(TAG), node.value
        try:
            match kind:
                case "str":
                    return text
                case "null":
                    return None
                case "bool":
                    return text.lower() == "true"
                case "int":
                    return int(text, 8 if text.startswith("0o") else 16 if text.startswith("0x") else 10)
                case "float":
                    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        except ValueError:
            number = {"int": "whole number", "float": "number"}[kind]
            message = f"'{text[:40]}{'...' if len(text) > 40 else ''}' is no {number} that can be read"
            self._refuse(mark_of(node.start_mark), "bad-value", message)
            return None
        self._check_tag(node, "str")
        return None

    def _check_tag(self, node: yaml.Node, usual: str) -> None:
        if node.tag == f"{TAG}{usual}":
            return
        shown = node.tag.replace(TAG, "!!")
        hint = "leave it out, or put a text that starts with '!' in quotes"
        self._refuse(mark_of(node.start_mark), "bad-tag", f"the tag '{shown}' is not supported", hint)

    def _refuse(self, mark: Mark, code: str, message: str, hint: str | None = None) -> None:
        self.problems.append(self.blank.problem_at(mark, code, message, hint=hint))


def mark_of(mark: Any) -> Mark:
    """PyYAML's mark, counted from 1."""
    return Mark(mark.line + 1, mark.column + 1)
