"""A spec's shape as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ecoflows.errors import Problem
from ecoflows.source import DataPath, Source
from ecoflows.spec.airflow import Airflow
from ecoflows.spec.expressions import as_written
from ecoflows.spec.options import Options


@dataclass(frozen=True)
class MapOver:
    """What one task instance is run over, once per element.

    Attributes:
        argnames: The argument that each element goes to; of several, each takes a part of it.
        values: A reference to a list, or a list of plain values with ``Reference`` leaves.
        keyed: Whether the elements are ``(key, value)`` pairs whose keys are kept (``mapvalues``).
        path: Where it stands in the source.
        concurrency: How many elements run at the same time, at most.
        on_error: Whether a failing element fails the instance or is left out of its result.
        batch: Up to how many elements have a task run each; above it, so many share one.
    """

    argnames: tuple[str, ...]
    values: Any
    keyed: bool
    path: DataPath = field(compare=False)
    concurrency: int | None = None
    on_error: Literal["fail", "skip"] = "fail"
    batch: int = 100

    @property
    def word(self) -> str:
        """How specs write it."""
        return "mapvalues" if self.keyed else "map"


@dataclass(frozen=True)
class Instance:
    """One use of a task.

    Of an instance whose shape has problems, as much is here as could be read.

    Attributes:
        id: Its name in the spec, unlike any other; empty where it has none.
        task: The name of the task; empty where it has none.
        title: What people see, by default the id.
        arguments: Plain values with ``Reference`` and ``Word`` leaves, by argument name.
        options: How it is run.
        path: Where it stands in the source.
        arguments_path: Where its arguments stand in the source.
        task_path: Where its task is named in the source.
        complete: Whether all that is given of its arguments could be read.
        map: What it is run over, where it is.
        group: The titles of the task groups that it is in, outermost first.
    """

    id: str
    task: str
    title: str
    arguments: Mapping[str, Any]
    options: Options
    path: DataPath
    arguments_path: DataPath
    task_path: DataPath
    complete: bool = True
    map: MapOver | None = None
    group: tuple[str, ...] = ()

    @property
    def is_mapping_entry(self) -> bool:
        """Whether it is written in the mapping form, where its task's name is a key."""
        return self.path == self.task_path


@dataclass(frozen=True)
class Spec:
    """A spec's shape.

    Attributes:
        name: What the workflow is called.
        cache_root: Where results live, environment filled in; ``None`` where the spec is silent.
        instances: The task instances in the order of the file.
        source: The file, for the places of problems.
        problems: What is wrong with the shape; ``workflow.resolve`` raises it with its own.
        kept: What other tools read in it, such as ``requirements``; kept, not acted upon.
        airflow: What it says of its Airflow DAG.
        from_environment: The texts that environment variables were filled into, as they are
            written, by what they have become: messages show them as written.
        written: The same texts by their places in the source.
    """

    name: str
    cache_root: str | None
    instances: tuple[Instance, ...]
    source: Source = field(repr=False)
    problems: tuple[Problem, ...] = ()
    kept: Mapping[str, Any] = field(default_factory=dict)
    airflow: Airflow = field(default_factory=Airflow)
    from_environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    written: Mapping[DataPath, str] = field(default_factory=dict, repr=False)

    def as_written(self, text: str) -> str:
        """A message in which what came from the environment stands as the spec has it.

        Args:
            text: The message.
        """
        return as_written(text, self.from_environment)
