"""Read a YAML file, refusing what is unsound or hostile with its place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ecoflows.errors import Problem, ProblemError, in_order, nearest
from ecoflows.source.building import Builder, mark_of
from ecoflows.source.dialect import Loader
from ecoflows.source.model import NOT_YAML, Mark, Source
from ecoflows.source.syntax import syntax_problem

MAX_BYTES = 1024 * 1024
MAX_NODES = 200_000
MAX_DEPTH = 50


def load(path: str | Path) -> Source:
    """Read a YAML file.

    Args:
        path: The file; at most 1 MiB of UTF-8.

    Returns:
        Its data with positions; ``data`` is ``None`` for an empty document.

    Raises:
        ProblemError: If the file cannot be read or is not sound YAML, with its place.
    """
    name = str(path)
    content, size = _content(path)
    if len(content) > MAX_BYTES:
        message = (
            f"the file has {max(size, len(content)) / 1e6:.1f} MB, the limit is {MAX_BYTES / 1e6:.1f} MB"
        )
        hint = "is this a data file? a spec or a params file only names data"
        raise ProblemError([Problem("file-too-large", message, name, hint=hint)])
    try:
        return loads(content.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        # The text as far as it can be read is enough to show the place.
        blank = Source(name, content.decode("utf-8-sig", errors="replace"))
        before = content[: error.start].decode("utf-8-sig", errors="replace")
        line = before.count("\n") + 1
        mark = Mark(line, len(before) - before.rfind("\n"))
        message = f"the file is not UTF-8 text: there is a byte 0x{content[error.start]:02X} here"
        problem = blank.problem_at(mark, "not-utf8", message, hint="save the file as UTF-8")
        raise ProblemError([problem]) from error


def _content(path: str | Path) -> tuple[bytes, int]:
    """The start of a file, one byte more than is allowed, and the size of the whole."""
    name = str(path)

    def refuse(code: str, message: str, hint: str | None = None) -> ProblemError:
        return ProblemError([Problem(code, message, name, hint=hint)])

    try:
        file = Path(path).expanduser()
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1), file.stat().st_size
    except FileNotFoundError as error:
        raise refuse("no-such-file", "there is no such file", _similar_file(file)) from error
    except IsADirectoryError as error:
        raise refuse("not-a-file", "this is a folder, not a file") from error
    except OSError as error:
        raise refuse("unreadable-file", f"the file cannot be read: {error.strerror}") from error
    except (ValueError, RuntimeError) as error:  # a zero byte, or the home of nobody
        raise refuse("unreadable-file", f"this is no name of a file: {error}") from error


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
    if unsound := NOT_YAML.search(text):
        raise ProblemError([_bad_character(blank, unsound.start())])
    try:
        _guard(blank)
        root = yaml.compose(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        raise ProblemError([syntax_problem(blank, error)]) from error
    except yaml.YAMLError as error:
        message = f"this is not YAML: {error}"
        raise ProblemError([blank.problem_at(Mark(1, 1), "yaml-syntax", message)]) from error
    if root is None:
        return blank
    builder = Builder(blank)
    data = builder.build(root, ())
    if builder.problems:
        raise ProblemError(in_order(builder.problems))
    return Source(name, text, data, builder.keys, builder.values)


def _bad_character(blank: Source, index: int) -> Problem:
    lines = f"{blank.text[:index]}.".splitlines()
    message = f"the character U+{ord(blank.text[index]):04X} is not allowed in YAML"
    return blank.problem_at(
        Mark(len(lines), len(lines[-1])), "yaml-syntax", message, hint="take it out: it may not be visible"
    )


@dataclass
class _Open:
    """A list or mapping that is being read: its anchor, the values before it, its height so far."""

    anchor: str | None
    before: int
    height: int = 1


def _guard(blank: Source) -> None:
    """Refuse documents that are too deep, or too large once their aliases are written out.

    It reads the flat stream of events, so that a hostile document is never built.
    """
    total = 0
    around: list[_Open] = []
    known: dict[str | None, tuple[int, int]] = {}  # how many values an anchor stands for, and its height

    def refuse(event: Any, code: str, message: str) -> ProblemError:
        return ProblemError([blank.problem_at(mark_of(event.start_mark), code, message)])

    for event in yaml.parse(blank.text, Loader=Loader):
        height = 0
        if isinstance(event, yaml.CollectionStartEvent):
            around.append(_Open(event.anchor, total))
            total += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            ended = around.pop()
            known[ended.anchor] = total - ended.before, ended.height
            height = ended.height
        elif isinstance(event, yaml.ScalarEvent):
            known[event.anchor] = 1, 0
            total += 1
        elif isinstance(event, yaml.AliasEvent):
            if any(outer.anchor == event.anchor for outer in around):
                raise refuse(event, "recursive-anchor", f"the anchor '{event.anchor}' contains itself")
            size, height = known.get(event.anchor, (1, 0))
            total += size
        if around:
            around[-1].height = max(around[-1].height, height + 1)
        if len(around) + height > MAX_DEPTH:
            raise refuse(event, "too-deep", f"the document is nested deeper than {MAX_DEPTH} levels")
        if total > MAX_NODES:
            message = f"the document grows to more than {MAX_NODES:,} values once its aliases are written out"
            raise refuse(event, "too-many-values", message)
