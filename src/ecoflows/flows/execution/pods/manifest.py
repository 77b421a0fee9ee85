"""The manifest of the Job that makes some calls."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecoflows.errors import NodeError
from ecoflows.flows.execution.pods.cluster import Object
from ecoflows.flows.execution.pods.names import (
    PREFECT_FLOW_RUN,
    PREFECT_FLOW_RUN_NAME,
    job_name,
    label_value,
    labels,
)
from ecoflows.flows.execution.settings import ExecutionSettings
from ecoflows.flows.execution.work import Work
from ecoflows.resources import ContainerResources

CONTAINER = "task"
"""The name of the container."""

LARGEST_CALL = 32_000
"""A call of more bytes than this stands in a file: each watch sends the manifest again and again."""

_GRACE_SECONDS = 10


@dataclass(frozen=True)
class Owner:
    """The pod of the flow run, which its Jobs must not outlive.

    Attributes:
        name: Its name.
        uid: Its uid.
    """

    name: str
    uid: str

    def reference(self) -> Object:
        """What stands in a Job's metadata."""
        return {"apiVersion": "v1", "kind": "Pod", "name": self.name, "uid": self.uid}


@dataclass(frozen=True)
class Plan:
    """The Job that makes some calls.

    Attributes:
        work: The calls.
        name: The Job's name.
        image: Its image.
        resources: What its container requests and may use.
        call: The calls as JSON.
    """

    work: Work
    name: str
    image: str
    resources: ContainerResources
    call: str


def plan(work: Work, root: str, own_image: str | None) -> Plan:
    """Plan the Job that makes some calls.

    Args:
        work: The calls.
        root: The cache root.
        own_image: The image of the flow's own pod, if it is in one.

    Raises:
        NodeError: If nobody says which image it takes.
    """
    image = work.placement.image or own_image
    if image is None:
        raise NodeError(
            f"'{work.label}': nobody says which image its pod takes; name one in the spec (image), "
            "in @distributed, or in the deployment's profile"
        )
    call = work.units[0].call
    resources = work.placement.resources_after(work.kills)
    name = job_name(
        work.label,
        root,
        call.workflow,
        work.units[0].node.id,
        [unit.call.key.key for unit in work.units],
        work.attempt,
        image,
        resources.as_kubernetes(),
        # What may not be reused must not be taken over from another run either.
        work.flow_run if work.fresh else None,
    )
    return Plan(work, name, image, resources, _escaped(json.dumps(work.calls(root))))


def _escaped(call: str) -> str:
    """JSON in which Kubernetes finds nothing like $(NAME) to replace."""
    return call.replace("$", "\\u0024")


def manifest(planned: Plan, settings: ExecutionSettings, owner: Owner | None, call_url: str | None) -> Object:
    """The manifest of a Job.

    Args:
        planned: What it is to do.
        settings: What its flow's deployment says of pods.
        owner: The flow's pod, where it is in one of the same namespace.
        call_url: Where its call lies, where it is too long for the manifest.
    """
    work = planned.work
    found = labels(work.units[0].call.workflow or "", work.flow_run, work.units[0].node.id)
    prefect = {
        PREFECT_FLOW_RUN: label_value(work.flow_run),
        PREFECT_FLOW_RUN_NAME: label_value(work.flow_run_name),
    }
    metadata: Object = {"name": planned.name, "labels": found}
    if owner is not None:
        metadata["ownerReferences"] = [owner.reference()]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": settings.deadline_seconds,
            "ttlSecondsAfterFinished": settings.ttl_seconds,
            "template": {
                "metadata": {"labels": found | prefect},
                "spec": _pod(planned, settings, call_url),
            },
        },
    }


def _pod(planned: Plan, settings: ExecutionSettings, call_url: str | None) -> Object:
    identity = {} if settings.user is None else {"runAsUser": settings.user, "runAsGroup": settings.user}
    mounted = {} if settings.user is None else {"fsGroup": settings.user}
    return _without_empty(
        {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "serviceAccountName": settings.service_account,
            "terminationGracePeriodSeconds": _GRACE_SECONDS,
            "securityContext": {
                "runAsNonRoot": True,
                **identity,
                **mounted,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "imagePullSecrets": [{"name": name} for name in settings.image_pull_secrets],
            "nodeSelector": settings.node_selector,
            "tolerations": list(settings.tolerations),
            "volumes": list(settings.volumes),
            "containers": [_container(planned, settings, call_url)],
        }
    )


def _container(planned: Plan, settings: ExecutionSettings, call_url: str | None) -> Object:
    arguments = ["run-task", planned.work.reference]
    # Home is a place that any user may write to, since the image may not know the user.
    variables = {"PYTHONUNBUFFERED": "1", "HOME": "/tmp", **settings.environment}  # noqa: S108
    if call_url is not None:
        arguments += ["--call", call_url]
    else:
        variables["ECOFLOWS_CALL"] = planned.call
    return _without_empty(
        {
            "name": CONTAINER,
            "image": planned.image,
            "imagePullPolicy": "IfNotPresent",
            "command": ["ecoflows"],
            "args": arguments,
            "env": [{"name": name, "value": value} for name, value in variables.items()],
            "envFrom": [{"secretRef": {"name": name}} for name in settings.secrets],
            "resources": planned.resources.as_kubernetes(),
            "volumeMounts": list(settings.volume_mounts),
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "privileged": False,
            },
        }
    )


def _without_empty(found: Mapping[str, Any]) -> Object:
    return {key: value for key, value in found.items() if value not in (None, [], {})}


def run_seconds(planned: Plan, late: float) -> float | None:
    """How long the container may run, where its calls have a time limit.

    Args:
        planned: The Job.
        late: How much longer than the limit the process may take, which ends its calls itself.
    """
    limit = planned.work.units[0].node.options.timeout_seconds
    return None if limit is None else math.ceil(len(planned.work.units) * limit + late)
