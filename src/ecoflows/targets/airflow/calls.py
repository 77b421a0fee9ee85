"""What the processes of a step are told: the command, and the call in the environment."""

from __future__ import annotations

from ecoflows.invocation import described_arguments, described_map, described_options
from ecoflows.targets.airflow.steps import Plan, Step
from ecoflows.targets.airflow.templates import entries, filled, json_template, object_template

VARIABLE = "ECOFLOWS_CALL"

MAX_LENGTH = 100_000
"""An environment variable of Linux has 128 KiB, of which parameters of the run need some."""


def command(step: Step, *options: str) -> list[str]:
    """The arguments of ``ecoflows`` that run a step.

    Args:
        step: The step.
        options: What else ``run-task`` is told.
    """
    return ["run-task", step.node.task.reference, *options]


def elements_option(first: int, last: int) -> list[str]:
    """What makes ``run-task`` run some elements.

    Args:
        first: The first one's place.
        last: The last one's.
    """
    return ["--elements", f"{first}-{last}"]


def call_template(step: Step, plan: Plan) -> list[str]:
    """The template of a step's call, in pieces; it needs the macro in front.

    Args:
        step: The step.
        plan: The DAG.

    Raises:
        SerializationError: If a value cannot be written down.
    """
    node = step.node
    constants = {**node.arguments, **plan.parameters.constants.get(node.id, {})}
    written = [
        ("workflow", plan.compilation.workflow.name),
        ("instance", node.id),
        *described_options(node).items(),
        *([("arguments", described_arguments(constants))] if constants else []),
        *([("map", described_map(node.map))] if node.map else []),
    ]
    found = [("cache_root", [filled(plan.parameters.filled_cache_root)]), ("run", [filled("run_id")])]
    found += [(key, [json_template(value)]) for key, value in written]
    if parameters := plan.parameters.filled(node):
        found.append(("parameters", entries(parameters)))
    if not node.upstream:
        # One look is enough, and what does not run cannot do harm.
        known = [one.name for one in plan.parameters.all()]
        found += [
            ("known", [json_template(known)]),
            ("given", [filled("(dag_run.conf or {}) | list")]),
        ]
    return object_template(found)
