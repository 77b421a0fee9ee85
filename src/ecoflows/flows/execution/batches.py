"""Several elements of a map that share a process: skipped, found, or made together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from ecoflows.errors import NodeError
from ecoflows.flows.execution.execution import Execution
from ecoflows.flows.execution.work import Logger, RunEndedError
from ecoflows.store import Result
from ecoflows.workflow.attempts import outcome_before, pause_after
from ecoflows.workflow.elements import Unit
from ecoflows.workflow.execution import Run
from ecoflows.workflow.outcome import Outcome, State


def settle_together(run: Run, execution: Execution, units: Sequence[Unit], logger: Logger) -> list[Outcome]:
    """See several elements of a map through in one process, and those that failed in another.

    Args:
        run: The run that they belong to.
        execution: Makes their calls.
        units: The elements.
        logger: Takes what the processes write.

    Returns:
        What came of each.

    Raises:
        RunEndedError: If the run ends meanwhile.
    """
    started = time.perf_counter()
    before = [outcome_before(run, unit) for unit in units]
    made: dict[int, Result | NodeError] = {}
    options = units[0].node.options
    for attempt in range(1, options.retries + 2):
        left = [
            index
            for index in range(len(units))
            if before[index] is None and not isinstance(made.get(index), Result)
        ]
        if not left:
            break
        if attempt > 1:
            failed = [str(made[index]) for index in left]
            logger.warning(
                "attempt %s of %s failed: %s", attempt - 1, options.retries + 1, "; ".join(failed[:3])
            )
            if execution.ended.wait(pause_after(options, attempt - 1)):
                raise RunEndedError(f"'{units[0].node.id}': the run was ended")
        made |= zip(
            left, _attempt(run, execution, [units[index] for index in left], attempt, logger), strict=True
        )
    # They took their time together.
    seconds = (time.perf_counter() - started) / max(len(made), 1)
    return [
        known or _outcome(unit, made[index], seconds)
        for index, (unit, known) in enumerate(zip(units, before, strict=True))
    ]


def _attempt(
    run: Run, execution: Execution, units: Sequence[Unit], attempt: int, logger: Logger
) -> Sequence[Result | NodeError]:
    fresh = not run.freshness(units[0].node).reuse
    try:
        return execution.run(units, attempt=attempt, fresh=fresh, logger=logger)
    except NodeError as error:
        return [error] * len(units)


def _outcome(unit: Unit, made: Result | NodeError, seconds: float) -> Outcome:
    if isinstance(made, Result):
        return Outcome(unit.label, State.COMPLETED, made, seconds)
    return replace(Outcome(unit.label, State.FAILED, None, seconds, str(made)), exception=made)
