"""The operators of a DAG as source, whatever runs them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from ecoflows.exits import Exit
from ecoflows.targets.airflow.calls import VARIABLE, call_template, command, elements_option
from ecoflows.targets.airflow.code import Code, call, joined
from ecoflows.targets.airflow.steps import Plan, Step
from ecoflows.targets.literal import literal

ALLOWANCE = 600
"""How long a process may take to start (s)."""

_LONGEST = 2**31 - 1
"""The longest time limit that Kubernetes takes (s)."""

SKIPPED_EXIT: int = Exit.SKIPPED.value
"""How ``run-task`` ends where it skipped."""

ENDED = '''
@task(trigger_rule="all_done")
def ended():
    """Be done once all elements of a map ended, however they did."""
'''
"""The source of what waits for elements that may fail."""

Keywords = dict[str, Any]


class Operators(ABC):
    """Writes the operators of one DAG.

    Attributes:
        name: The operator's class.
        imports: The source of its imports.
        function: The source of what shares out the elements of a map.
        expands: Which of its arguments says what one process of a mapped one does.
        variables: Which of its arguments has the environment of its processes.
        spread: The variable that has what all of them have in common.
    """

    name: str
    imports: str
    function: str
    expands: str
    variables: str
    spread: str | None = None

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    @abstractmethod
    def common(self) -> str:
        """The source of what all operators have in common."""

    @abstractmethod
    def single(self, step: Step, options: list[str]) -> Keywords:
        """What is special of an operator for one process that gives a step's value."""

    @abstractmethod
    def many(self, step: Step) -> Keywords:
        """What is special of an operator for the elements of a map."""

    @abstractmethod
    def one_of_many(self, words: list[str]) -> Any:
        """What one process of a mapped operator is told to do."""

    def definitions(self, step: Step) -> list[str]:
        """The source of a step's operators."""
        call_source = Code(f"AS_JSON + {joined(call_template(step, self.plan))}")
        if step.node.map is None:
            environment = {VARIABLE: call_source}
            return [self._assigned(step.variable, self._single(step, [], environment))]
        environment = {VARIABLE: Code(f"{step.variable}_call")}
        return [
            f"{step.variable}_call = {call_source}",
            *self._elements(step),
            self._assigned(step.variable, self._mapped(step, environment)),
            *self._ended(step),
            self._assigned(step.result, self._single(step, ["--collect"], environment)),
        ]

    def _single(self, step: Step, options: list[str], environment: Mapping[str, Any]) -> Code:
        over = step.node.map
        title = step.node.title if over is None else f"{step.node.title}: all elements"
        keywords = {
            **self._usual(step, step.result_id, title),
            **(self._time_limit(step) if over is None else {}),
            **self.single(step, options),
            **self.environment(environment),
        }
        return call(self.name, spread=self.spread, keywords=keywords)

    def _mapped(self, step: Step, environment: Mapping[str, Any]) -> Code:
        over = step.node.map
        concurrency = over.concurrency if over is not None else None
        keywords = {
            **self._usual(step, step.node.id, step.node.title),
            **({"max_active_tis_per_dagrun": concurrency} if concurrency is not None else {}),
            **self._time_limit(step),
            **self.many(step),
            **self.environment(environment),
        }
        partial = call(f"{self.name}.partial", spread=self.spread, keywords=keywords)
        if step.shares is None:
            values: Any = Code(f"{step.variable}_elements")
        else:
            values = [self.one_of_many(command(step, *elements_option(*share))) for share in step.shares]
        return call(f"{partial}.expand", keywords={self.expands: values})

    def _elements(self, step: Step) -> list[str]:
        """The task that shares out the elements of what another step returns."""
        if step.source is None or step.node.map is None:
            return []
        shared_out = self._own(step, "share_out", "elements")
        source = Code(f"{self.plan.steps[step.source].result}.output")
        whole = self.one_of_many(command(step))
        return [f"{step.variable}_elements = {call(shared_out, source, step.node.map.batch, whole)}"]

    def _ended(self, step: Step) -> list[str]:
        """The task that is done once all elements ended, where those that fail are left out.

        What puts them together waits for it, and not for the elements: a rule of its own that runs it
        after failed ones would run it after a failed source, too, and make the whole run a success.
        """
        if not step.leaves_out:
            return []
        return [f"{step.variable}_ended = {call(self._own(step, 'ended', 'ended'))}"]

    def _own(self, step: Step, function: str, part: str) -> Code:
        """A function of the file as a task of a step."""
        keywords = {"task_id": f"{step.node.id}.{part}", **self._group(step)}
        title = {"task_display_name": f"{step.node.title}: {part}"}
        return call(f"{function}.override", keywords={**keywords, **title})

    def _usual(self, step: Step, task_id: str, title: str) -> Keywords:
        options, described = step.node.options, step.node.task.description
        delays = options.retry_delay_seconds
        delay = delays[0] if isinstance(delays, tuple) else delays
        return {
            "task_id": task_id,
            "task_display_name": title,
            **({"doc_md": described} if described else {}),
            **self._group(step),
            "trigger_rule": "none_failed",
            "retries": options.retries,
            **({"retry_delay": _seconds(delay)} if options.retries else {}),
        }

    def _group(self, step: Step) -> Keywords:
        found = self.plan.groups.get(step.node.group)
        return {"task_group": Code(f"groups[{literal(found)}]")} if found is not None else {}

    def _time_limit(self, step: Step) -> Keywords:
        limit = self.limit(step)
        return {} if limit is None else {"execution_timeout": _seconds(limit)}

    def limit(self, step: Step) -> int | None:
        """When a process that did not keep its own time limit is ended (s)."""
        timeout = step.node.options.timeout_seconds
        return None if timeout is None else min(math.ceil(timeout * step.in_a_row) + ALLOWANCE, _LONGEST)

    def environment(self, variables: Mapping[str, Any]) -> Keywords:
        """The keyword arguments that give a process its environment."""
        return {self.variables: dict(variables)}

    @staticmethod
    def _assigned(variable: str, source: Code) -> str:
        return f"{variable} = {source}"


def _seconds(count: float) -> Code:
    return call("timedelta", keywords={"seconds": count})
