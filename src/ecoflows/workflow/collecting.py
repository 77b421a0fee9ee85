"""From what became of a map's elements to what became of the mapped task instance."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from ecoflows import __version__
from ecoflows.errors import CorruptArtifactError, NodeError, StoreError
from ecoflows.fingerprint import code_digest
from ecoflows.keys import type_name
from ecoflows.skipped import SKIPPED
from ecoflows.store import Result, Store
from ecoflows.workflow.elements import Spread
from ecoflows.workflow.outcome import Outcome, State, count_text

_log = logging.getLogger("ecoflows")
_SHOWN = 3


def collect(spread: Spread, elements: Sequence[Outcome], store: Store, workflow: str) -> Outcome:
    """Put the elements of a map together.

    A failed element fails the instance, or is left out of its value like a skipped one where the
    spec says ``on_error: skip``; where every element failed the instance has failed in any case.

    Args:
        spread: The mapped instance.
        elements: What became of each element, in order.
        store: Where the value is stored.
        workflow: The workflow's name, kept with the result.

    Returns:
        The instance's outcome; the time is that of all elements together.

    Raises:
        StoreError: If the value cannot be stored.
    """
    name, over = spread.node.id, spread.node.map
    elements = tuple(elements)
    seconds = sum(outcome.seconds for outcome in elements)
    failed = [outcome for outcome in elements if outcome.state is State.FAILED]
    states = {outcome.state for outcome in elements}
    if failed and (states == {State.FAILED} or over is None or over.on_error == "fail"):
        error = failure_text(name, elements)
        if len(failed) < len(elements):
            # Noted, so that what the others gave is known to be in use until the rest is mended.
            _result(spread, elements, store, workflow, seconds)
        return Outcome(
            name, State.FAILED, None, seconds, error, failed[0].exception or NodeError(error), None, elements
        )
    if states and states <= {State.SKIPPED, State.FAILED}:
        reason = next(outcome.error for outcome in elements if outcome.state is State.SKIPPED)
        every = f"all {len(elements)} elements" if len(elements) > 1 else "the only element"
        text = f"{every} skipped: {reason}" if not failed else count_text(elements, what="elements")
        return Outcome(
            name,
            State.SKIPPED,
            None,
            seconds,
            text,
            skipped=store.skipped().as_mock(spread.mock),
            elements=elements,
        )
    result, stored = _result(spread, elements, store, workflow, seconds)
    ran = State.COMPLETED in states or bool(failed)
    state = State.CACHED if not ran and (elements or stored) else State.COMPLETED
    return Outcome(name, state, result, seconds, elements=elements)


def failure_text(name: str, elements: Sequence[Outcome]) -> str:
    """What a mapped instance says of its failed elements.

    Args:
        name: The instance.
        elements: What became of each element.
    """
    failed = [outcome for outcome in elements if outcome.state is State.FAILED]
    shown = "; ".join(outcome.error or outcome.id for outcome in failed[:_SHOWN])
    more = f"; and {len(failed) - _SHOWN} more" if len(failed) > _SHOWN else ""
    return f"'{name}': {len(failed)} of {len(elements)} elements failed: {shown}{more}"


def _result(
    spread: Spread, elements: Sequence[Outcome], store: Store, workflow: str, seconds: float
) -> tuple[Result, bool]:
    """The record of the whole, and whether it stood there already."""
    results = [outcome.result for outcome in elements]
    key = spread.key(results)
    found = store.find_result(key)
    if found is not None and _is_sound(found, store):
        store.note_use(workflow, spread.node.id, found)
        return found, True
    parts = [result.artifact if result else SKIPPED for result in results]
    node = spread.node
    result = Result(
        key=key,
        task=node.task.reference,
        workflow=workflow,
        instance=node.id,
        elements=tuple(result.key for result in results if result),
        code=code_digest(node.task.function),
        arguments={},
        inputs={},
        return_type=type_name(node.returns),
        artifact=store.compose(spread.composed(parts), lasting=False).as_mock(spread.mock),
        created=datetime.now(UTC),
        seconds=seconds,
        ecoflows_version=__version__,
    )
    try:
        store.save_result(result)
    except StoreError as error:
        if any(outcome.state is State.COMPLETED for outcome in elements):
            raise
        _log.warning("'%s' is put together anew, which cannot be noted: %s", node.id, error)
    return result, False


def _is_sound(result: Result, store: Store) -> bool:
    # The elements were looked at one by one before.
    try:
        store.read_bytes(result.artifact)
    except CorruptArtifactError:
        return False
    return True
