"""A command of the machine that Airflow runs on for each process of a DAG."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ecoflows.targets.airflow.calls import command
from ecoflows.targets.airflow.operators import SKIPPED_EXIT, Keywords, Operators
from ecoflows.targets.airflow.steps import Step

_FILES = (".sh", ".bash")
"""The endings by which BashOperator takes a command for the name of a template's file."""


class Bash(Operators):
    """Writes a command of the machine for each process."""

    name = "BashOperator"
    expands = "bash_command"
    variables = "env"
    imports = """
try:  # Airflow 3
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:  # Airflow 2
    from airflow.operators.bash import BashOperator
"""
    function = '''
@task(trigger_rule="none_failed")
def share_out(answer, batch, command):
    """Give a command for each element of a list, or for several where there are many."""
    length = (json.loads(answer) if answer else {}).get("length") or 0  # what was skipped has no answer
    size = 1 if length <= batch else batch
    firsts = range(0, length, size)
    return [f"{command} --elements {first}-{min(first + size, length) - 1}" for first in firsts]
'''

    def common(self) -> str:
        return ""

    def single(self, step: Step, options: list[str]) -> Keywords:
        line = self.one_of_many(command(step, *options))
        return {
            "bash_command": f"{line} " if line.endswith(_FILES) else line,
            "do_xcom_push": step.is_source,
            **self._process(),
        }

    def many(self, step: Step) -> Keywords:  # noqa: ARG002  # all of them are alike
        return {"do_xcom_push": False, **self._process()}

    def one_of_many(self, words: list[str]) -> Any:
        return shlex.join(["ecoflows", *words])

    def environment(self, variables: Mapping[str, Any]) -> Keywords:
        return {**super().environment(variables), "append_env": True}

    @staticmethod
    def _process() -> Keywords:
        # Without a folder of its own, each command would run in a new, empty one.
        return {"cwd": ".", "skip_on_exit_code": SKIPPED_EXIT}
