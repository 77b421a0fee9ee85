"""Documents that are put together from parts of others, each part keeping its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ecoflows.errors import EcoflowsError, Related
from ecoflows.source.model import DataPath, Mark, Origin, Source
from ecoflows.source.reading import MAX_DEPTH

MAX_SPLICED = 300_000

Move = Callable[[Mark], Mark]
"""Gives the mark that something has where it is put, from the one that it has where it stands."""


class TooLargeError(EcoflowsError):
    """Raised where a document that is put together grows beyond all use."""


def out_of(origin: Origin | None) -> Move:
    """Marks of a file's own document, as marks of another one.

    Args:
        origin: The file, and what brings it; ``None`` where the file is the one that is completed.
    """
    return lambda mark: mark if origin is None else Mark(mark.line, mark.col, origin)


def by_way_of(place: Related) -> Move:
    """Marks that have an origin, brought by one more place."""
    known: dict[Origin, Origin] = {}

    def moved(mark: Mark) -> Mark:
        if mark.origin is None:
            return mark
        if mark.origin not in known:
            known[mark.origin] = Origin(mark.origin.document, (place, *mark.origin.related))
        return Mark(mark.line, mark.col, known[mark.origin])

    return moved


@dataclass(frozen=True)
class Part:
    """Something that stands in one document and is to stand in another.

    Attributes:
        document: Where it stands.
        path: Its path there.
        data: What it is.
        move: What becomes of its marks.
    """

    document: Source
    path: DataPath
    data: Any
    move: Move

    def inner(self, key: str | int) -> Part:
        """An entry of it."""
        return Part(self.document, (*self.path, key), self.data[key], self.move)


Change = Callable[[Part, DataPath], Any]
"""Given a text and the path where it goes, gives what is to stand there."""


class Splicing:
    """A document that is being put together.

    Attributes:
        source: The document as far as it is, without its data.
    """

    def __init__(self, document: Source) -> None:
        """Start a document.

        Args:
            document: The file that it is named by, and that marks without an origin are places of.
        """
        self._keys: dict[DataPath, Mark] = {}
        self._values: dict[DataPath, Mark] = {}
        self.source = Source(document.name, document.text, None, self._keys, self._values)

    def finished(self, data: Any) -> Source:
        """The document with its data."""
        return Source(self.source.name, self.source.text, data, self._keys, self._values)

    def put(self, part: Part, to: DataPath, change: Change | None = None) -> Any:
        """Put a part at a path.

        Args:
            part: The part; its data is copied.
            to: The path.
            change: What becomes of each text in it.

        Returns:
            The data that now stands there.

        Raises:
            TooLargeError: If the document becomes too large or too deep.
        """
        self.place(part, to)
        if isinstance(part.data, dict):
            return {key: self.put_entry(part.inner(key), (*to, key), change) for key in part.data}
        if isinstance(part.data, list):
            return [self.put(part.inner(index), (*to, index), change) for index in range(len(part.data))]
        if change is not None and isinstance(part.data, str):
            return change(part, to)
        return part.data

    def put_entry(self, part: Part, to: DataPath, change: Change | None = None) -> Any:
        """Put an entry of a mapping at a path, with its key; otherwise like ``put``."""
        self.place_key(part, to)
        return self.put(part, to, change)

    def place(self, part: Part, to: DataPath) -> None:
        """Note that the value at a path was written where a part stands.

        Raises:
            TooLargeError: If the document becomes too large or too deep.
        """
        if len(to) > MAX_DEPTH:
            raise TooLargeError(f"it is nested deeper than {MAX_DEPTH} levels")
        if len(self._values) >= MAX_SPLICED:
            raise TooLargeError(f"it has more than {MAX_SPLICED:,} values")
        self._values[to] = part.move(part.document.mark(part.path))

    def place_key(self, part: Part, to: DataPath) -> None:
        """Note that the key at a path was written where a part's key stands."""
        self._keys[to] = part.move(part.document.mark(part.path, "key"))
