"""What a serializer is: how one kind of value becomes the bytes of a file."""

from __future__ import annotations

from typing import Any, Protocol

from ecoflows.store.model import Artifact


class Parts(Protocol):
    """Where the parts of a composite value go that are files of their own."""

    def save(self, value: Any) -> Artifact:
        """Store a part."""

    def load(self, artifact: Artifact) -> Any:
        """Read a part."""


class Serializer(Protocol):
    """One file format for one kind of value.

    Attributes:
        name: What ``Artifact.type`` says.
        extension: The file's extension, without a dot.
    """

    @property
    def name(self) -> str: ...

    @property
    def extension(self) -> str: ...

    def accepts(self, value: Any, annotation: Any) -> bool:
        """Whether a value, returned under an annotation, is stored in this format."""

    def dump(self, value: Any, parts: Parts) -> bytes:
        """Write a value; equal values give equal bytes, in every process.

        Raises:
            CannotStoreError: If something would be lost.
        """

    def load(self, data: bytes, parts: Parts) -> Any:
        """Read a value."""

    def rows(self, value: Any) -> int | None:
        """How many rows a value has, where that means something."""
