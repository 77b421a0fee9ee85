"""Where a task gets tables to be run on: simulated, packaged, made by other tasks, or made up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any

from ecoflows.annotations import frame_schema, is_frame, needs_frame, requires_geo
from ecoflows.decorators import Parameter, Task, type_adapter
from ecoflows.errors import EcoflowsError, Problem, ProblemError
from ecoflows.examples import example_value, find_example
from ecoflows.registry import RegisteredTask, Registry
from ecoflows.simulate.columns import CannotDrawError
from ecoflows.simulate.given import Settings
from ecoflows.simulate.observations import simulate_observations
from ecoflows.simulate.steps import NoSupplyError, Step, Table, around, frame_in
from ecoflows.simulate.tables import draw_table
from ecoflows.store import Store
from ecoflows.workflow.typecheck import Verdict, overall
from ecoflows.workflow.typecheck.known import FrameValue
from ecoflows.workflow.typecheck.tables import table_of
from ecoflows.workflow.typecheck.values import compare

_LONGEST_CHAIN = 8
_SUBJECTS = 3
_BUILT_IN = "ecoflows"

Leaf = Callable[[Any], Table | Step]


class Supply:
    """Finds the tables that a task takes, and those that other tasks take to make them.

    A table is, by preference: what ``--set`` says; what a task computes whose schema is the very one
    that is asked for; simulated observations, where they fit; what a task gives whose schema proves
    that it fits; what can be made up from the schema. Among tasks, it is made by way of as few as
    possible.
    """

    def __init__(
        self,
        task: Task[..., Any],
        registry: Registry,
        settings: Settings,
        store: Store,
        *,
        rows: int,
        seed: int,
    ) -> None:
        self._task, self._registry, self._settings, self._store = task, registry, settings, store
        self._rows, self._seed = rows, seed
        self._sought: dict[tuple[int, int, bool], Table | Step | NoSupplyError] = {}
        self._proofs: dict[tuple[str, int], bool] = {}
        self._naming = [task.reference]

    def step(self, task: Task[..., Any], problems: list[Problem]) -> Step:
        """A task that computes what it returns, with the tables that it takes.

        Args:
            task: The task.
            problems: Gets one for everything that nothing gives; the step lacks it then.
        """
        return self._step(task, self._table, problems)

    def read(self, task: Task[..., Any]) -> Table:
        """What a task that reads from outside might return.

        Args:
            task: The task.

        Raises:
            NoSupplyError: If that is no table, or if its schema does not say enough.
        """
        annotation = frame_in(task.returns)
        if annotation is None:
            raise NoSupplyError("it reads from outside, and returns no table that could be made up")
        return self._simulated(annotation) or self._drawn(annotation)

    def _step(self, task: Task[..., Any], leaf: Leaf, problems: list[Problem] | None = None) -> Step:
        """The task with its tables; without a list for problems, the first that is missing ends it."""
        arguments: dict[str, Any] = {}
        for name, parameter in task.parameters.items():
            given = self._settings.get((task.reference, name))
            takes_tables = needs_frame(parameter.annotation)
            if given is not None and (not takes_tables or given.value is None):
                arguments[name] = given.value
            elif given is not None:
                try:
                    named = self._named(given.value, given.option)
                except ProblemError as error:
                    if problems is None:
                        raise
                    problems += error.problems
                    continue
                whole = frame_in(given.value.returns) is None
                arguments[name] = named if whole else around(parameter.annotation, _always(named))
            elif takes_tables and parameter.required:
                try:
                    arguments[name] = around(parameter.annotation, leaf)
                except NoSupplyError as error:
                    if problems is None:
                        raise
                    problems.append(_unsupplied(task, name, error))
        return Step(task, arguments)

    def _named(self, task: Task[..., Any], option: str) -> Table | Step:
        """What a task gives that was named."""
        if task.reference in self._naming:
            message = f"task '{task.name}' would be run on what comes of itself"
            raise ProblemError([Problem("circle", message, option, hint="name another task")])
        self._naming.append(task.reference)
        try:
            if (packaged := self._packaged(task)) is not None:
                return packaged
            if task.is_io:
                return self.read(task)
            problems: list[Problem] = []
            found = self.step(task, problems)
        except NoSupplyError as error:
            message = f"there is nothing to use of task '{task.name}': {error}"
            raise ProblemError([Problem("no-table", message, option, hint="name another task")]) from error
        finally:
            self._naming.pop()
        if problems:
            raise ProblemError(problems)
        return found

    def _table(self, annotation: Any) -> Table | Step:
        """The table for a place, by way of as few tasks as possible."""
        for lenient in (False, True):
            for steps in range(1, _LONGEST_CHAIN + 1):
                try:
                    return self._search(annotation, steps, lenient=lenient)
                except NoSupplyError:
                    continue
        return self._drawn(annotation)

    def _search(self, annotation: Any, steps: int, *, lenient: bool) -> Table | Step:
        """A table by way of at most so many tasks.

        Unless lenient, what tasks compute comes from them: observations do not stand in for it.
        """
        key = (id(annotation), steps, lenient)
        if key not in self._sought:
            computing = () if lenient else self._computing(annotation)
            try:
                simulated = None if computing else self._simulated(annotation)
                givers = computing or self._givers(annotation)
                self._sought[key] = simulated or self._from_tasks(givers, steps, lenient=lenient)
            except NoSupplyError as error:
                self._sought[key] = error
        sought = self._sought[key]
        if isinstance(sought, NoSupplyError):
            raise sought
        return sought

    def _computing(self, annotation: Any) -> tuple[Task[..., Any], ...]:
        """The tasks that compute tables of this very schema, if none reads such."""
        model = frame_schema(annotation)
        if model is None:
            return ()
        same = [task for task in self._givers(annotation) if frame_schema(task.returns) is model]
        return () if any(task.is_io for task in same) else tuple(same)

    def _from_tasks(self, givers: Iterable[Task[..., Any]], steps: int, *, lenient: bool) -> Table | Step:
        for task in givers:
            try:
                if (packaged := self._packaged(task)) is not None:
                    return packaged
                if task.is_io:
                    return self.read(task)
                if steps > 1:
                    return self._step(task, lambda inner: self._search(inner, steps - 1, lenient=lenient))
            except NoSupplyError:
                continue
        raise NoSupplyError("no task gives such a table")

    def _givers(self, annotation: Any) -> list[Task[..., Any]]:
        """The tasks that give such a table for sure: such that lack nothing first, then built-in ones."""
        known = self._registry.all()
        package = next((one.package for one in known if one.task is self._task), None)

        def rank(one: RegisteredTask) -> tuple[int, int, str]:
            place = 0 if one.package == _BUILT_IN else 1 if one.package == package else 2
            return len(missing(one.task, self._settings)), place, one.task.reference

        others = sorted((one for one in known if one.task is not self._task), key=rank)
        return [one.task for one in others if self._proves(one.task, annotation)]

    def _proves(self, task: Task[..., Any], annotation: Any) -> bool:
        key = (task.reference, id(annotation))
        if key not in self._proofs:
            self._proofs[key] = is_frame(task.returns) and _fits(task.returns, annotation)
        return self._proofs[key]

    def _packaged(self, task: Task[..., Any]) -> Table | None:
        """What a packaged example holds, unless it is of the kind that is simulated anyway."""
        example = find_example(task)
        annotation = frame_in(task.returns)
        if example is None or (task.is_io and annotation is not None and self._simulated(annotation)):
            return None
        return Table(example_value(task, self._store), example.name)

    def _simulated(self, annotation: Any) -> Table | None:
        try:
            value = type_adapter(annotation).validate_python(self._observations.copy())
        except Exception:  # noqa: BLE001  # a check of the author's own may raise anything
            return None
        return Table(value, "simulated observations")

    @cached_property
    def _observations(self) -> Any:
        subjects = min(_SUBJECTS, self._rows)
        fixes = -(-self._rows // subjects)
        return simulate_observations(subjects=subjects, fixes=fixes, seed=self._seed).iloc[: self._rows]

    def _drawn(self, annotation: Any) -> Table:
        model = frame_schema(annotation)
        if model is None:
            raise NoSupplyError("simulated observations do not fit, and no schema says what would")
        try:
            value = draw_table(model, rows=self._rows, seed=self._seed, geo=requires_geo(annotation))
        except CannotDrawError as error:
            raise NoSupplyError(
                f"no table can be made up from the schema {model.__name__}: {error}"
            ) from error
        return Table(value, f"a table made up from {model.__name__}")


def missing(task: Task[..., Any], settings: Settings) -> list[Parameter]:
    """The parameters that have no value, and that no table can be found for.

    Args:
        task: The task.
        settings: What was given.
    """
    return [
        parameter
        for name, parameter in task.parameters.items()
        if parameter.required
        and not needs_frame(parameter.annotation)
        and (task.reference, name) not in settings
    ]


def _always(found: Table | Step) -> Leaf:
    return lambda _annotation: found


def _fits(given: Any, annotation: Any) -> bool:
    """Whether every table of an annotation is taken by another."""
    try:
        table = replace(table_of(frame_schema(given)), is_geo=requires_geo(given))
        return overall(compare(FrameValue(table), annotation)) is Verdict.PROVED
    except EcoflowsError:  # a schema that cannot be built
        return False


def _unsupplied(task: Task[..., Any], name: str, error: NoSupplyError) -> Problem:
    file, _, line = task.location.rpartition(":")
    message = (
        f"nothing gives the table for '{name}' of task '{task.name}': no task does for sure, and {error}"
    )
    hint = f"name a task that gives it: --set {task.name}.{name}=TASK"
    return Problem("no-table", message, file or None, int(line) if line.isdigit() else None, hint=hint)
