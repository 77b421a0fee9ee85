"""What Jobs are called, and the labels by which they are found."""

from __future__ import annotations

import hashlib
import json
import re

from ecoflows.resources import MANAGED_BY

WORKFLOW = "ecoflows/workflow"
"""The label that has the workflow."""

FLOW_RUN = "ecoflows/flow-run"
"""The label that has the id of the flow run."""

INSTANCE = "ecoflows/instance"
"""The label that has the task instance."""

PREFECT_FLOW_RUN = "prefect.io/flow-run-id"
"""What shows a pod's events in the flow run; on a Job it would let Prefect take it for the run's own."""

PREFECT_FLOW_RUN_NAME = "prefect.io/flow-run-name"

_OURS = "=".join(MANAGED_BY)
_LONGEST = 63
_READABLE = 34
_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", re.ASCII)


def label_value(text: str) -> str:
    """A text as the value of a label: itself where it can be, else readable and distinct.

    Args:
        text: Any text.
    """
    if _VALUE.fullmatch(text):
        return text
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", text)[:50].strip("-_.")
    return f"{readable}-{_digest(text)}".lstrip("-")[:_LONGEST]


def labels(workflow: str, flow_run: str, instance: str) -> dict[str, str]:
    """The labels of a Job and of its pod.

    Args:
        workflow: The workflow's name.
        flow_run: The flow run's id.
        instance: The task instance.
    """
    return {
        MANAGED_BY[0]: MANAGED_BY[1],
        WORKFLOW: label_value(workflow),
        FLOW_RUN: label_value(flow_run),
        INSTANCE: label_value(instance),
    }


def workflow_selector(workflow: str) -> str:
    """What selects the Jobs of all flow runs of a workflow.

    Args:
        workflow: The workflow's name.
    """
    return f"{_OURS},{WORKFLOW}={label_value(workflow)}"


def flow_run_selector(flow_run: str) -> str:
    """What selects the Jobs of a flow run.

    Args:
        flow_run: The flow run's id.
    """
    return f"{_OURS},{FLOW_RUN}={label_value(flow_run)}"


def job_name(label: str, *parts: object) -> str:
    """The name of a Job: the same for the same call, so that it is found again.

    Args:
        label: What people call it.
        parts: What tells it from every other one.
    """
    readable = re.sub(r"[^a-z0-9]+", "-", label.lower())[:_READABLE].strip("-")
    return f"{readable}-{_digest(json.dumps(parts, sort_keys=True), 14)}".lstrip("-")


def _digest(text: str, length: int = 12) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]
