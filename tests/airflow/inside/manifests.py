"""``manifests.py ANSWER FILE VERSION``: the manifest of every pod, and what Kubernetes' schema says of it."""

from __future__ import annotations

import sys
from typing import Any

import kubernetes_validate
from dag_files import answer, load
from kubernetes.client import ApiClient


def main() -> None:
    into, file, version = sys.argv[1:]
    found = {}
    for task in load(file).task_dict.values():
        if task.task_type != "KubernetesPodOperator":
            continue
        operator = task
        if "Mapped" in type(task).__name__:
            operator = task.unmap({"arguments": ["run-task", "module:task", "--elements", "0-0"]})
        manifest = ApiClient().sanitize_for_serialization(operator.build_pod_request_obj())
        found[task.task_id] = {"manifest": manifest, "wrong": _wrong(manifest, version)}
    answer(into, found)


def _wrong(manifest: dict[str, Any], version: str) -> str | None:
    try:
        kubernetes_validate.validate(manifest, version, strict=True)
    except (kubernetes_validate.ValidationError, kubernetes_validate.InvalidSchemaError) as error:
        return str(error)
    return None


if __name__ == "__main__":
    main()
