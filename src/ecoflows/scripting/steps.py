"""The steps of a script: one call of a task, or one for each element of a map."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ecoflows.errors import NodeError, Problem, ProblemError, UsageError, did_you_mean
from ecoflows.scripting.binding import Binder, content_of, has_handles
from ecoflows.scripting.environment import without_environment
from ecoflows.scripting.parameters import DEFAULT, REQUIRED
from ecoflows.scripting.places import calling_place
from ecoflows.scripting.returned import Element, Returned, ReturnedElement
from ecoflows.validation import value_problems
from ecoflows.workflow.attempts import Usual, settle
from ecoflows.workflow.collecting import collect
from ecoflows.workflow.elements import Spread, Unit, prepare
from ecoflows.workflow.maps import mapped_returns
from ecoflows.workflow.model import Node
from ecoflows.workflow.outcome import Outcome, State
from ecoflows.workflow.shapes import UNKNOWN
from ecoflows.workflow.skipping import element_inputs
from ecoflows.workflow.time_limit import interrupting

if TYPE_CHECKING:
    from ecoflows.scripting.run import Run


class Step:
    """A step that calls its task once; calling it runs it."""

    def __init__(self, run: Run, node: Node) -> None:
        self._run = run
        self._node = node

    def __call__(self, /, **arguments: Any) -> Returned:
        """Run the step, or take what an earlier run has stored for it.

        Args:
            **arguments: What other steps returned, values that were made of such, and literals.

        Returns:
            What stands for the value.

        Raises:
            ProblemError: If an argument is missing, unknown or not of its type.
            NodeError: If the step fails.
        """
        given = checked_arguments(self._node, arguments)
        return Returned(self._run, self._run.finish(self._node, lambda: self._settled(given)))

    def _settled(self, given: Mapping[str, Any]) -> Outcome:
        unit = bound_unit(self._run, self._node, given)
        return settle(Usual(self._run.store), unit, interrupting)


class MappedStep:
    """A step that calls its task once for each element of what it goes over.

    Go over elements in a comprehension, call the step for each, and collect what it gave:

    ```python
    step = run.mapped("density", calculate_time_density, argnames=["trajectory_gdf"])
    density = step.collect([step(trajectory_gdf=track) for track in step.over_values(tracks)])
    ```
    """

    def __init__(self, run: Run, node: Node) -> None:
        self._run = run
        self._node = node
        self._work: Unit | Spread | None = None
        self._current: int | None = None
        self._began = 0.0
        self._called: dict[int, tuple[Unit, ReturnedElement]] = {}

    def over(self, values: Any) -> Iterator[Any]:
        """Go over the elements of a list: ``map`` in a spec.

        Args:
            values: What a step returned, a changed value, or a list of values and of either.

        Returns:
            One element after the other; with several ``argnames``, as many parts as these.

        Raises:
            NodeError: If it cannot be gone over.
        """
        return self._elements(values, keyed=False)

    def over_values(self, values: Any) -> Iterator[Any]:
        """Go over the values of ``(key, value)`` pairs or of a mapping, keeping keys: ``mapvalues``.

        Args:
            values: What a step returned, a changed value, or pairs or a mapping of values.

        Returns:
            One value after the other; with several ``argnames``, as many parts as these.

        Raises:
            NodeError: If it cannot be gone over.
        """
        return self._elements(values, keyed=True)

    def __call__(self, /, **arguments: Any) -> ReturnedElement:
        """Run the step for the element that the comprehension has come to.

        A failure is told by ``collect``, once all elements have had their turn.

        Args:
            **arguments: The element, and what is the same for all.

        Returns:
            What it gave, for ``collect``.

        Raises:
            ProblemError: If an argument is missing, unknown or not of its type.
            UsageError: If it is called outside of the comprehension.
        """
        index = self._index_of(arguments)
        spread = self._work
        if index is None or not isinstance(spread, Spread):
            raise UsageError(
                f"'{self._node.id}' is called for no element: call it in a comprehension over "
                "over(...) or over_values(...)"
            )
        given = checked_arguments(self._node, arguments)
        unit = spread.units[index]
        try:
            unit = self._unit(spread, index, given)
            outcome = settle(Usual(self._run.store), unit, interrupting)
        except Exception as error:  # noqa: BLE001  # whatever a stored value does when it is read
            outcome = Outcome(unit.label, State.FAILED, error=str(error), exception=error)
        returned = ReturnedElement(self._run, outcome, self, index)
        self._called[index] = (unit, returned)
        return returned

    def collect(self, elements: Sequence[ReturnedElement]) -> Returned:
        """Put together what the step gave for its elements.

        Args:
            elements: One for each; an element that is missing counts as skipped.

        Returns:
            What stands for the list, the pairs or the mapping of all.

        Raises:
            UsageError: If this is not what the step gave.
            NodeError: If elements failed, and the step does not leave these out.
        """
        work = self._work
        if work is None:
            raise UsageError(f"'{self._node.id}' has gone over nothing yet: call over(...) before collect")
        chosen = {}
        for element in elements:
            if not isinstance(element, ReturnedElement) or element.step is not self:
                raise UsageError(
                    f"'{self._node.id}' collects what it gave for its own elements, nothing else"
                )
            if element.index in chosen or self._called[element.index][1] is not element:
                raise UsageError(f"'{self._node.id}' was called twice for {element.label}")
            chosen[element.index] = element.outcome

        def whole() -> Outcome:
            if isinstance(work, Unit):
                return settle(Usual(self._run.store), work, interrupting)
            outcomes = [
                chosen.get(index) or Outcome(unit.label, State.SKIPPED, error="left out by the script")
                for index, unit in enumerate(work.units)
            ]
            return collect(self._complete(work), outcomes, self._run.store, self._run.name)

        return Returned(self._run, self._run.finish(self._node, whole, self._began))

    def _complete(self, spread: Spread) -> Spread:
        """The elements with the calls that were made for them."""
        called = {index: unit for index, (unit, _) in self._called.items()}
        units = tuple(called.get(index, unit) for index, unit in enumerate(spread.units))
        return replace(spread, units=units, mock=spread.mock or any(unit.call.is_mock for unit in units))

    def _elements(self, values: Any, *, keyed: bool) -> Iterator[Any]:
        """Find the elements now, and yield them one after the other."""
        over = self._node.map
        if over is None:
            raise UsageError(f"'{self._node.id}' is not mapped")
        for name in over.argnames:
            if name not in self._node.task.parameters:
                raise ProblemError([_unknown(self._node, name)])
        self._began = time.perf_counter()
        binder = Binder(self._run)
        node = replace(
            self._node,
            map=replace(over, values=None, keyed=keyed),
            returns=mapped_returns(replace(over, keyed=keyed), self._node.task.returns, UNKNOWN),
        )
        try:
            node = replace(node, map=replace(over, values=binder.argument("over", values), keyed=keyed))
            work = prepare(node, binder.artifacts, self._run.store, self._run.name)
            if isinstance(work, Spread) and self._run.taints(values):
                units = tuple(replace(unit, call=replace(unit.call, tainted=True)) for unit in work.units)
                work = replace(work, units=units, mock=True)
        except Exception as error:
            failed = Outcome(node.id, State.FAILED, error=str(error), exception=error)
            self._run.finish(node, lambda: failed)
            raise AssertionError("unreachable: a failure is raised") from error
        self._node, self._work, self._called = node, work, {}
        return self._going(work)

    def _going(self, work: Unit | Spread) -> Iterator[Any]:
        for index, unit in enumerate(work.units if isinstance(work, Spread) else ()):
            self._current = index
            keys = work.keys if isinstance(work, Spread) else ()
            key = keys[index] if keys else None
            parts = [Element(self._run, unit, value, key, self) for value in unit.call.arguments.values()]
            yield parts[0] if len(parts) == 1 else tuple(parts)
        self._current = None

    def _index_of(self, arguments: Mapping[str, Any]) -> int | None:
        """Which element a call is for: the one that it is given, else the one that is the turn of."""
        given = (
            value.index for value in arguments.values() if isinstance(value, Element) and value.step is self
        )
        return next(given, self._current)

    def _unit(self, spread: Spread, index: int, given: Mapping[str, Any]) -> Unit:
        """The call for one element: what is the same for all, and what the element gives."""
        argnames = spread.node.map.argnames if spread.node.map else ()
        own = [name for name in argnames if name in given]
        values = {name: content_of(self._run, name, given[name]) for name in own}
        common = {name: value for name, value in given.items() if name not in values}
        unit = bound_unit(self._run, replace(spread.node, map=None), common)
        label = spread.units[index].call.element
        word = spread.node.map.word if spread.node.map else ""
        call = replace(
            unit.call,
            arguments={**unit.call.arguments, **values},
            element=label,
            tainted=unit.call.tainted
            or spread.units[index].call.tainted
            or any(self._run.taints(given[name]) for name in own),
        )
        inputs = element_inputs(f"{word} over {label}", values, self._run.store)
        return Unit(spread.node, call, (*unit.dependencies, *inputs), index)


def bound_unit(run: Run, node: Node, given: Mapping[str, Any]) -> Unit:
    """The call that a step makes with some arguments.

    Args:
        run: The run.
        node: The step, not mapped.
        given: The arguments.

    Raises:
        NodeError: If an argument can neither be written down nor stored.
    """
    binder = Binder(run)
    arguments = {name: binder.argument(name, value) for name, value in given.items()}
    unit = prepare(replace(node, arguments=arguments), binder.artifacts, run.store, run.name)
    if isinstance(unit, Spread):
        raise NodeError(f"'{node.id}' is mapped")
    tainted = unit.call.tainted or any(map(run.taints, given.values()))
    return replace(unit, call=replace(unit.call, tainted=tainted))


def checked_arguments(node: Node, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call without those that are left to the task, checked as far as they are plain.

    Args:
        node: The step.
        arguments: What the script passes.

    Raises:
        ProblemError: With everything that is missing, unknown or not of its type.
    """
    given = {name: value for name, value in arguments.items() if value is not DEFAULT}
    if node.mocked:  # its task is not called
        return {name: value for name, value in given.items() if value is not REQUIRED}
    place = calling_place()
    problems = [_unknown(node, name) for name in given if name not in node.task.parameters]
    for name, parameter in node.task.parameters.items():
        value = given.get(name, REQUIRED if parameter.required else DEFAULT)
        subject = f"the argument '{name}' of '{node.id}'"
        if value is REQUIRED:
            problems.append(
                place.problem((), "missing-argument", f"{subject} is missing", hint=parameter.description)
            )
        elif name in given and not has_handles(value) and _is_plain(value):
            problems += value_problems(parameter, value, place, (), f"{subject}: ")
    if problems:
        raise ProblemError(
            replace(problem, message=without_environment(problem.message)) for problem in problems
        )
    return given


def _is_plain(value: Any) -> bool:
    """Whether a value is one that a spec could have, which is worth to be checked before the call."""
    if type(value) is dict:
        return all(map(_is_plain, value.values()))
    if type(value) in (list, tuple):
        return all(map(_is_plain, value))
    return value is None or type(value) in (bool, int, float, str)


def _unknown(node: Node, name: str) -> Problem:
    message = f"the task '{node.task.name}' of '{node.id}' has no argument '{name}'"
    hint = did_you_mean(name, node.task.parameters, what="its arguments") or "it takes none"
    return calling_place().problem((), "unknown-argument", message, hint=hint)
