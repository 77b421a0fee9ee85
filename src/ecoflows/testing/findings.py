"""What is wrong with a task, as a problem with the place of its function."""

from __future__ import annotations

from typing import Any

from ecoflows.decorators import Task
from ecoflows.errors import Problem


def finding(task: Task[..., Any], code: str, message: str, hint: str | None = None) -> Problem:
    """A problem of a task.

    Args:
        task: The task; its function is the place.
        code: A short stable name for this kind of finding.
        message: What is wrong, with the task's name.
        hint: What to write.
    """
    file, _, line = task.location.rpartition(":")
    message = message.removeprefix(f"{task.location}: ")
    return Problem(code, message, file or None, int(line) if line.isdigit() else None, hint=hint)
