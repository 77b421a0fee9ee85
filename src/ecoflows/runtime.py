"""Run one node: load its inputs, validate, call, validate, store.

A flow's task, a pod and compiled code all call what is here, so that no target can drift from
another.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from ecoflows import __version__
from ecoflows.connections.finding import find_connection
from ecoflows.decorators import Task
from ecoflows.errors import CorruptArtifactError, EcoflowsError, FrameValidationError, NodeError
from ecoflows.examples import example_of, example_value
from ecoflows.keys import CacheKey, cache_key, example_key
from ecoflows.progress import within
from ecoflows.skipped import SKIPPED
from ecoflows.store import Artifact, Result, Store


class SkippedInputError(EcoflowsError):
    """Raised where a task that runs in any case cannot do without an input that was skipped."""


@dataclass(frozen=True)
class Call:
    """One call of a task, everything bound.

    Attributes:
        task: The task.
        arguments: Plain values with ``Artifact`` leaves.
        workflow: The workflow it belongs to, if any.
        instance: The task instance's id there, if any.
        origins: Where each argument was written.
        element: Which element of the instance, where it is mapped.
        shared: Keeps the canonical form of arguments that are the same for several calls.
        mocked: Whether the task's packaged example stands in for its return value.
        tainted: Whether an argument comes from such an example.
    """

    task: Task[..., Any]
    arguments: Mapping[str, Any]
    workflow: str | None = None
    instance: str | None = None
    origins: Mapping[str, str] = field(default_factory=dict)
    element: str | None = None
    shared: dict[str, tuple[Any, Any]] | None = field(default=None, compare=False, repr=False)
    mocked: bool = False
    tainted: bool = False

    @property
    def is_mock(self) -> bool:
        """Whether what it gives must never be taken for a real result."""
        return self.mocked or self.tainted

    @cached_property
    def key(self) -> CacheKey:
        """The cache key.

        Raises:
            NodeError: If an argument does not fit, or cannot be part of a key.
        """
        with _stage(self, "its cache key"):
            if self.mocked:
                return example_key(self.task, example_of(self.task).digest)
            return cache_key(self.task, self.arguments, self.shared, mock=self.tainted)

    @property
    def label(self) -> str:
        """What messages call it."""
        name = self.instance or self.task.name
        return name if self.element is None else f"{name}[{self.element}]"


class Reuse(StrEnum):
    """Why an earlier result stands in for a new one, or why none does."""

    HIT = "cached"
    NEVER_RAN = "never ran"
    IO = "io is fresh"
    NOT_ALLOWED = "cache: never"
    FORCED = "forced"
    EXPIRED = "older than its ttl"
    DAMAGED = "stored result damaged"


@dataclass(frozen=True)
class Freshness:
    """How old a result may be to be used again; ``None`` for any age.

    Attributes:
        ttl: The greatest age.
        reuse: Whether an earlier result is ever used.
        reason: Why not, where it is not.
        required: Whether none may be made anew, as what it is made from is out of reach.
    """

    ttl: timedelta | None = None
    reuse: bool = True
    reason: Reuse = Reuse.NOT_ALLOWED
    required: bool = False


@dataclass(frozen=True)
class Found:
    """What the store has for a call.

    Attributes:
        result: The earlier result, sound and fresh enough, or ``None``.
        why: Why it is or is not there.
        detail: More about that, for messages.
    """

    result: Result | None
    why: Reuse
    detail: str = ""


def find_result(call: Call, store: Store, freshness: Freshness | None = None) -> Found:
    """Look for a result that can stand in for a call.

    Args:
        call: The call.
        store: Where results live.
        freshness: How old it may be.

    Returns:
        The result, with its artifact's content verified, or the reason why there is none.
    """
    freshness = freshness or Freshness()
    if not freshness.reuse:
        return Found(None, freshness.reason)
    result = store.find_result(call.key.key)
    if result is None:
        return Found(None, Reuse.NEVER_RAN)
    if freshness.ttl is not None and datetime.now(UTC) - result.created > freshness.ttl:
        return Found(None, Reuse.EXPIRED)
    try:
        store.verify(result.artifact)
    except CorruptArtifactError as error:
        return Found(None, Reuse.DAMAGED, str(error))
    return Found(result, Reuse.HIT)


def run_node(call: Call, store: Store) -> Result:
    """Run one task instance and store what it returns.

    Args:
        call: What to call, with artifacts for inputs.
        store: Where inputs are read from and the result is written to.

    Returns:
        The stored result.

    Raises:
        NodeError: If loading, validating, the task itself or storing fails; the cause is the
            original error. Nothing is stored then.
    """
    started = time.perf_counter()
    value = _example(call, store) if call.mocked else _called(call, store)
    with _stage(call, "the return value"):
        artifact = store.save(value, call.task.returns).as_mock(call.is_mock)
    result = Result(
        key=call.key.key,
        task=call.task.reference,
        workflow=call.workflow,
        instance=call.instance,
        element=call.element,
        code=call.key.code,
        arguments=dict(call.key.arguments),
        inputs=dict(call.key.inputs),
        return_type=call.key.return_type,
        artifact=artifact,
        created=datetime.now(UTC),
        seconds=time.perf_counter() - started,
        peak_memory_bytes=_peak_memory(),
        ecoflows_version=__version__,
    )
    with _stage(call, "the result"):
        store.save_result(result)
    return result


def _called(call: Call, store: Store) -> Any:
    """What the task returns, valid by its annotation."""
    arguments = {}
    for name in call.arguments:
        with _stage(call, f"the argument '{name}'"):
            arguments[name] = _argument(call, store, name)
    arguments |= _defaults(call)
    with _clients(call, arguments) as clients:
        with _stage(call), within(call.label):
            value = call.task.function(**{**arguments, **clients})
        with _stage(call, "the return value"):
            return _returned(call.task, value)


@contextmanager
def _clients(call: Call, arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The clients that the task takes, by argument; each is closed at the end, whatever happens."""
    with ExitStack() as opened:
        clients = {}
        for name, value in arguments.items():
            mark = call.task.parameters[name].client
            if mark is not None and isinstance(value, str):
                with _stage(call, f"the argument '{name}'"):
                    connection = find_connection(mark.type, value)
                    clients[name] = opened.enter_context(connection.connect())
        yield clients


def _example(call: Call, store: Store) -> Any:
    """What stands in for it in a mock."""
    with _stage(call, "its example"):
        return example_value(call.task, store)


@contextmanager
def _stage(call: Call, subject: str = "") -> Iterator[None]:
    try:
        yield
    except NodeError:
        raise
    except (Exception, SystemExit, GeneratorExit) as error:  # a task that exits has failed, no more
        raise NodeError(_explain(call, subject, error)) from error


def _explain(call: Call, subject: str, error: BaseException) -> str:
    kind = "" if isinstance(error, FrameValidationError | SkippedInputError) else f"{type(error).__name__}: "
    text = _validation_text(error) if isinstance(error, ValidationError) else f"{kind}{error}"
    subject = (
        next(iter(getattr(error, "__notes__", ())), subject)
        if isinstance(error, ValidationError)
        else subject
    )
    return f"'{call.label}'{f', {subject}' if subject else ''}: {text}"


def _validation_text(error: ValidationError) -> str:
    findings = [
        f"{'.'.join(map(str, item['loc']))}{': ' if item['loc'] else ''}{item['msg']}"
        for item in error.errors(include_url=False, include_input=False)
    ]
    return "; ".join(findings[:5]) + (f"; and {len(findings) - 5} more" if len(findings) > 5 else "")


_NUMBERS = tuple("biuf")


def _argument(call: Call, store: Store, name: str) -> Any:
    parameter = call.task.parameters[name]
    value = loaded(call.arguments[name], store, parameter.annotation)
    if not parameter.admits_skipped:
        value = without_skipped(value)
        if value is SKIPPED:
            raise SkippedInputError(
                f"what it takes was skipped; skip '{call.instance or call.task.name}' too (skipif: "
                f"any_dependency_skipped), or annotate '{name}' with '| Skipped'"
            )
    return parameter.adapter.validate_python(value)


def loaded(value: Any, store: Store, annotation: Any = Any) -> Any:
    """Replace artifacts by the values that they stand for, however deep they are.

    Args:
        value: Lists, tuples and dicts of plain values with ``Artifact`` leaves.
        store: Where they are read from.
        annotation: What the reader expects.
    """
    if isinstance(value, Artifact):
        return store.load(value, annotation)
    if isinstance(value, dict):
        return {key: loaded(item, store) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(loaded(item, store) for item in value)
    return value


def without_skipped(value: Any) -> Any:
    """A value without what was skipped in it, as tasks get it that do not ask for the gaps.

    Args:
        value: Entries of lists and mappings are left out, and pairs of a key with what was skipped.
    """
    if is_skipped(value):
        return SKIPPED
    if type(value) is list:
        return [without_skipped(item) for item in value if not is_skipped(item)]
    if type(value) is dict:
        return {key: without_skipped(item) for key, item in value.items() if not is_skipped(item)}
    return value


def is_skipped(value: Any) -> bool:
    """Whether a value was skipped, or is a key with a value that was.

    Args:
        value: Any value, or the reference to one.
    """
    if isinstance(value, tuple) and len(value) == 2:
        value = value[1]
    return value is SKIPPED or (isinstance(value, Artifact) and value.is_skipped)


def _defaults(call: Call) -> dict[str, Any]:
    """The defaults of what is not given, as the same values given would arrive: the key counts on it."""
    missing = (item for item in call.task.parameters.values() if item.name not in call.arguments)
    return {parameter.name: parameter.usual for parameter in missing if not parameter.required}


def _returned(task: Task[..., Any], value: Any) -> Any:
    """The return value, valid by its annotation."""
    if getattr(getattr(value, "dtype", None), "kind", "") in _NUMBERS and getattr(value, "ndim", 1) == 0:
        value = value.item()  # a numpy scalar is the number that it holds
    return task.return_adapter.validate_python(value)


def _peak_memory() -> int | None:
    """The most memory this process has had so far, in bytes."""
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
