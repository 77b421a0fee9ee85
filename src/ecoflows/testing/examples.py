"""Whether the example of a task's return value is valid and can be stored."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryDirectory
from typing import Any

from ecoflows.decorators import Task
from ecoflows.errors import ExampleError, Problem, TaskDefinitionError
from ecoflows.examples import check_example, find_example
from ecoflows.store import Store
from ecoflows.testing.findings import finding


def example_findings(task: Task[..., Any]) -> Iterator[Problem]:
    """What is wrong with the example of what a task returns; nothing where there is none.

    Args:
        task: The task.
    """
    try:
        example = find_example(task)
        if example is not None:
            with TemporaryDirectory(prefix="ecoflows-") as root:
                check_example(task, example, Store(root))
    except ExampleError as error:
        yield finding(task, "task-example", error.message, error.hint)
    except TaskDefinitionError:  # told where the signature is checked
        return
