"""Which texts of a spec in the mapping form stand for a task instance, and writing them as references."""

from __future__ import annotations

import json

from ecoflows.errors import Problem
from ecoflows.source import Source, flow_text
from ecoflows.spec.conversion.written import Node, Written
from ecoflows.spec.expressions import has_expression, reference_in, reference_to
from ecoflows.spec.options import Options


class Words:
    """Writes the words of one document as references, collecting what cannot be.

    Attributes:
        problems: What cannot be.
    """

    def __init__(self, source: Source, written: Written, ids: set[str]) -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._written = written
        self._ids = ids
        self._uses: dict[Node, set[bool]] = {}  # whether it stands in an argument; both where it is shared

    def decide(self, tasks: Node) -> None:
        """Put a reference in place of each word below ``tasks:`` that is an instance's id."""
        for key, value in self._written.root.pairs:
            self._use(key, in_argument=False)
            if value is not tasks:
                self._use(value, in_argument=False)
        for key, value in tasks.pairs:
            self._use(key, in_argument=False)
            self._use_entry(value)
        for node, uses in self._uses.items():
            text = self._written.target(node)
            if not text.is_text or text.value not in self._ids or has_expression(text.value):
                continue
            if len(uses) > 1:
                message = f"'{text.value}' is a task instance here, and a text where it is repeated"
                self._refuse(node, message, "write it out instead of using an alias")
            elif node.kind == "alias" and uses != self._uses[text]:
                self._replace(node, node.start, text.value, is_reference=True in uses)
            elif node.kind == "scalar" and True in uses:
                self._refer(node, text.value)

    def _use_entry(self, value: Node) -> None:
        """Note how all is used that stands in an entry, or is merged into it."""
        value = self._written.target(value)
        if value.kind == "sequence":
            for item in value.items:
                self._use_entry(item)
        elif value.kind == "scalar":
            self._use(value, in_argument=False)
        for key, item in value.pairs:
            self._use(key, in_argument=False)
            if key.is_merge:
                self._use_entry(item)
            else:
                self._use(item, in_argument=self._written.name(key) not in Options.model_fields)

    def _use(self, node: Node, *, in_argument: bool) -> None:
        target = self._written.target(node)
        if target.kind == "scalar":
            self._uses.setdefault(node, set()).add(in_argument)
        elif target.kind == "sequence":
            for item in target.items:
                self._use(item, in_argument=in_argument)
        for key, value in target.pairs:
            self._use(key, in_argument=False)
            self._use(value, in_argument=in_argument)

    def _refer(self, node: Node, name: str) -> None:
        if node.style not in ("|", ">"):
            self._replace(node, self._written.bare(node), name, is_reference=True)
            return
        # The header of a block stays, with the comment that may stand in it.
        start = self._written.line_end(self._written.bare(node))
        text = self._written.text[start : node.end]
        if text.count(name) != 1:
            message = f"the reference to '{name}' stands in several lines"
            self._refuse(node, message, "write it in one line")
        else:
            at = start + text.index(name)
            self._written.change(at, at + len(name), reference_to(name))

    def _replace(self, node: Node, start: int, name: str, *, is_reference: bool) -> None:
        if not is_reference:
            text = flow_text([name])[1:-1]
        else:
            text = reference_to(name)
            found = reference_in(text, ())
            if found is None or found.instance != name:
                message = f"'{name}' cannot stand in a reference"
                self._refuse(node, message, "an id in a reference has no '}}' in it")
            text = _reference(text, node)
        self._written.change(start, node.end, text)

    def _refuse(self, node: Node, message: str, hint: str) -> None:
        self.problems.append(self._source.problem_at(node.mark, "cannot-convert", message, hint=hint))


def _reference(text: str, node: Node) -> str:
    """A reference as YAML, in the quotes of what it replaces."""
    if (node.style == '"' or (node.in_flow and not node.style)) and text.isprintable():
        return json.dumps(text, ensure_ascii=False)
    return flow_text([text])[1:-1] if node.style or node.in_flow else flow_text(text)
