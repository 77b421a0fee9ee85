"""What stands in a script for stored values: what a step returned, an element of a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecoflows.errors import NodeError
from ecoflows.runtime import is_skipped, loaded
from ecoflows.scripting.showing import html_of, text_of
from ecoflows.store import Artifact
from ecoflows.workflow.outcome import Outcome, State

if TYPE_CHECKING:
    from ecoflows.scripting.run import Run
    from ecoflows.scripting.steps import MappedStep


class Handle:
    """Stands for a value that is in the store; pass it to steps as it is, or look at ``value``.

    Attributes:
        label: What messages call it.
    """

    def __init__(self, run: Run, label: str) -> None:
        self.run = run
        self.label = label

    @property
    def content(self) -> Any:
        """The value as far as it is known without reading it: artifacts, or plain values with such."""
        raise NotImplementedError

    @property
    def value(self) -> Any:
        """The value itself, read from the store; of what was skipped ``SKIPPED``.

        A changed copy of it may be passed to a step: it is stored, and counts by its content.
        """
        if self.mock:
            self.run.has_shown_mock = True  # what is made of it outside of steps is a mock, too
        return loaded(self.content, self.run.store)

    @property
    def skipped(self) -> bool:
        """Whether nothing came about because a step was skipped."""
        return is_skipped(self.content)

    @property
    def mock(self) -> bool:
        """Whether it is a packaged example that stands in for a result, or was made from one."""
        return any_mock(self.content)


class Returned(Handle):
    """What a step returned."""

    def __init__(self, run: Run, outcome: Outcome) -> None:
        super().__init__(run, outcome.id)
        self.outcome = outcome

    @property
    def content(self) -> Artifact:
        """The stored value."""
        return self.artifact

    @property
    def artifact(self) -> Artifact:
        """The stored value: its digest, its type, its file.

        Raises:
            NodeError: If there is none, since an element of a map failed.
        """
        found = self.outcome.artifact
        if found is None:
            raise NodeError(f"'{self.label}' has no value: {self.outcome.error}")
        return found

    @property
    def state(self) -> str:
        """``completed``, ``cached``, ``skipped`` or, of an element of a map, ``failed``."""
        return self.outcome.state.value

    @property
    def skipped(self) -> bool:
        """Whether it was skipped; ``reason`` says why."""
        return self.outcome.state is State.SKIPPED

    @property
    def mock(self) -> bool:
        """Whether it is a packaged example that stands in for a result, or was made from one."""
        return self.outcome.artifact is not None and self.outcome.artifact.mock

    @property
    def reason(self) -> str | None:
        """Why it was skipped or failed, where it was."""
        return self.outcome.error

    @property
    def key(self) -> str | None:
        """The cache key that gave it; ``None`` where it was skipped."""
        return self.outcome.result.key if self.outcome.result else None

    @property
    def uri(self) -> str:
        """The path or the URL of its file."""
        return self.run.store.uri(self.artifact)

    def __repr__(self) -> str:
        return text_of(self.outcome)

    def _repr_html_(self) -> str:
        """How notebooks show it: tables by their head, pages and pictures inline."""
        found = self.outcome.artifact
        return html_of(self.outcome, None if found is None else lambda: loaded(found, self.run.store))


class ReturnedElement(Returned):
    """What a mapped step gave for one element; ``collect`` puts all of them together."""

    def __init__(self, run: Run, outcome: Outcome, step: MappedStep, index: int) -> None:
        super().__init__(run, outcome)
        self.step = step
        self.index = index


class Element(Handle):
    """One element of what a step is mapped over, or one part of it."""

    def __init__(self, run: Run, label: str, content: Any, step: MappedStep, index: int) -> None:
        super().__init__(run, label)
        self.step = step
        self.index = index
        self._content = content

    @property
    def content(self) -> Any:
        """The element, with artifacts for what is in files of its own."""
        return self._content

    def __repr__(self) -> str:
        return f"<element {self.label}>"


def any_mock(content: Any) -> bool:
    """Whether something in a value is a mock.

    Args:
        content: Plain values with ``Artifact`` leaves.
    """
    if isinstance(content, Artifact):
        return content.mock
    if isinstance(content, dict):
        return any(map(any_mock, content.values()))
    return isinstance(content, list | tuple) and any(map(any_mock, content))
