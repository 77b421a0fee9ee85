"""What goes in and what comes out of one call in a process of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ecoflows.spec import CacheTtl
from ecoflows.spec.options import YEAR
from ecoflows.store import Artifact, Store
from ecoflows.store.model import Sha256
from ecoflows.workflow.outcome import State

_ELEMENTS = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?", re.ASCII)


@dataclass(frozen=True)
class Elements:
    """Some elements of a map.

    Attributes:
        first: The first one's place.
        last: The last one's.
    """

    first: int
    last: int

    @classmethod
    def parse(cls, text: str) -> Elements:
        """Read ``7`` or ``0-99``.

        Args:
            text: The text.

        Raises:
            ValueError: If it is neither.
        """
        match = _ELEMENTS.fullmatch(text)
        if match is None or (match[2] and int(match[2]) < int(match[1])):
            raise ValueError(f"'{text}' names no elements; write for example 7 or 0-99")
        return cls(int(match[1]), int(match[2] or match[1]))


class MapCall(BaseModel):
    """What the instance is mapped over.

    Attributes:
        argnames: The argument that each element goes to; of several, each takes a part of it.
        values: What to go over, in the form of ``Invocation.arguments``.
        keyed: Whether the elements are pairs whose keys are kept.
        on_error: Whether a failing element fails the instance or is left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    argnames: Annotated[tuple[str, ...], Field(min_length=1)]
    values: Any
    keyed: bool = False
    on_error: Literal["fail", "skip"] = "fail"


class Invocation(BaseModel):
    """A task instance as JSON.

    Attributes:
        cache_root: Where results live; ``${{ env.NAME }}`` in it is filled in.
        workflow: The workflow's name, kept with results.
        instance: The instance's id; by default the task's name.
        run: The id of the run that it belongs to: what came of it is noted under it, and what the
            others returned in it is found there.
        arguments: Values by argument, in the store's JSON (``{"$tuple": [...]}`` and the like).
            ``{"$artifact": TEXT}`` stands for a stored value: TEXT is a name in ``inputs``, the
            URI of an artifact, or the id of another instance of the same run; what the store says
            of an artifact may stand there, too. ``{"$environment": TEXT}`` is TEXT with its
            ``${{ env.NAME }}`` filled in.
        parameters: More values by argument, as plain JSON in which nothing has a meaning.
        inputs: Artifacts' URIs by the names that ``arguments`` use.
        map: What it is mapped over, where it is.
        element: Which element of the instance it is, where it is one whose arguments are bound.
        cache: Whether, or how long, an earlier result is used.
        timeout_seconds: When the attempt is given up.
        skipif: The skip conditions: names of the language's own, else ``module:name``.
        mock: Whether the task's packaged example stands in for its return value.
        tainted: Whether what it is given comes from such an example.
        given: The names of all parameters that the run was given.
        known: The names of all parameters that the run has; any other one of ``given`` is refused.
        key: The cache key that who starts it expects. Another one means other code or arguments:
            the call is refused before anything is computed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cache_root: Annotated[str, Field(min_length=1)]
    workflow: str | None = None
    instance: str | None = None
    run: str | None = None
    arguments: dict[str, Any] = Field(default_factory=dict)
    parameters: dict[str, Any] = Field(default_factory=dict)
    inputs: dict[str, str] = Field(default_factory=dict)
    map: MapCall | None = None
    element: str | None = None
    cache: Literal["always", "never"] | CacheTtl | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=YEAR, allow_inf_nan=False)] | None = None
    skipif: tuple[str, ...] | None = None
    mock: bool = False
    tainted: bool = False
    given: tuple[str, ...] = ()
    known: tuple[str, ...] | None = None
    key: Sha256 | None = None

    def named(self, reference: str) -> Invocation:
        """The same call, of which workflow and instance have names: by default the task's.

        Args:
            reference: The task, as ``module:name``.
        """
        name = reference.rpartition(":")[2]
        return self.model_copy(update={"workflow": self.workflow or name, "instance": self.instance or name})


@dataclass(frozen=True)
class Answer:
    """What came of an invocation.

    Attributes:
        state: The state.
        task: The task's reference.
        instance: The instance, or the element as ``instance[key]``.
        artifact: What it returned; of several elements there is none.
        key: The cache key.
        length: How many elements the value has, where it is a list or a mapping.
        seconds: How long it took.
        error: Why it failed or was skipped.
        retryable: Whether a failure may go away by itself.
        elements: How many elements came to which state, where it was about elements.
    """

    state: State
    task: str
    instance: str
    artifact: Artifact | None = None
    key: str | None = None
    length: int | None = None
    seconds: float = 0.0
    error: str | None = None
    retryable: bool = False
    elements: dict[str, int] | None = None

    def as_json(self, store: Store) -> dict[str, Any]:
        """The answer as the one line of JSON shows it.

        Args:
            store: Where the artifact is.
        """
        found = self.artifact
        return {
            "state": self.state.value,
            "task": self.task,
            "instance": self.instance,
            "key": self.key,
            "artifact": found and {"uri": store.uri(found), **found.model_dump(mode="json")},
            "length": self.length,
            "seconds": round(self.seconds, 3),
            "error": self.error,
            "retryable": self.retryable,
            "elements": self.elements,
        }
