"""Names of a compiled DAG: variables, parameters, groups, pods; each unlike any other of its kind."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

from ecoflows.targets.names import Names
from ecoflows.workflow.model import Workflow

_USED = (
    "AS_JSON",
    "BashOperator",
    "DAG",
    "KubernetesPodOperator",
    "POD",
    "Param",
    "TaskGroup",
    "annotations",
    "dag",
    "datetime",
    "ended",
    "groups",
    "json",
    "k8s",
    "share_out",
    "task",
    "timedelta",
)
"""What the generated source itself gives a meaning to."""


def variable_names() -> Names:
    """The names of variables, none of which hides what the source uses."""
    return Names({*_USED, *keyword.kwlist, *dir(builtins)})


def as_identifier(text: str) -> str:
    """A text as a Python identifier of ASCII letters, digits and ``_``.

    Args:
        text: Any text.
    """
    found = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_")
    return found if re.match("[A-Za-z]", found) else f"task_{found}".rstrip("_")


def group_ids(workflow: Workflow, task_ids: Iterable[str]) -> dict[tuple[str, ...], str]:
    """The id of each task group by its titles, the outer groups first.

    Args:
        workflow: The workflow.
        task_ids: The ids of the DAG's tasks, which share one space of names with the groups.
    """
    names = Names(task_ids)
    found: dict[tuple[str, ...], str] = {}
    for node in workflow.nodes.values():
        for depth in range(1, len(node.group) + 1):
            titles = node.group[:depth]
            if titles not in found:
                wanted = re.sub(r"[^A-Za-z0-9_-]+", "_", titles[-1])[:150].strip("_")
                found[titles] = names.take(wanted or "group")
    return found


def pod_name(instance: str) -> str:
    """The name of an instance's pods, to which Airflow adds what tells them apart.

    Args:
        instance: The instance's id.
    """
    found = re.sub(r"[^a-z0-9]+", "-", instance.lower()).strip("-")[:50].strip("-")
    return found or "task"


def label_value(text: str) -> str:
    """A text as Kubernetes takes it for a label.

    Args:
        text: Any text.
    """
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text)[:63].strip("-_.") or "none"
