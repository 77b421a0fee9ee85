"""Rewrite a spec's mapping form as the instance form, keeping comments and how values are written.

The pieces of the text are moved as they are: no writer of YAML keeps comments between brackets, columns
that are aligned, and the spelling of ``~`` or ``TRUE``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ecoflows.errors import EcoflowsError, ProblemError, errors_only, in_order
from ecoflows.source import Mark, Source, loads
from ecoflows.source.reading import MAX_BYTES
from ecoflows.spec.conversion.entries import EntryWriter
from ecoflows.spec.conversion.words import Words
from ecoflows.spec.conversion.written import Node, Written
from ecoflows.spec.expressions import Reference, Word
from ecoflows.spec.model import Spec
from ecoflows.spec.reading import from_source

_BREAK = re.compile(r"\r\n|\n|\r")
_COMMENT_LINES = re.compile(r"(?:(?:\r\n|\n|\r)[ \t]*+(?:#[^\r\n]*+)?(?=[\r\n]|\Z))*")


def converted(source: Source) -> str:
    """Rewrite a spec in the mapping form as the same spec in the instance form.

    Args:
        source: What was read.

    Returns:
        The text of the new spec, with all comments, and with values as they were written.

    Raises:
        ProblemError: If the spec has problems, is in the instance form already, or has something
            that cannot be rewritten without a change of its meaning.
        EcoflowsError: If the new spec would not mean the same, or would be too large.
    """
    spec = from_source(source)
    if errors_only(spec.problems):
        raise ProblemError(spec.problems)
    if "workflow" in source.data:
        message, hint = "the spec is in the instance form already", "there is nothing to convert"
        problem = source.problem(("workflow",), "already-converted", message, hint=hint, side="key")
        raise ProblemError([problem])
    text = _Conversion(spec).converted()
    try:
        same = _meaning(from_source(loads(text, source.name))) == _meaning(spec)
    except ProblemError:
        same = False
    if not same:
        raise EcoflowsError(
            f"{source.name} cannot be converted: the new spec would not mean the same; "
            "write what is unusual in its YAML in a simpler way, or the instance form by hand"
        )
    if len(text.encode()) > MAX_BYTES:
        raise EcoflowsError(
            f"{source.name} cannot be converted: the new spec would be larger than specs may be"
        )
    return text


def _meaning(spec: Spec) -> str:
    """What a spec says, wherever it says it; a text, in which 1 is neither 1.0 nor true."""
    ids = {instance.id for instance in spec.instances}

    def settled(value: Any) -> Any:
        match value:
            case Word():
                return Reference(value.text, ()) if value.text in ids else value.text
            case Reference():
                return replace(value, path=())
            case dict():
                return {key: settled(item) for key, item in value.items()}
            case list():
                return [settled(item) for item in value]
        return value

    instances = [
        (each.id, each.task, each.title, settled(dict(each.arguments)), each.options, each.map, each.group)
        for each in spec.instances
    ]
    others = {key: value for key, value in spec.source.data.items() if key not in ("tasks", "workflow")}
    return repr((spec.name, spec.cache_root, instances, others, errors_only(spec.problems)))


class _Conversion:
    """Rewrites one spec."""

    def __init__(self, spec: Spec) -> None:
        self._source = spec.source
        self._ids = {instance.id for instance in spec.instances}
        found = _BREAK.search(self._source.text)
        self._newline = found[0] if found else "\n"
        self._written = Written(self._source, self._whole_text())

    def _whole_text(self) -> str:
        """The text, with an end of its last line."""
        text = self._source.text.removeprefix("\ufeff")
        if text.endswith(("\n", "\r")):
            return text
        whole = text + self._newline
        if repr(loads(whole).data) != repr(self._source.data):
            mark = Mark(len(self._source.lines), 1)
            message = "this line has no end, and with one it would be another text"
            problem = self._source.problem_at(mark, "cannot-convert", message, hint="write '|-' or '>-'")
            raise ProblemError([problem])
        return whole

    def converted(self) -> str:
        """The text of the instance form."""
        written = self._written
        found = [pair for pair in written.root.pairs if written.name(pair[0]) == "tasks"]
        if not found or found[0][1].kind != "mapping" or found[0][1].event.tag:
            message = "only tasks that are written out below this key can be converted"
            hint = "write 'tasks:' at the top of the spec, with no tag, alias or merge"
            problem = self._source.problem(("tasks",), "cannot-convert", message, hint=hint, side="key")
            raise ProblemError([problem])
        ((key, tasks),) = found
        words = Words(self._source, written, self._ids)
        words.decide(tasks)
        writer = EntryWriter(self._source, written, self._newline, key.style)
        start = written.bare(tasks) if tasks.is_flow else tasks.items[0].start
        body, end = self._in_brackets(tasks, writer) if tasks.is_flow else self._in_lines(tasks, writer)
        if problems := [*words.problems, *writer.problems]:
            raise ProblemError(in_order(problems))
        head = written.raw(0, written.bare(key)) + writer.key("workflow")
        return head + written.raw(key.end, start) + body + written.raw(end, len(written.text))

    def _in_lines(self, tasks: Node, writer: EntryWriter) -> tuple[str, int]:
        """The entries as a list with a dash for each, and where they end in the text."""
        written = self._written
        start = tasks.items[0].start
        column = written.column(start)
        pieces = []
        for key, value in tasks.pairs:
            pieces.append(written.raw(start, key.start))
            start = written.line_end(written.span(key, value)[1])
            pieces.append(writer.entry(key, value, start, column))
        lines = _COMMENT_LINES.match(written.text, start)
        end = lines.end() if lines else start
        pieces.append(written.raw(start, end))
        # A comment that is deeper than what is above it could become a part of a text.
        too_deep = re.compile(rf"(?<=[\r\n])[ \t]{{{column + 3},}}(?=#)")
        pieces[::2] = [too_deep.sub(" " * (column + 2), piece) for piece in pieces[::2]]
        return "".join(pieces), end

    def _in_brackets(self, tasks: Node, writer: EntryWriter) -> tuple[str, int]:
        """The entries as a list in brackets, and where it ends in the text."""
        written = self._written
        start = written.bare(tasks) + 1
        pieces = ["["]
        for key, value in tasks.pairs:
            pieces.append(written.raw(start, key.start))
            start = written.span(key, value)[1]
            pieces.append(writer.entry(key, value, start, None))
        return "".join([*pieces, written.raw(start, tasks.end - 1), "]"]), tasks.end
