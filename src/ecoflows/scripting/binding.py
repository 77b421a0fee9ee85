"""From what a script passes to a step to what the engines know: references, artifacts, plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecoflows.errors import NodeError, SerializationError
from ecoflows.scripting.returned import Handle
from ecoflows.skipped import SKIPPED
from ecoflows.spec import Reference
from ecoflows.store import Artifact
from ecoflows.store.canonical import encode

if TYPE_CHECKING:
    from ecoflows.scripting.run import Run


class Binder:
    """Binds what one call is given.

    Attributes:
        artifacts: What its references stand for.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.artifacts: dict[str, Artifact] = {}

    def argument(self, name: str, value: Any) -> Any:
        """An argument as a node has it, with references to what is stored.

        Args:
            name: The argument's name.
            value: What the script passes.

        Raises:
            NodeError: If it can neither be written down nor stored.
        """
        if isinstance(value, Handle):
            return self._referring(value.label, content_of(self._run, name, value))
        if isinstance(value, dict) and has_handles(value):
            return {key: self.argument(name, item) for key, item in value.items()}
        if isinstance(value, list | tuple) and has_handles(value):
            return [self.argument(name, item) for item in value]
        return self._referring(f"{name} (changed)", content_of(self._run, name, value))

    def _referring(self, label: str, content: Any) -> Any:
        """A value with references for the artifacts in it."""
        if content is SKIPPED:
            return self._reference(label, self._run.store.skipped())
        if isinstance(content, Artifact):
            return self._reference(label, content)
        if isinstance(content, dict):
            return {key: self._referring(label, item) for key, item in content.items()}
        if isinstance(content, list | tuple):
            return [self._referring(label, item) for item in content]
        return content

    def _reference(self, label: str, artifact: Artifact) -> Reference:
        """A reference by the label, or where that stands for something else by one like it."""
        name, number = label, 2
        while self.artifacts.setdefault(name, artifact) != artifact:
            name, number = f"{label} ({number})", number + 1
        return Reference(name, ())


def content_of(run: Run, name: str, value: Any) -> Any:
    """A value as the engines pass elements on: plain, with artifacts for what is stored.

    What is neither a handle nor plain, such as a table that the script has changed, is stored.

    Args:
        run: The run.
        name: The argument that it is for.
        value: What the script passes.

    Raises:
        NodeError: If it can neither be written down nor stored.
    """
    if isinstance(value, Handle):
        return _here(run, value)
    if has_handles(value):
        if isinstance(value, dict):
            return {key: content_of(run, name, item) for key, item in value.items()}
        return type(value)(content_of(run, name, item) for item in value)
    try:
        encode(value)
    except SerializationError:
        try:
            return run.store.save(value).as_mock(run.has_shown_mock)
        except SerializationError as error:
            raise NodeError(f"the argument '{name}' cannot be taken: {error}") from error
    return value


def _here(run: Run, handle: Handle) -> Any:
    if handle.run.store.root == run.store.root:
        return handle.content
    return run.store.save(handle.value).as_mock(handle.mock)


def has_handles(value: Any) -> bool:
    """Whether a list or a mapping has handles in it, however deep.

    Args:
        value: Any value.
    """
    if isinstance(value, Handle):
        return True
    if type(value) is dict:
        return any(map(has_handles, value.values()))
    return type(value) in (list, tuple) and any(map(has_handles, value))
