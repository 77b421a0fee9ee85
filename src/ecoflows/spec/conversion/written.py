"""A YAML document as it is written: where each value stands in its text, and the text with changes."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ecoflows.errors import ProblemError
from ecoflows.source import Mark, Source
from ecoflows.source.building import mark_of
from ecoflows.source.dialect import TAG, Loader

_COLON = re.compile(r"(?:\s|#[^\r\n]*+)*+:")
_SPACE = re.compile(r"(?:\s|(?<=\s)#[^\r\n]*+)*+")
_ODD_BREAK = re.compile("[\x85\u2028\u2029]")
_LEFT_OUT = re.compile(r" *(?=[,}])|")
_PROPERTIES = re.compile(r"(?:[&!]\S*+\s++(?:#[^\r\n]*+\s++)*+)*+")


@dataclass(eq=False)
class Node:
    """A value, or an alias that stands for one.

    Attributes:
        kind: ``scalar``, ``sequence``, ``mapping`` or ``alias``.
        event: What ruamel.yaml tells of it.
        start: Where it starts in the text, with its anchor and tag.
        end: Where it ends, before what follows it in its last line.
        in_flow: Whether it stands between brackets.
        items: What is in it; of a mapping, keys and values in turn.
    """

    kind: str
    event: Any
    start: int
    end: int
    in_flow: bool
    items: list[Node] = field(default_factory=list)

    @property
    def pairs(self) -> list[tuple[Node, Node]]:
        """The keys with their values; nothing is in what is no mapping."""
        return list(zip(self.items[::2], self.items[1::2], strict=True)) if self.kind == "mapping" else []

    @property
    def value(self) -> str:
        """A scalar's text."""
        return str(self.event.value)

    @property
    def style(self) -> str:
        """The quote or the sign of a block that a text is written with; empty if with none."""
        return (self.event.style or "") if self.kind == "scalar" else ""

    @property
    def is_flow(self) -> bool:
        """Whether it is a list or mapping in brackets."""
        return self.kind in ("sequence", "mapping") and bool(self.event.flow_style)

    @property
    def is_merge(self) -> bool:
        """Whether it is the key ``<<``."""
        return self.kind == "scalar" and self.value == "<<" and not self.style

    @property
    def is_text(self) -> bool:
        """Whether it is read as text."""
        if self.kind != "scalar":
            return False
        if self.event.tag or self.style:
            return self.event.tag in (None, "!", f"{TAG}str")
        import yaml

        return bool(Loader("").resolve(yaml.ScalarNode, self.value, (True, False)) == f"{TAG}str")

    @property
    def mark(self) -> Mark:
        """Its place in the file."""
        return mark_of(self.event.start_mark)

    def anchors(self) -> set[str]:
        """The anchors that are set in it."""
        return self._names(of_aliases=False)

    def aliases(self) -> set[str]:
        """The anchors that aliases in it refer to."""
        return self._names(of_aliases=True)

    def _names(self, *, of_aliases: bool) -> set[str]:
        own = {self.event.anchor} if self.event.anchor and (self.kind == "alias") == of_aliases else set()
        return own.union(*(item._names(of_aliases=of_aliases) for item in self.items))


class Written:
    """The text of a document with its tree.

    Attributes:
        text: The whole text.
        root: The tree.
    """

    def __init__(self, source: Source, text: str) -> None:
        """Find out where everything stands.

        Args:
            source: What was read.
            text: Its text.

        Raises:
            ProblemError: If ruamel.yaml and the reader of specs do not agree on it.
        """
        self.text = text
        self._source = source
        self._anchors: dict[str, Node] = {}
        self._changes: list[tuple[int, int, str]] = []
        if odd := _ODD_BREAK.search(text):
            lines = f"{text[: odd.start()]}.".splitlines()
            message = f"the character U+{ord(odd[0]):04X} ends a line for some readers of YAML only"
            hint = "take it out, or write it as an escape in double quotes"
            raise self._refusal(Mark(len(lines), len(lines[-1])), message, hint)
        self.root = self._tree()

    def _refusal(self, mark: Mark, message: str, hint: str) -> ProblemError:
        return ProblemError([self._source.problem_at(mark, "cannot-convert", message, hint=hint)])

    def _tree(self) -> Node:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError

        errors: list[MarkedYAMLError] = []
        # ruamel.yaml refuses tabs between values, but not spaces in their places.
        for text in (self.text, self.text.replace("\t", " ")):
            # Its round-trip parser fails on some comments, which are moved as text here.
            events = iter(YAML(typ="safe", pure=True).parse(text))
            try:
                return next(self._node(event, events, False) for event in events if hasattr(event, "anchor"))
            except MarkedYAMLError as error:
                errors.append(error)
        place = errors[0].problem_mark or errors[0].context_mark
        message = f"not every reader of YAML understands this: {errors[0].problem or errors[0].context}"
        hint = "write it in a more usual way, and unusual texts in quotes"
        raise self._refusal(Mark(place.line + 1, place.column + 1), message, hint) from errors[0]

    def _node(self, event: Any, events: Iterator[Any], in_flow: bool) -> Node:
        kind = type(event).__name__.removesuffix("Event").removesuffix("Start").lower()
        node = Node(kind, event, event.start_mark.index, event.end_mark.index, in_flow)
        if kind != "alias" and event.anchor:
            self._anchors[event.anchor] = node
        elif event.anchor and event.anchor not in self._anchors:
            message = f"not every reader of YAML takes this for the alias '*{event.anchor}'"
            raise self._refusal(node.mark, message, "put a space behind the alias")
        if node.style in ("|", ">"):
            # Its last line ends like any other; blank lines before that may belong to it.
            ending = re.search(r"(?:\r\n|\n|\r)?\Z", self.text[node.start : node.end])
            node.end -= len(ending[0]) if ending else 0
        if kind in ("sequence", "mapping"):
            inner = next(events)
            while not type(inner).__name__.endswith("EndEvent"):
                node.items.append(self._node(inner, events, in_flow or node.is_flow))
                inner = next(events)
            for key, value in node.pairs:
                if value.start == value.end:
                    # Some events of values that are left out have the place of what follows.
                    left_out = _LEFT_OUT.match(self.text, self._behind_colon(key))
                    value.start = value.end = left_out.end() if left_out else value.end
            node.end = inner.end_mark.index if node.is_flow else node.items[-1].end
        return node

    def target(self, node: Node) -> Node:
        """The value that an alias stands for; any other value stands for itself."""
        return self._anchors[node.event.anchor] if node.kind == "alias" else node

    def name(self, key: Node) -> str:
        """A key as text."""
        return self.target(key).value

    def bare(self, node: Node) -> int:
        """Where a value starts behind its anchor and tag."""
        found = _PROPERTIES.match(self.text, node.start, node.end)
        return found.end() if found else node.start

    def span(self, key: Node, value: Node) -> tuple[int, int]:
        """Where a key's value starts and ends; one that is left out is behind the colon."""
        if value.start == value.end:
            return value.start, value.end
        space = _SPACE.match(self.text, self._behind_colon(key))
        return space.end() if space else value.start, value.end

    def _behind_colon(self, key: Node) -> int:
        colon = _COLON.match(self.text, key.end)
        return colon.end() if colon else key.end

    def column(self, index: int) -> int:
        """How many characters of the line are before an index."""
        return index - max(self.text.rfind("\n", 0, index), self.text.rfind("\r", 0, index)) - 1

    def indentation(self, index: int) -> int:
        """How many spaces the line of an index starts with."""
        line = self.text[index - self.column(index) : index]
        return len(line) - len(line.lstrip(" "))

    def line_end(self, index: int) -> int:
        """Where the line of an index ends."""
        found = re.compile(r"[\r\n]|\Z").search(self.text, index)
        return found.start() if found else len(self.text)

    def change(self, start: int, end: int, text: str) -> None:
        """Put another text in place of a part."""
        bisect.insort(self._changes, (start, end, text))

    def raw(self, start: int, end: int) -> str:
        """A part of the text, changed."""
        pieces, at = [], start
        for index in range(bisect.bisect_left(self._changes, (start, 0, "")), len(self._changes)):
            change_start, change_end, text = self._changes[index]
            if change_start >= end:
                break
            pieces += [self.text[at:change_start], text]
            at = change_end
        return "".join([*pieces, self.text[at:end]])
