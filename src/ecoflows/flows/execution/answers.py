"""From what a process of ``run-task`` wrote, and what the store has, to results and errors."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from ecoflows.errors import NodeError, StoreError
from ecoflows.flows.execution.work import Logger, Work
from ecoflows.store import Artifact, Result, Store
from ecoflows.workflow.elements import Unit

_TAIL = 12
_LONGEST = 8192


class Output:
    """Takes the lines that a process writes: answers are kept, all others are logged.

    Attributes:
        answers: The answers so far, in the order of the calls.
    """

    def __init__(self, logger: Logger) -> None:
        self.answers: list[dict[str, Any]] = []
        self._logger = logger
        self._tail: deque[str] = deque(maxlen=_TAIL)

    def take(self, line: str) -> None:
        """Take a line.

        Args:
            line: The line, with or without its end.
        """
        line = line.rstrip("\r\n")
        answer = parsed_answer(line)
        if answer is not None:
            self.answers.append(answer)
        elif line.strip():
            shown = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
            self._tail.append(shown)
            self._logger.info("%s", shown)

    @property
    def tail(self) -> str:
        """The last lines, as messages quote them."""
        return "\n".join(self._tail)


def parsed_answer(line: str) -> dict[str, Any] | None:
    """The answer that a line is, or ``None`` where it is anything else.

    Args:
        line: The line.
    """
    if not line.startswith('{"state": '):
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if {"state", "task", "instance", "artifact"} <= found.keys() else None


def results_of(
    work: Work, answers: Sequence[dict[str, Any]], ending: NodeError | None, store: Store
) -> list[Result | NodeError]:
    """What each call gave.

    A call without an answer counts as what the store has of it: an answer can get lost with the
    log that it stood in, and a process that ends early has often made some calls of several.

    Args:
        work: The calls.
        answers: Their answers, as far as there are any.
        ending: Why the process failed, where it did.
        store: Where results are.
    """
    found: list[Result | NodeError] = []
    for index, unit in enumerate(work.units):
        answer = answers[index] if index < len(answers) else None
        if answer is None:
            found.append(_unanswered(unit, ending, store, fresh=work.fresh))
        elif answer["state"] not in ("completed", "cached"):
            found.append(NodeError(str(answer["error"] or f"'{unit.label}': {answer['state']}")))
        else:
            found.append(_answered(unit, answer, store))
    return found


def _answered(unit: Unit, answer: dict[str, Any], store: Store) -> Result | NodeError:
    result = _stored(unit, store)
    if result is None:
        return NodeError(
            f"'{unit.label}' was computed, and its result is not under the cache root {store.root}: "
            "what runs it must see the same place; name a folder that both share, or a URL"
        )
    try:
        given = {
            name: answer["artifact"][name] for name in Artifact.model_fields if name in answer["artifact"]
        }
        # Another run may have written under the same key since.
        return result.model_copy(update={"artifact": Artifact.model_validate(given)})
    except (TypeError, ValidationError):
        return result


def _unanswered(unit: Unit, ending: NodeError | None, store: Store, *, fresh: bool) -> Result | NodeError:
    result = None if fresh and ending is not None else _stored(unit, store)
    if result is not None:
        return result
    return ending or NodeError(f"'{unit.label}': its process ended without a result")


def _stored(unit: Unit, store: Store) -> Result | None:
    try:
        return store.find_result(unit.call.key.key)
    except StoreError:
        return None
