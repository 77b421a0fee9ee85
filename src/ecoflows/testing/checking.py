"""Tell everything that keeps a task from being a good citizen, at once."""

from __future__ import annotations

from typing import Any

from ecoflows.decorators import Task
from ecoflows.errors import ProblemError, TaskDefinitionError
from ecoflows.testing.docstrings import docstring_findings
from ecoflows.testing.examples import example_findings
from ecoflows.testing.signatures import signature_findings


class TaskCheckError(ProblemError, TaskDefinitionError):
    """Raised where a task is not complete; ``problems`` has everything that it lacks."""


def check_task(task: Task[..., Any]) -> None:
    """Check that a task has all that forms, editors, listings and the store need of it.

    - Every parameter is annotated, and described by ``Field(description=...)``.
    - The return value is annotated.
    - Every table has a schema, ``DataFrame[Model]``, whose columns are all described;
      ``AnyDataFrame`` and ``AnyGeoDataFrame`` say that any table will do.
    - Defaults are valid by the annotations of their parameters.
    - JSON Schema can be made of every parameter that is no table.
    - The docstring (Google style) begins with a line that is a sentence, has an ``Args:`` section
      with exactly the parameters, and ``Returns:`` unless nothing is returned.
    - An example of the return value, where there is one, is valid by the return annotation and can
      be stored. It is a file beside the module that defines the task:
      ``<task-name>.example-return.parquet`` for a table, or ``<task-name>.example-return.json``.
      Both may be what ``ecoflows run --outputs`` wrote, or what another tool did.

    The task is not run. Call it in a test of every task, see ``ecoflows.testing``.

    Args:
        task: What ``@distributed`` made of a function.

    Raises:
        TaskCheckError: If anything is missing or wrong. Its text has one finding after the other,
            each with the task, its file and line, and what to write; ``problems`` has them as data.
        TaskDefinitionError: If it is no task.
    """
    if not isinstance(task, Task):
        raise TaskDefinitionError(f"check_task takes a task, which @distributed makes, not {task!r}")
    found = [*signature_findings(task), *docstring_findings(task), *example_findings(task)]
    if found:
        raise TaskCheckError(found)
