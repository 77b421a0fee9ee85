"""Run what an invocation describes, with the same functions as every engine."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ecoflows.errors import EcoflowsError, NodeError, TimeLimitError
from ecoflows.invocation.model import Answer, Elements, Invocation
from ecoflows.invocation.notes import Notes
from ecoflows.invocation.reading import Described, read
from ecoflows.keys import artifacts_in
from ecoflows.store import Artifact, Store
from ecoflows.store.locating import artifact_at
from ecoflows.workflow.attempts import Usual, settle
from ecoflows.workflow.collecting import collect
from ecoflows.workflow.elements import Spread, Unit, prepare
from ecoflows.workflow.outcome import Outcome, State
from ecoflows.workflow.time_limit import interrupting

_ARTIFACT = re.compile(r"(.*/)?artifacts/[0-9a-f]{64}\.[a-z0-9.]+", re.DOTALL)
_LASTING = (FileExistsError, FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)


def perform(
    reference: str,
    invocation: Invocation,
    store: Store,
    *,
    where: str,
    elements: Elements | None = None,
    whole: bool = False,
) -> Answer:
    """Run one task instance, some elements of it, or put its elements together.

    Args:
        reference: The task, as ``module:name``.
        invocation: What to run.
        store: The invocation's cache root.
        where: What messages call the place where the invocation was written.
        elements: Which elements of a mapped instance to run; all of them, and the whole, where
            neither this nor ``whole`` is given.
        whole: Put together what the processes of the elements noted.

    Returns:
        What came of it; a failure is an answer, too.

    Raises:
        ProblemError: If the invocation is wrong.
        EcoflowsError: If what it takes does not exist.
    """
    invocation = invocation.named(reference)
    notes = _without_earlier(invocation, store, elements)
    described = read(reference, invocation, where)
    if (elements or whole) and described.node.map is None:
        raise EcoflowsError(f"'{described.node.id}' is not mapped: it has no elements")
    if whole and invocation.run is None:
        raise EcoflowsError("only the elements of a run can be put together; name the run")
    started = time.perf_counter()
    performing = _Performing(described, invocation, store, notes)
    outcomes = performing.outcomes(elements, whole=whole)
    return performing.answer(outcomes, time.perf_counter() - started, elements)


def _without_earlier(invocation: Invocation, store: Store, elements: Elements | None) -> Notes | None:
    """The notes of the run, in which an earlier attempt of this process says nothing any more.

    Before anything is imported or read: where that fails, others must not find what was noted before.
    """
    if invocation.run is None or invocation.workflow is None or invocation.instance is None:
        return None
    notes = Notes(store, invocation.workflow, invocation.run)
    if elements is None:
        notes.forget(invocation.instance)
    else:
        notes.forget_elements(invocation.instance, elements)
    return notes


class _Performing:
    def __init__(
        self, described: Described, invocation: Invocation, store: Store, notes: Notes | None
    ) -> None:
        self.node = described.node
        self.workflow = described.workflow
        self.store = store
        self.notes = notes
        artifacts = {name: self._input(name, invocation) for name in described.names}
        work = prepare(described.node, artifacts, store, described.workflow)
        self.work = _named(work, invocation) if isinstance(work, Unit) else work
        if isinstance(self.work, Unit) and invocation.key is not None:
            _refuse_other_key(self.work, invocation.key)

    def _input(self, name: str, invocation: Invocation) -> Artifact:
        uri = invocation.inputs.get(name, name)
        if name in invocation.inputs or _ARTIFACT.fullmatch(uri):
            return artifact_at(self.store, uri)
        if self.notes is None:
            raise NodeError(
                f"'{name}' is no stored value: those of the cache root {self.store.root} are called "
                "artifacts/<sha256>.<extension>, as the answer of the call that made one tells"
            )
        return self.notes.artifact(name)

    def outcomes(self, elements: Elements | None, *, whole: bool) -> list[Outcome]:
        """What came of it: one outcome, or one for each of the elements that are asked for."""
        if isinstance(self.work, Unit):
            return [self._single(self.work, elements)]
        if elements is not None:
            return [self._settled(unit) for unit in self.work.units[elements.first : elements.last + 1]]
        if whole and self.notes is not None:
            found = [self._told(self.notes, unit) for unit in self.work.units]
        else:
            found = [self._settled(unit) for unit in self.work.units]
        return [self._noted(self._collected(self.work, found))]

    def _single(self, unit: Unit, elements: Elements | None) -> Outcome:
        outcome = settle(Usual(self.store), unit, interrupting)
        # What there is nothing to go over for is told of the whole, not of an element.
        return outcome if elements is not None else self._noted(outcome)

    def _settled(self, unit: Unit) -> Outcome:
        return self._noted(settle(Usual(self.store), unit, interrupting), unit.index)

    def _collected(self, spread: Spread, found: Sequence[Outcome]) -> Outcome:
        try:
            return collect(spread, found, self.store, self.workflow)
        except EcoflowsError as error:
            return Outcome(self.node.id, State.FAILED, error=str(error), exception=error)

    @staticmethod
    def _told(notes: Notes, unit: Unit) -> Outcome:
        try:
            return notes.outcome(unit)
        except EcoflowsError as error:
            return Outcome(unit.label, State.FAILED, error=str(error), exception=error)

    def _noted(self, outcome: Outcome, index: int | None = None) -> Outcome:
        if self.notes is not None:
            self.notes.write(self.node.id, outcome, index)
        return outcome

    def answer(self, outcomes: Sequence[Outcome], seconds: float, elements: Elements | None) -> Answer:
        """The answer for what came of it."""
        task = self.node.task.reference
        if not outcomes:
            # Pairs that were skipped have no key to go on under: there are less elements than planned.
            text = "there is no such element"
            return Answer(State.SKIPPED, task, self.node.id, seconds=seconds, error=text, elements={})
        answer = _answer_of(outcomes[0], task, self.store, seconds)
        if elements is None:
            return answer
        counts = dict(Counter(outcome.state.value for outcome in outcomes))
        if len(outcomes) == 1:
            return replace(answer, elements=counts)
        failed = [outcome for outcome in outcomes if outcome.state is State.FAILED]
        states = {outcome.state for outcome in outcomes}
        return Answer(
            State.FAILED if failed else states.pop() if len(states) == 1 else State.COMPLETED,
            task,
            self.node.id,
            seconds=seconds,
            error="; ".join(str(outcome.error) for outcome in failed[:3]) or None,
            retryable=any(is_retryable(outcome.exception) for outcome in failed),
            elements=counts,
        )


def _refuse_other_key(unit: Unit, expected: str) -> None:
    found = unit.call.key.key
    if found != expected:
        package = unit.node.task.module.partition(".")[0]
        raise EcoflowsError(
            f"'{unit.label}' has another cache key here ({found[:12]}...) than where it was started "
            f"({expected[:12]}...): the code is not the same. Install the same version of '{package}' in both"
        )


def _named(unit: Unit, invocation: Invocation) -> Unit:
    """The call as the one element that it is, with what is known of where its arguments come from."""
    parts = [found for name, value in unit.call.arguments.items() for found in artifacts_in(value, name)]
    tainted = invocation.tainted or unit.call.tainted or any(found.mock for _, found in parts)
    return replace(unit, call=replace(unit.call, element=invocation.element, tainted=tainted))


def _answer_of(outcome: Outcome, task: str, store: Store, seconds: float) -> Answer:
    artifact = outcome.artifact
    return Answer(
        outcome.state,
        task,
        outcome.id,
        artifact,
        outcome.result.key if outcome.result else None,
        _length(artifact, store),
        seconds,
        outcome.error,
        is_retryable(outcome.exception),
    )


def _length(artifact: Artifact | None, store: Store) -> int | None:
    """How many elements a map over a value would have."""
    if artifact is None or artifact.type != "json":
        return None
    content = store.outline(artifact)
    return len(content) if isinstance(content, list | tuple | dict | range) else None


def is_retryable(error: BaseException | None) -> bool:
    """Whether a failure may go away by itself: one of the network, the disk, the clock.

    Args:
        error: The error; its causes count.
    """
    while error is not None:
        if isinstance(error, TimeLimitError | ConnectionError | TimeoutError):
            return True
        if isinstance(error, OSError) and not isinstance(error, _LASTING):
            return True
        if any(
            kind.__module__.startswith("httpx") and kind.__name__ == "TransportError"
            for kind in type(error).__mro__
        ):
            return True
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return False
