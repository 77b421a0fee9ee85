"""An entry of the mapping form as one of the instance form, with its comments where they belong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ecoflows.errors import Problem
from ecoflows.source import Source, flow_text
from ecoflows.spec.conversion.written import Node, Written
from ecoflows.spec.options import Options

_OPTIONS = frozenset(Options.model_fields)
_BREAK = re.compile(r"\r\n|\n|\r")
_COMMENT = re.compile(r"[ \t]*#.*")


@dataclass
class _Part:
    """A key with its value, the comments above it and the one behind it."""

    text: str
    lead: list[str] = field(default_factory=list)
    eol: str = ""
    is_argument: bool = False


class EntryWriter:
    """Writes the entries of one document, collecting what cannot be converted.

    Attributes:
        problems: What cannot be.
    """

    def __init__(self, source: Source, written: Written, newline: str, quote: str) -> None:
        """Write entries.

        Args:
            source: What was read.
            written: Its text.
            newline: What ends a line.
            quote: What stands around a key.
        """
        self.problems: list[Problem] = []
        self._source = source
        self._written = written
        self._newline = newline
        self._quote = quote
        self._aliases = written.root.aliases()

    def entry(self, key: Node, value: Node, stop: int, column: int | None) -> str:
        """An entry in the instance form.

        Args:
            key: The name of the task.
            value: Its arguments and options.
            stop: The end of all that belongs to the entry.
            column: Where its dash goes; none where it goes in brackets.
        """
        self._check_entry(key, value)
        written = self._written
        indent = written.indentation(key.start) if column is None else column
        pad = " " * (indent + 2)
        start, end = written.span(key, value)
        parts: list[_Part]
        below: list[str] = []
        if self._stays_whole(value):
            behind_key, lead = self._gap(key.end, start)
            text = written.raw(start, end) if column is None else _shifted(written.raw(start, end), 2)
            parts = [_Part(f"{self.key('partial')}: {text}", lead, self._gap(end, stop)[0])]
        else:
            behind_key, parts, below = self._parts(key, value, stop, indent)
        if parts and not _BREAK.search(written.text, key.start, end):
            behind_key, parts[-1].eol = parts[-1].eol, ""
        name = written.raw(key.start, key.end)
        parts = [
            _Part(f"{self.key('id')}: {_as_value(key, name)}", eol=behind_key),
            _Part(f"{self.key('task')}: {_as_value(key, written.raw(written.bare(key), key.end))}"),
            *self._with_partial(value, parts, indent),
        ]
        if column is None:
            return self._braced(parts, pad, below)
        below = [f"{self._newline}{pad}{comment}" for comment in below if comment]
        return "".join(["- ", self._lines(parts, pad).removeprefix(pad), *below])

    def _parts(self, entry: Node, value: Node, stop: int, indent: int) -> tuple[str, list[_Part], list[str]]:
        """What stands in an entry, with the comments behind its key and below it."""
        parts: list[_Part] = []
        behinds: list[str] = []
        at = entry.end
        now = 0 if value.is_flow or not value.items else self._written.column(value.items[0].start)
        for key, item in value.pairs:
            behind, lead = self._gap(at, key.start)
            behinds.append(behind)
            _start, at = self._written.span(key, item)
            is_argument = self._is_argument(key, item)
            text = self._written.raw(key.start, key.end) + _spaced(self._written.raw(key.end, at))
            if not value.is_flow:
                text = _shifted(text, (max(now, indent + 4) if is_argument else indent + 2) - now)
            elif not is_argument:
                text += ":" if at == key.end else ""
                text = _shifted(text, max(0, indent + 4 - _least_indentation(text)))
            parts.append(_Part(text, lead, is_argument=is_argument))
        behind, below = self._gap(at, stop)
        behind_key, *behinds = [*behinds, behind]
        for part, behind in zip(parts, behinds, strict=True):
            part.eol = behind
        return behind_key, parts, below

    def _with_partial(self, value: Node, parts: list[_Part], indent: int) -> list[_Part]:
        """The parts of an entry with its arguments below ``partial``."""
        arguments = [part for part in parts if part.is_argument]
        options = [part for part in parts if not part.is_argument]
        if not arguments:
            return options
        if parts != [*arguments, *options]:
            for part in parts:  # a blank line could become a part of the text that is now above it
                part.lead = [comment for comment in part.lead if comment]
        if value.is_flow:
            return [_Part(f"{self.key('partial')}: {self._braced(arguments, ' ' * (indent + 4))}"), *options]
        first = value.items[0].start
        before = re.sub(r"#[^\r\n]*", "", self._written.text[value.start : first])
        marks = [] if options else before.split()  # the anchor and the tag
        pad = " " * max(self._written.column(first), indent + 4)
        text = f"{' '.join([self.key('partial') + ':', *marks])}{self._newline}{self._lines(arguments, pad)}"
        return [_Part(text), *options]

    def _check_entry(self, key: Node, value: Node) -> None:
        """Refuse an entry whose anchors, aliases or merges would stand for something else."""
        if key.is_merge:
            self._refuse(key, "tasks that are merged cannot be converted", "write them out")
        for each in (key, *(key for key, _item in value.pairs)):
            line = self._written.text[each.start - self._written.column(each.start) : each.start]
            if line.rstrip().endswith("?"):
                self._refuse(each, "a key after '?' cannot be converted", "write 'key: value'")
        names = set(self._names(value))
        options = sorted(names & _OPTIONS)
        what = f"the option '{options[0]}'" if options else "no argument"
        message = f"this stands for {what}; entries can share only arguments"
        if value.kind == "alias" and options:
            self._refuse(value, message, "write out what the alias stands for")
        elif value.kind != "alias" and value.event.anchor in self._aliases and (options or not names):
            self._refuse(value, message, f"write out what '*{value.event.anchor}' stands for")
        arguments = {name: item for name, item in value.pairs if self._is_argument(name, item)}
        used = {anchor for pair in arguments.items() for node in pair for anchor in node.aliases()}
        for name, item in value.pairs:
            merged = set(self._names(item)) if name.is_merge else set()
            if merged & _OPTIONS and merged - _OPTIONS:
                message = "options and arguments are merged together"
                self._refuse(name, message, "write them out, or merge either with a '<<' of its own")
            elif name not in arguments and used & (name.anchors() | item.anchors()):
                message = "an argument uses the anchor of an option, which comes below the arguments"
                self._refuse(item, message, "write the value out in both places")

    def _stays_whole(self, value: Node) -> bool:
        names = set(self._names(value))
        return bool(names) and (value.kind == "alias" or value.is_flow) and not names & _OPTIONS

    def _is_argument(self, key: Node, value: Node) -> bool:
        names = set(self._names(value)) if key.is_merge else {self._written.name(key)}
        return not names or not names <= _OPTIONS

    def _names(self, value: Node) -> Iterator[str]:
        """The keys of a mapping, the merged ones too."""
        value = self._written.target(value)
        for item in value.items if value.kind == "sequence" else ():
            yield from self._names(item)
        for key, item in value.pairs:
            yield from self._names(item) if key.is_merge else (self._written.name(key),)

    def _gap(self, start: int, end: int) -> tuple[str, list[str]]:
        """What is written between two values: the comment behind the first, the lines above the second."""
        first, *others = _BREAK.split(self._written.text[start:end])
        behind = _COMMENT.search(first)
        lines = []
        for number, line in enumerate(others, 1):
            if comment := _COMMENT.search(line):
                lines.append(comment[0].strip(" \t"))
            elif not line.strip() and number < len(others):
                lines.append("")
        return (behind[0] if behind[0][0] != "#" else f" {behind[0]}") if behind else "", lines

    def _lines(self, parts: list[_Part], pad: str) -> str:
        """Parts in lines of their own."""
        lines: list[str] = []
        for part in parts:
            lines += [pad + comment if comment else "" for comment in part.lead]
            lines.append(f"{pad}{part.text}{part.eol}")
        return self._newline.join(lines)

    def _braced(self, parts: list[_Part], pad: str, below: Sequence[str] = ()) -> str:
        """Parts in braces, in one line if there are no comments."""
        text, fresh = "", f"{self._newline}{pad}"
        for part in parts:
            for comment in filter(None, part.lead):
                text = f"{text.rstrip()}{fresh}{comment}{fresh}"
            text += part.text + (" " if part.text.endswith(":") else "")
            text += "," if part is not parts[-1] else ""
            text += part.eol + fresh if part.eol else " " if part is not parts[-1] else ""
        for comment in filter(None, below):
            text = f"{text.rstrip()}{fresh}{comment}{fresh}"
        return f"{{{text}}}"

    def key(self, name: str) -> str:
        """A key of ours, in quotes where ``tasks`` is: JSON stays JSON."""
        return f"{self._quote}{name}{self._quote}"

    def _refuse(self, node: Node, message: str, hint: str) -> None:
        self.problems.append(self._source.problem_at(node.mark, "cannot-convert", message, hint=hint))


def _shifted(text: str, by: int) -> str:
    """A text with all lines but its first indented by more, or less."""
    return re.sub(
        r"(\r\n|\n|\r)( +|(?=[^\r\n]))", lambda line: line[1] + " " * max(0, len(line[2]) + by), text
    )


def _least_indentation(text: str) -> int:
    """The indentation of the line that is least indented, the first left out."""
    return min(
        (len(line) - len(line.lstrip(" ")) for line in _BREAK.split(text)[1:] if line.strip()), default=0
    )


def _spaced(text: str) -> str:
    """A colon and the value behind it, with the space that a key in quotes may do without."""
    return re.sub(r"\A(\s*:)(?=\S)", r"\1 ", text)


def _as_value(key: Node, text: str) -> str:
    """A key as a value, where no plain text ends with a colon."""
    return text.removesuffix(key.value) + flow_text([key.value])[1:-1] if text.endswith(":") else text
