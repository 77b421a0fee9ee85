"""``round_trip.py ANSWER FILE``: serialize a DAG, read it back, and tell what it then is."""

from __future__ import annotations

import json
import sys
from typing import Any

from dag_files import answer, load


def main() -> None:
    into, file = sys.argv[1:]
    dag = _there_and_back(load(file))
    answer(
        into,
        {
            "dag": dag.dag_id,
            "tags": sorted(dag.tags),
            "params": {name: _param(dag.params, name) for name in dag.params},
            "tasks": {name: _task(dag.task_dict[name]) for name in dag.task_dict},
        },
    )


def _there_and_back(dag: Any) -> Any:
    try:  # Airflow 3
        from airflow.serialization.serialized_objects import DagSerialization as Serialization
    except ImportError:
        from airflow.serialization.serialized_objects import SerializedDAG as Serialization
    return Serialization.from_dict(json.loads(json.dumps(Serialization.to_dict(dag))))


def _param(params: Any, name: str) -> dict[str, Any]:
    param = params.get_param(name)
    return {"schema": param.schema, "description": param.description, "value": _plain(param.value)}


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | list | dict | None) else "(none)"


def _task(task: Any) -> dict[str, Any]:
    group = task.task_group
    return {
        "downstream": sorted(task.downstream_task_ids),
        "rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)),
        "retries": task.retries,
        "group": group.group_id if group is not None else None,
        "mapped": "Mapped" in type(task).__name__,
    }


if __name__ == "__main__":
    main()
