"""The run of a script or a notebook: its steps, where results live, what is told of them."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from ecoflows.conditions import DEFAULT, Condition
from ecoflows.decorators import Task
from ecoflows.errors import NodeError, ProblemError
from ecoflows.fingerprint import code_digest
from ecoflows.scripting.binding import has_handles
from ecoflows.scripting.parameters import Parameters, checked
from ecoflows.scripting.places import calling_place, mappings_of
from ecoflows.scripting.returned import Handle
from ecoflows.scripting.steps import MappedStep, Step
from ecoflows.settings import DEFAULT_CACHE_ROOT
from ecoflows.source import Source
from ecoflows.spec import MapOver, Options
from ecoflows.spec.expressions import filled_from_environment
from ecoflows.store import Store
from ecoflows.validation import problems_of
from ecoflows.workflow.model import Node
from ecoflows.workflow.outcome import Outcome, State, count_text

REPORT = "ECOFLOWS_REPORT"
"""The environment variable that names a file to which every finished step adds a line of JSON."""

Cache = Literal["always", "never"] | Mapping[str, Any] | None


class Run:
    """A run of steps in the order in which they are called, without a spec and without Prefect.

    Results, cache keys and skips are those of ``ecoflows run``: what one computed, the other reuses.

    Attributes:
        name: The workflow's name, kept with results.
        store: Where results live.
        has_shown_mock: Whether the script has looked at a value that a packaged example stands in
            for: every step that is given a plain value later is then marked as a mock, too.
    """

    def __init__(
        self,
        name: str,
        *,
        cache_root: str = DEFAULT_CACHE_ROOT,
        names: Mapping[str, Any] | None = None,
        quiet: bool = False,
        once: bool = False,
    ) -> None:
        """Open the cache root.

        Args:
            name: The workflow's name.
            cache_root: A folder or any fsspec URL; ``${{ env.NAME }}`` in it is filled in.
            names: The caller's ``globals()``: the code of the tasks among them counts as it is
                now, whatever becomes of their files while the run goes on.
            quiet: Tell nothing of steps that went well.
            once: Refuse a second step of the same name: a script has each once.

        Raises:
            StoreError: If nothing here can open the cache root.
            EcoflowsError: If an environment variable that stands in it is not set.
        """
        self.name = name
        self.store = Store(filled_from_environment(cache_root))
        self.has_shown_mock = False
        self._quiet = quiet
        self._once = once
        self._lines: dict[str, str] = {}
        for value in (names or {}).values():
            if isinstance(value, Task):
                code_digest(value.function)

    def step(
        self,
        name: str,
        task: Task[..., Any],
        *,
        retries: int = 0,
        retry_delay_seconds: float | Sequence[float] = 0.0,
        timeout_seconds: float | None = None,
        cache: Cache = None,
        skipif: Sequence[Condition] | None = None,
        mock: bool = False,
    ) -> Step:
        """A step that calls a task once: ``run.step("density", calculate_time_density)(...)``.

        Args:
            name: The step's name, unlike any other of the run.
            task: The task.
            retries: How often a failed attempt is repeated.
            retry_delay_seconds: The pause before each repetition, or one for all.
            timeout_seconds: When an attempt is given up.
            cache: ``"always"`` or ``"never"`` reuse an earlier result, ``{"ttl": "1d"}`` for a time.
            skipif: When it is skipped; by default where something that it takes was.
            mock: Let the task's packaged example stand in for its result.

        Raises:
            ProblemError: If an option is not valid.
        """
        node = self._node(
            name, task, skipif, mock, _options(retries, retry_delay_seconds, timeout_seconds, cache)
        )
        return Step(self, node)

    def mapped(
        self,
        name: str,
        task: Task[..., Any],
        *,
        argnames: Sequence[str],
        on_error: Literal["fail", "skip"] = "fail",
        retries: int = 0,
        retry_delay_seconds: float | Sequence[float] = 0.0,
        timeout_seconds: float | None = None,
        cache: Cache = None,
        skipif: Sequence[Condition] | None = None,
        mock: bool = False,
    ) -> MappedStep:
        """A step that calls a task once per element: a comprehension over ``over`` or ``over_values``.

        Args:
            name: The step's name, unlike any other of the run.
            task: The task.
            argnames: The argument that each element goes to; of several, each takes a part of it.
            on_error: Whether a failing element fails the step or is left out of its value.
            retries: How often a failed attempt is repeated.
            retry_delay_seconds: The pause before each repetition, or one for all.
            timeout_seconds: When an attempt is given up.
            cache: ``"always"`` or ``"never"`` reuse an earlier result, ``{"ttl": "1d"}`` for a time.
            skipif: When an element is skipped; by default where something that it takes was.
            mock: Let the task's packaged example stand in for the result of each element.

        Raises:
            ProblemError: If an option is not valid.
        """
        node = self._node(
            name, task, skipif, mock, _options(retries, retry_delay_seconds, timeout_seconds, cache)
        )
        return MappedStep(self, replace(node, map=MapOver(tuple(argnames), [], False, (), on_error=on_error)))

    def check(
        self,
        sections: Mapping[str, tuple[Task[..., Any], dict[str, Any]]],
        given: Mapping[str, Any] | None = None,
    ) -> None:
        """Check the parameters of all steps before the first one runs.

        Args:
            sections: The task of each step and the mapping of its parameters.
            given: Values by step and argument that win over these; they are put into the mappings.

        Raises:
            ProblemError: With everything that is wrong with them.
        """
        place = mappings_of({name: values for name, (_, values) in sections.items()})
        openings = {name: Parameters(task, **values) for name, (task, values) in sections.items()}
        file = Source("params", data=dict(given)) if given else None
        found = checked(openings, file, place=place)
        for name, values in (given or {}).items():
            sections[name][1].update((key, found[name][key]) for key in values)

    def taints(self, value: Any) -> bool:
        """Whether what a step makes of a value counts as a mock.

        Of a value that is no handle nobody knows where it comes from: it may be made of what the
        script has seen of a mock.

        Args:
            value: An argument.
        """
        if isinstance(value, Handle):
            return value.mock
        if has_handles(value):
            return any(map(self.taints, value.values() if isinstance(value, dict) else value))
        return self.has_shown_mock

    def finish(self, node: Node, work: Callable[[], Outcome], began: float | None = None) -> Outcome:
        """See a step through, and tell what came of it.

        Args:
            node: The step.
            work: Does it; whatever goes wrong is the step's failure.
            began: When the step began, by ``perf_counter``; by default now.

        Raises:
            NodeError: If it failed; the task's own error is the cause.
        """
        started = time.perf_counter() if began is None else began
        try:
            outcome = work()
        except ProblemError:
            raise  # a mistake in what it is given: it never began
        except Exception as error:  # noqa: BLE001  # whatever a stored value does when it is read
            outcome = Outcome(node.id, State.FAILED, error=str(error), exception=error)
        outcome = replace(outcome, seconds=time.perf_counter() - started)
        self._tell(outcome)
        self._report(outcome)
        if outcome.state is State.FAILED:
            if isinstance(outcome.exception, NodeError) and str(outcome.exception) == outcome.error:
                raise outcome.exception
            raise NodeError(outcome.error or node.id) from outcome.exception
        return outcome

    def _node(
        self,
        name: str,
        task: Task[..., Any],
        skipif: Sequence[Condition] | None,
        mock: bool,  # named where it is public
        options: Options,
    ) -> Node:
        self._refuse_second(name)
        code_digest(task.function)  # as it is now: an edit while it runs would give it another key
        if mock:
            self.tell(
                f"MOCK: '{name}' is not computed; the packaged example of '{task.name}' stands in for it"
            )
        conditions = DEFAULT if skipif is None else tuple(skipif)
        return Node(name, name, task, {}, options, (), conditions=conditions, mocked=mock)

    def _refuse_second(self, name: str) -> None:
        """Refuse a second step of one name, where steps are not run again as cells of notebooks are."""
        if not self._once:
            return
        place = calling_place()
        if name in self._lines:
            message = f"two steps are called '{name}'; the first is at {self._lines[name]}"
            raise ProblemError([place.problem((), "duplicate-step", message, hint="give each its own name")])
        self._lines[name] = place.name

    def _tell(self, outcome: Outcome) -> None:
        if self._quiet and outcome.state is not State.FAILED:
            return
        details = [outcome.error] if outcome.error and outcome.state is State.SKIPPED else []
        if outcome.elements is not None:
            details.append(count_text(outcome.elements, what="elements"))
        if outcome.artifact is not None and outcome.artifact.mock:
            details.append("MOCK")
        detail = f" ({'; '.join(details)})" if details else ""
        self.tell(f"{outcome.id}: {outcome.state.value}, {outcome.seconds:.2f} s{detail}")

    def tell(self, text: str) -> None:
        """Write a line to stderr.

        Args:
            text: The line.
        """
        sys.stderr.write(f"{printable(text)}\n")
        sys.stderr.flush()

    def _report(self, outcome: Outcome) -> None:
        file = os.environ.get(REPORT)
        if not file:
            return
        result = outcome.result
        line = {
            "id": outcome.id,
            "state": outcome.state.value,
            "sha256": outcome.artifact.sha256 if outcome.artifact else None,
            "key": result.key if result else None,
        }
        with Path(file).open("a", encoding="utf-8") as stream:
            stream.write(f"{json.dumps(line)}\n")


def printable(text: str) -> str:
    """A text that cannot move a terminal's cursor, and that every stream can take.

    Args:
        text: Any text.
    """
    return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)


def _options(
    retries: int, retry_delay_seconds: float | Sequence[float], timeout_seconds: float | None, cache: Cache
) -> Options:
    delay = retry_delay_seconds
    given = {
        "retries": retries,
        "retry_delay_seconds": tuple(delay) if isinstance(delay, Sequence) else delay,
        "timeout_seconds": timeout_seconds,
        "cache": dict(cache) if isinstance(cache, Mapping) else cache,
    }
    problems = []
    for name, value in given.items():
        try:
            Options.model_validate({name: value})
        except ValidationError as error:
            problems += problems_of(error, calling_place(), subject=f"the option '{name}': ")
    if problems:
        raise ProblemError(problems)
    return Options.model_validate(given)
