"""Make an example of what a task returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

from ecoflows.annotations import needs_frame
from ecoflows.decorators import Parameter, Task
from ecoflows.errors import ExampleError, NodeError, Problem, ProblemError, SerializationError
from ecoflows.examples import Example, check_example, example_name
from ecoflows.registry import Registry
from ecoflows.runtime import Call, run_node
from ecoflows.simulate.given import Settings, read_settings
from ecoflows.simulate.steps import NoSupplyError, Step, Table, frame_in, with_leaves
from ecoflows.simulate.supply import Supply, missing
from ecoflows.store import Artifact, Store
from ecoflows.store.canonical import canonical_json, encode
from ecoflows.store.codecs.base import is_a
from ecoflows.store.serializers.frames import FrameSerializer
from ecoflows.workflow.params import type_text


@dataclass(frozen=True)
class Made:
    """An example that was made.

    Attributes:
        example: The example.
        origin: What it was made of, in a few words.
    """

    example: Example
    origin: str


def make_example(
    task: Task[..., Any], registry: Registry, settings: Sequence[str] = (), *, rows: int, seed: int
) -> Made:
    """Make an example of what a task returns; the same arguments give the same bytes.

    What a task tagged ``io`` returns is simulated or made up from its schema, and the task is not
    run. Any other task is run, on tables that are simulated, packaged as examples, or made by other
    tasks in the same way.

    Args:
        task: The task.
        registry: The tasks that may give what it takes.
        settings: ``ARG=VALUE`` and ``TASK.ARG=VALUE`` texts; for a table VALUE is the task that
            gives it.
        rows: How many rows a table has that is simulated or made up.
        seed: The seed of all draws, not negative.

    Raises:
        ProblemError: With all settings that are wrong, missing or without use.
        ExampleError: If nothing can be made up, if a task fails, or if what it returns cannot be
            written as one table or as JSON.
    """
    if needs_frame(task.returns) and frame_in(task.returns) is None:
        raise ExampleError(
            f"no example can be made of what task '{task.name}' returns: it has several tables, and an "
            "example holds one, or what JSON can say",
            "what takes them can be given an example of its own",
        )
    given = read_settings(task, settings, registry)
    with TemporaryDirectory(prefix="ecoflows-") as root:
        store = Store(root)
        supply = Supply(task, registry, given, store, rows=rows, seed=seed)
        made: Table | Step
        if task.is_io:
            _refuse_settings(task, given)
            try:
                made = supply.read(task)
            except NoSupplyError as error:
                raise _cannot(task, str(error)) from error
            value = made.value
        else:
            problems: list[Problem] = []
            made = supply.step(task, problems)
            problems += _setting_problems(made, given, complete=not problems)
            if problems:
                raise ProblemError(problems)
            value = _run(task, made, store)
        example = _written(task, value, store)
        check_example(task, example, store)
    return Made(example, made.origin)


def _run(task: Task[..., Any], made: Step, store: Store) -> Any:
    done: dict[int, Artifact] = {}

    def artifact(part: Table | Step) -> Artifact:
        if id(part) not in done:
            if isinstance(part, Table):
                done[id(part)] = store.save(part.value)
            else:
                arguments = {name: with_leaves(value, artifact) for name, value in part.arguments.items()}
                done[id(part)] = run_node(Call(part.task, arguments), store).artifact
        return done[id(part)]

    try:
        return store.load(artifact(made), task.returns)
    except NodeError as error:
        raise _cannot(
            task, f"{made.origin} fails: {error}", "give other arguments with --set; or, "
        ) from error


def _written(task: Task[..., Any], value: Any, store: Store) -> Example:
    if is_a(value, "pandas", "DataFrame"):
        return Example(example_name(task, "parquet"), FrameSerializer().dump(value, store))
    try:
        return Example(example_name(task, "json"), canonical_json(encode(value)))
    except SerializationError as error:
        raise ExampleError(
            f"no example can be made of what task '{task.name}' returns: {error}",
            "return one table, or what JSON can say",
        ) from error


def _cannot(task: Task[..., Any], reason: str, way: str = "") -> ExampleError:
    names = " or ".join(example_name(task, extension) for extension in ("parquet", "json"))
    return ExampleError(
        f"no example can be made of what task '{task.name}' returns: {reason}",
        f"{way}if you have one, put it beside {task.module} as {names}",
    )


def _refuse_settings(task: Task[..., Any], given: Settings) -> None:
    message = f"task '{task.name}' reads from outside, and is not run for an example"
    if given:
        raise ProblemError(
            Problem("unused-setting", message, one.option, hint="leave it out") for one in given.values()
        )


def _setting_problems(made: Step, given: Settings, *, complete: bool) -> list[Problem]:
    """What is missing, of all tasks that are run, and once these are all known what is of no use."""
    steps: dict[str, Step] = {}
    pending: list[Table | Step] = [made]
    while pending:
        part = pending.pop(0)
        if isinstance(part, Step):
            steps.setdefault(part.task.reference, part)
            pending += part.needed
    problems = [
        _missing(step.task, parameter, own=step is made)
        for step in steps.values()
        for parameter in missing(step.task, given)
    ]
    for (reference, _name), one in given.items():
        if complete and reference not in steps:
            message = f"task '{one.task.name}' is not run for this example, which is made by {made.origin}"
            problems.append(Problem("unused-setting", message, one.option, hint="leave it out"))
    return problems


def _missing(task: Task[..., Any], parameter: Parameter, *, own: bool) -> Problem:
    name = parameter.name if own else f"{task.name}.{parameter.name}"
    described = f": {parameter.description}" if parameter.description else ""
    return Problem(
        "missing-parameter",
        f"the parameter '{parameter.name}' of task '{task.name}' is missing",
        hint=f"{type_text(parameter)}{described} (give it with --set {name}=VALUE)",
    )
