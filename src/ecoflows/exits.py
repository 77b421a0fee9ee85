"""How commands end: the exit codes that shells, pods and schedulers read before any output."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The command line's exit codes; 2 is click's own for wrong usage.

    The last two are those of ``run-task`` alone: 75 is sysexits' EX_TEMPFAIL, 99 what Airflow takes
    for a skip.
    """

    DONE = 0
    PROBLEMS = 1
    USAGE = 2
    TASK_FAILED = 3
    RETRYABLE = 75
    SKIPPED = 99
