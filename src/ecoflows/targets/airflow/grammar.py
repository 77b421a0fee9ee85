"""What Kubernetes takes for names and labels."""

from __future__ import annotations

import re

DNS_LABEL = re.compile(r"(?=.{1,63}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.ASCII)
"""The name of a namespace."""

DNS_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.ASCII
)
"""The name of most other objects."""

_LABEL = re.compile(r"(?=.{1,63}\Z)[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?", re.ASCII)
_OPERATORS_OWN = (
    "airflow_kpo_in_cluster",
    "airflow_version",
    "already_checked",
    "dag_id",
    "kubernetes_pod_operator",
    "map_index",
    "parent_dag_id",
    "run_id",
    "task_id",
    "try_number",
)
"""The labels by which Airflow finds its pods again."""


def label_key_problem(key: str) -> tuple[str, str] | None:
    """What is wrong with the key of a label, and the way out.

    Args:
        key: The key.
    """
    prefix, slash, name = key.rpartition("/")
    if not _LABEL.fullmatch(name) or (slash and not DNS_NAME.fullmatch(prefix)):
        return "Kubernetes refuses it", "write for example team, or example.org/team"
    if key in _OPERATORS_OWN:
        return "Airflow finds its pods by it", "take another key"
    return None


def label_value_problem(value: str) -> tuple[str, str] | None:
    """What is wrong with the value of a label, and the way out.

    Args:
        value: The value.
    """
    if value and not _LABEL.fullmatch(value):
        return "Kubernetes refuses it", "it has up to 63 letters, digits, '-', '_' and '.'"
    return None
