"""What stands in a script for stored values: what a step returned, an element of a map."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ecoflows.errors import NodeError, ProblemError
from ecoflows.runtime import is_skipped, loaded
from ecoflows.scripting.places import calling_place
from ecoflows.scripting.showing import html_of, text_of
from ecoflows.store import Artifact
from ecoflows.workflow.outcome import Outcome, State

if TYPE_CHECKING:
    from ecoflows.scripting.run import Run
    from ecoflows.scripting.steps import MappedStep
    from ecoflows.workflow.elements import Unit


class HandleError(ProblemError, AttributeError):
    """Raised where a script takes what stands for a value for the value itself."""


class Handle:
    """Stands for a value that is in the store; pass it to steps as it is, or look at ``value``.

    Attributes:
        label: What messages call it.
    """

    _what = "stands for a stored value"

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

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # what Python and notebooks ask any object for
            raise AttributeError(name)
        raise self._misused(f"it has no '{name}'")

    def __iter__(self) -> Iterator[Any]:
        raise self._misused("it cannot be gone over")

    def __len__(self) -> int:
        raise self._misused("it has no length")

    def __contains__(self, item: object) -> bool:
        raise self._misused("nothing can be looked for in it")

    def __getitem__(self, key: object) -> Any:
        raise self._misused("it has no parts")

    def __bool__(self) -> bool:
        return True  # else Python would ask for its length

    def _misused(self, how: str) -> HandleError:
        message = f"'{self.label}' {self._what}: {how}"
        return HandleError([calling_place().problem((), "not-the-value", message, hint=self._hint)])

    @property
    def _hint(self) -> str:
        return "pass it to a step as it is, or take its .value"


class Returned(Handle):
    """What a step returned."""

    _what = "is what a step returned, not the value itself"

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

    @property
    def elements(self) -> dict[str, Returned]:
        """What a mapped step gave for each element, by the element's key, or by its place."""
        found = self.outcome.elements or ()
        start = len(self.outcome.id) + 1
        return {element.id[start:-1]: Returned(self.run, element) for element in found}

    @property
    def _hint(self) -> str:
        if self.outcome.elements is None:
            return f"{super()._hint}; run.mapped(...) goes over its elements with over(...)"
        return "pass it to a step as it is, take its .value, or what an element gave: .elements[KEY]"

    def __repr__(self) -> str:
        return text_of(self.outcome)

    def _repr_html_(self) -> str:
        """How notebooks show it: tables by their head, pages and pictures inline."""
        return html_of(self.outcome, lambda artifact: loaded(artifact, self.run.store))


class ReturnedElement(Returned):
    """What a mapped step gave for one element; ``collect`` puts all of them together."""

    def __init__(self, run: Run, outcome: Outcome, step: MappedStep, index: int) -> None:
        super().__init__(run, outcome)
        self.step = step
        self.index = index


class Element(Handle):
    """One element of what a step is mapped over, or one part of it.

    Attributes:
        key: Its key, where it has one: that of a pair or a mapping.
    """

    _what = "is one element, not the value itself"

    def __init__(self, run: Run, unit: Unit, content: Any, key: Any, step: MappedStep) -> None:
        super().__init__(run, unit.label)
        self.key = key
        self.step = step
        self.index = unit.index or 0
        self._content = content
        self._made_of_mock = unit.call.is_mock

    @property
    def mock(self) -> bool:
        """Whether it comes from a packaged example that stands in for a result."""
        return self._made_of_mock or any_mock(self.content)

    @property
    def _hint(self) -> str:
        return "pass it to the step as it is, or take its .value; the key of a pair is its .key"

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
