"""A DAG as the text of a file that imports nothing of ours."""

from __future__ import annotations

from ecoflows.errors import Problem, ProblemError, in_order
from ecoflows.source import flow_text
from ecoflows.targets.airflow.bash import Bash
from ecoflows.targets.airflow.checks import problems_of, warnings_of
from ecoflows.targets.airflow.code import Code, call, comment
from ecoflows.targets.airflow.kubernetes import Kubernetes
from ecoflows.targets.airflow.operators import ENDED, Operators
from ecoflows.targets.airflow.steps import Plan, Step, plan_of
from ecoflows.targets.airflow.templates import MACRO
from ecoflows.targets.base import Compilation
from ecoflows.targets.formatting import formatted
from ecoflows.targets.literal import literal
from ecoflows.targets.provenance import provenance

_OPERATORS: dict[str, type[Operators]] = {"kubernetes": Kubernetes, "bash": Bash}


def render(compilation: Compilation) -> str:
    """The text of an Airflow DAG.

    Args:
        compilation: What is compiled.

    Raises:
        ProblemError: If Airflow or Kubernetes cannot carry it.
        UsageError: If an option of the target has a value that it does not know.
    """
    plan = plan_of(compilation)
    if problems := problems_of(plan):
        raise ProblemError(in_order(problems))
    operators = _OPERATORS[plan.operator](plan)
    parts = [_head(plan), _imports(plan, operators), f"AS_JSON = {literal(MACRO)}", operators.common()]
    if any(step.source is not None for step in plan.steps.values()):
        parts.append(operators.function)
    if any(step.leaves_out for step in plan.steps.values()):
        parts.append(ENDED)
    body = [*_groups(plan), *(line for step in plan.steps.values() for line in _step(step, plan, operators))]
    body += _edges(plan)
    parts.append(f"with {_dag(plan)} as dag:\n{_indented(body)}")
    return formatted("\n\n".join(parts))


def warnings(compilation: Compilation) -> list[Problem]:
    """What the user of a DAG that can be made should know.

    Args:
        compilation: What is compiled.
    """
    return warnings_of(plan_of(compilation))


def _head(plan: Plan) -> str:
    workflow = plan.compilation.workflow
    mocked = [node.id for node in workflow.nodes.values() if node.mocked]
    lines = [
        *provenance(plan.compilation),
        "Do not edit: compile the spec again. Runs on Airflow 2.10+ and 3.x.",
        *([f"MOCK: packaged examples stand in for what {', '.join(mocked)} would return."] if mocked else []),
    ]
    return "\n".join(map(comment, lines))


def _imports(plan: Plan, operators: Operators) -> str:
    has_maps = any(step.source is not None for step in plan.steps.values())
    has_functions = has_maps or any(step.leaves_out for step in plan.steps.values())
    three = ["DAG", "Param", *(["TaskGroup"] if plan.groups else []), *(["task"] if has_functions else [])]
    two = ["from airflow import DAG"]
    two += ["from airflow.decorators import task"] if has_functions else []
    two += ["from airflow.models.param import Param"]
    two += ["from airflow.utils.task_group import TaskGroup"] if plan.groups else []
    options = [step.node.options for step in plan.steps.values()]
    has_spans = any(found.retries or found.timeout_seconds is not None for found in options)
    standard = ["import json"] if has_maps and plan.operator == "bash" else []
    standard += [f"from datetime import datetime{', timedelta' if has_spans else ''}"]
    lines = "\n".join(standard)
    return f"""from __future__ import annotations

{lines}

{operators.imports.strip()}

try:  # Airflow 3
    from airflow.sdk import {", ".join(three)}
except ImportError:  # Airflow 2
{_indented(two)}
"""


def _dag(plan: Plan) -> Code:
    workflow, block = plan.compilation.workflow, plan.airflow
    parameters = {found.name: found.source() for found in plan.parameters.all()}
    lines = "\n\n".join(provenance(plan.compilation))
    mock = "MOCK: " if any(node.mocked for node in workflow.nodes.values()) else ""
    keywords = {
        "dag_id": workflow.name,
        "description": f"{mock}{workflow.name}, compiled by ecoflows",
        "doc_md": f"{mock}{lines}\n",
        "schedule": block.schedule,
        # In its own zone: Airflow counts a schedule's hours in that.
        "start_date": call("datetime.fromisoformat", block.start_date.isoformat()),
        "catchup": block.catchup,
        "max_active_runs": 1,
        **({"tags": list(dict.fromkeys(block.tags))} if block.tags else {}),
        "params": parameters,
    }
    return call("DAG", keywords=keywords)


def _groups(plan: Plan) -> list[str]:
    if not plan.groups:
        return []
    lines = ["groups = {}"]
    for titles, name in plan.groups.items():
        outer = plan.groups.get(titles[:-1])
        inside = {"parent_group": Code(f"groups[{literal(outer)}]")} if outer is not None else {}
        keywords = {"group_id": name, "tooltip": titles[-1], "prefix_group_id": False, **inside}
        lines.append(f"groups[{literal(name)}] = {call('TaskGroup', keywords=keywords)}")
    return lines


def _step(step: Step, plan: Plan, operators: Operators) -> list[str]:
    constants = plan.parameters.constants.get(step.node.id, {})
    fixed = [
        comment(f"{name} is fixed: no form carries {flow_text(value)[:60]}")
        for name, value in constants.items()
    ]
    return ["", *fixed, *operators.definitions(step)]


def _edges(plan: Plan) -> list[str]:
    lines = [""]
    for step in plan.steps.values():
        above = [plan.steps[name].result for name in step.node.upstream]
        if above:
            lines.append(f"{_before(above)} >> {step.variable}")
        if step.leaves_out:
            shared = [f"{step.variable}_elements"] if step.source is not None else []
            lines.append(f"{step.variable} >> {step.variable}_ended")
            lines.append(f"{_before([*above, *shared, f'{step.variable}_ended'])} >> {step.result}")
        elif step.node.map is not None:
            lines.append(f"{step.variable} >> {step.result}")
    return lines


def _before(variables: list[str]) -> str:
    return variables[0] if len(variables) == 1 else f"[{', '.join(variables)}]"


def _indented(lines: list[str]) -> str:
    return "\n".join(f"    {line}" for line in lines)
