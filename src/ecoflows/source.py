"""YAML files as plain data that remembers where everything stands.

The schema is YAML 1.2's core schema: ``true`` and ``false`` alone are booleans, ``1e3`` is a
number, dates and clock times stay text until a parameter's type reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from ecoflows.errors import Problem, ProblemError, Severity, nearest

MAX_BYTES = 1024 * 1024
MAX_NODES = 200_000
MAX_DEPTH = 50

DataPath = tuple[str | int, ...]
Side = Literal["key", "value"]


@dataclass(frozen=True)
class Mark:
    """A place in a file, both counted from 1."""

    line: int
    col: int


@dataclass(frozen=True)
class Source:
    """A YAML document as plain data with positions.

    Attributes:
        name: The file as the user named it.
        text: The whole text.
        data: Mappings, lists and scalars.
        keys: Where the key of each entry stands, by the entry's path.
        values: Where each value starts, by its path; ``()`` is the document.
    """

    name: str
    text: str = ""
    data: Any = None
    keys: Mapping[DataPath, Mark] = field(default_factory=dict)
    values: Mapping[DataPath, Mark] = field(default_factory=dict)

    def mark(self, path: Sequence[str | int] = (), side: Side = "value") -> Mark:
        """Where a path stands; of a path that does not exist, where its nearest parent does."""
        here = tuple(path)
        while here:
            places = (self.keys, self.values) if side == "key" else (self.values, self.keys)
            for place in places:
                if here in place:
                    return place[here]
            here, side = here[:-1], "key"
        return self.values.get((), Mark(1, 1))

    def problem(
        self,
        path: Sequence[str | int],
        code: str,
        message: str,
        *,
        hint: str | None = None,
        side: Side = "value",
        severity: Severity = "error",
    ) -> Problem:
        """A problem at a path of this document."""
        return self.problem_at(self.mark(path, side), code, message, hint=hint, severity=severity)

    def problem_at(
        self, mark: Mark, code: str, message: str, *, hint: str | None = None, severity: Severity = "error"
    ) -> Problem:
        """A problem at a place of this document."""
        lines = self.text.splitlines()
        excerpt = lines[mark.line - 1] if 0 < mark.line <= len(lines) else None
        return Problem(code, message, self.name, mark.line, mark.col, severity, hint, excerpt)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen at import
    """PyYAML's loader with YAML 1.2's core schema instead of 1.1's."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # PyYAML's own


_TAG = "tag:yaml.org,2002:"
for _kind, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+0123456789."),
    ),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(f"{_TAG}{_kind}", re.compile(rf"^(?:{_pattern})$"), _first)


def load(path: str | Path) -> Source:
    """Read a YAML file.

    Args:
        path: The file; at most 1 MiB of UTF-8.

    Returns:
        Its data with positions; ``data`` is ``None`` for an empty document.

    Raises:
        ProblemError: If the file cannot be read or is not sound YAML, with its place.
    """
    name, file = str(path), Path(path).expanduser()

    def refuse(code: str, message: str, hint: str | None = None, line: int | None = None) -> ProblemError:
        return ProblemError([Problem(code, message, name, line, line and 1, hint=hint)])

    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        size = file.stat().st_size
    except FileNotFoundError as error:
        raise refuse("no-such-file", "there is no such file", _similar_file(file)) from error
    except IsADirectoryError as error:
        raise refuse("not-a-file", "this is a folder, not a file") from error
    except OSError as error:
        raise refuse("unreadable-file", f"cannot be read: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise refuse(
            "file-too-large",
            f"the file has {max(size, len(content)) / 1e6:.1f} MB, the limit is {MAX_BYTES / 1e6:.1f} MB",
            "is this a data file? a spec or a params file only names data",
            1,
        )
    try:
        return loads(content.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refuse("not-utf8", "the file is not UTF-8 text", "save it as UTF-8", line) from error


def _similar_file(file: Path) -> str | None:
    try:
        siblings = [entry.name for entry in file.parent.iterdir() if entry.suffix in (".yaml", ".yml")]
    except OSError:
        return f"the folder {file.parent} does not exist either"
    found = nearest(file.name, siblings)
    return f"did you mean '{file.parent / found}'?" if found else None


def loads(text: str, name: str = "<text>") -> Source:
    """Read YAML from a text.

    Args:
        text: The document.
        name: What problems call it.

    Returns:
        Its data with positions.

    Raises:
        ProblemError: If it is not sound YAML; syntax errors come alone, all duplicate keys and
            unusable values come together.
    """
    blank = Source(name, text)
    try:
        _guard(blank)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise ProblemError([_syntax_problem(blank, error)]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"the character U+{ord(text[error.position]):04X} is not allowed in YAML"
        raise ProblemError([blank.problem_at(Mark(line, 1), "yaml-syntax", message)]) from error
    if root is None:
        return blank
    builder = _Builder(blank)
    data = builder.build(root, ())
    if builder.problems:
        raise ProblemError(builder.problems)
    return Source(name, text, data, builder.keys, builder.values)


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1)


def _syntax_problem(blank: Source, error: yaml.MarkedYAMLError) -> Problem:
    mark = _mark(error.problem_mark or error.context_mark)
    message = error.problem or "this is not valid YAML"
    if error.context and error.context_mark and _mark(error.context_mark) != mark:
        message = f"{error.context} (line {error.context_mark.line + 1}): {message}"
    lines = blank.text.splitlines()
    line = lines[mark.line - 1] if mark.line <= len(lines) else ""
    hint = "indent with spaces, YAML refuses tabs" if "\t" in line[: mark.col] else None
    if error.problem == "expected a single document in the stream":
        hint = "keep one document in a file"
    return blank.problem_at(mark, "yaml-syntax", message, hint=hint)


def _guard(blank: Source) -> None:
    """Refuse documents that are too deep, or too large once their aliases are written out.

    It reads the flat stream of events, so that a hostile document is never built.
    """
    depth = 0
    total = 0
    open_anchors: list[tuple[str | None, int]] = []
    sizes: dict[str, int] = {}
    for event in _events(blank.text):
        mark = _mark(event.start_mark)
        if isinstance(event, yaml.CollectionStartEvent):
            depth, total = depth + 1, total + 1
            open_anchors.append((event.anchor, total - 1))
            if depth > MAX_DEPTH:
                message = f"the document is nested deeper than {MAX_DEPTH} levels"
                raise ProblemError([blank.problem_at(mark, "too-deep", message)])
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            anchor, before = open_anchors.pop()
            if anchor is not None:
                sizes[anchor] = total - before
        elif isinstance(event, yaml.ScalarEvent):
            total += 1
            if event.anchor is not None:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in open_anchors):
                message = f"the anchor '{event.anchor}' contains itself"
                raise ProblemError([blank.problem_at(mark, "recursive-anchor", message)])
            total += sizes.get(event.anchor or "", 1)
        if total > MAX_NODES:
            message = f"the document grows to more than {MAX_NODES:,} values once its aliases are written out"
            raise ProblemError([blank.problem_at(mark, "too-many-values", message)])


def _events(text: str) -> Iterator[Any]:
    yield from yaml.parse(text, Loader=_Loader)


class _Builder:
    """Turns composed YAML nodes into plain data, collecting positions and problems."""

    def __init__(self, blank: Source) -> None:
        self.blank = blank
        self.keys: dict[DataPath, Mark] = {}
        self.values: dict[DataPath, Mark] = {}
        self.problems: list[Problem] = []

    def build(self, node: yaml.Node, path: DataPath) -> Any:
        self.values[path] = _mark(node.start_mark)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: DataPath) -> dict[Any, Any]:
        merged: dict[Any, Any] = {}
        own: dict[Any, Any] = {}
        first: dict[Any, Mark] = {}
        for key_node, value_node in node.value:
            if key_node.tag == f"{_TAG}merge":
                self._merge(value_node, path, merged)
        for key_node, value_node in node.value:
            mark = _mark(key_node.start_mark)
            if key_node.tag == f"{_TAG}merge":
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self._refuse(mark, "bad-key", "a key must be a single word or number")
                continue
            key = self._scalar(key_node)
            if key in first:
                message = f"the key '{key}' stands twice; the first is in line {first[key].line}"
                self._refuse(mark, "duplicate-key", message, "keep one of them")
                continue
            first[key] = mark
            self.keys[*path, key] = mark
            own[key] = self.build(value_node, (*path, key))
        return {**{key: value for key, value in merged.items() if key not in own}, **own}

    def _merge(self, node: yaml.Node, path: DataPath, merged: dict[Any, Any]) -> None:
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for part in parts:
            if not isinstance(part, yaml.MappingNode):
                self._refuse(_mark(part.start_mark), "bad-merge", "'<<' merges mappings only")
                continue
            # Earlier mappings of a merge list win over later ones.
            for key, value in self._mapping(part, path).items():
                merged.setdefault(key, value)

    def _scalar(self, node: yaml.Node) -> Any:
        kind, text = node.tag.removeprefix(_TAG), node.value
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
            self._refuse(_mark(node.start_mark), "bad-value", f"'{text[:40]}' is not a valid {kind}")
            return None
        shown = node.tag.replace(_TAG, "!!")
        hint = "a plain value, a quoted text, a list or a mapping is expected"
        self._refuse(_mark(node.start_mark), "bad-tag", f"the tag '{shown}' is not supported", hint)
        return None

    def _refuse(self, mark: Mark, code: str, message: str, hint: str | None = None) -> None:
        self.problems.append(self.blank.problem_at(mark, code, message, hint=hint))
