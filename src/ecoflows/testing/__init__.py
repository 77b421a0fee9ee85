"""Checks for the tests of a package of tasks.

One test for all tasks of a package, ``park_tasks`` here, as it is called in its ``pyproject.toml``::

    import pytest

    from ecoflows import registry
    from ecoflows.decorators import Task
    from ecoflows.testing import check_task

    TASKS = [found.task for found in registry.installed().all() if found.package == "park_tasks"]


    @pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
    def test_task_is_complete(task: Task) -> None:
        check_task(task)

A module that cannot be imported has no tasks to check: add
``assert registry.installed().broken == ()`` where nothing else would notice.
"""

from ecoflows.testing.checking import TaskCheckError, check_task

__all__ = ["TaskCheckError", "check_task"]
