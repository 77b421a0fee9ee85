"""What a profile comes to in the terms of a work pool: job variables."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ecoflows.deployments.profiles import Profile
from ecoflows.flows.deployed import CACHE_ROOT_VARIABLE
from ecoflows.flows.execution.settings import ExecutionSettings

_LOGGERS = "PREFECT_LOGGING_EXTRA_LOGGERS"


def execution_settings(profile: Profile, ids: Collection[str] | None = None) -> ExecutionSettings:
    """Where the calls of flow runs are made; what stands under ``execution`` wins.

    Args:
        profile: The profile.
        ids: The task instances of the flow, which the profile's others are not for.
    """
    own = profile.execution
    usual: dict[str, Any] = {}
    if profile.type == "kubernetes":
        usual["mode"] = "pod"
    if "pod" in (own.mode, usual.get("mode")):
        usual |= {
            "image": profile.image,
            "namespace": profile.namespace,
            "service_account": profile.service_accounts.task,
            "secrets": profile.secrets,
            "image_pull_secrets": profile.image_pull_secrets,
            "resources": profile.resources.task,
            "environment": {**profile.environment, **own.environment},
        }
    given = {name: getattr(own, name) for name in own.model_fields_set if name != "environment"}
    if ids is not None and own.instances:
        given["instances"] = {name: found for name, found in own.instances.items() if name in ids}
    return own.model_copy(update={**usual, **given})


def job_variables(profile: Profile, ids: Collection[str] | None = None) -> dict[str, Any]:
    """The job variables of a profile's deployments, those that it gives.

    Args:
        profile: The profile.
        ids: The task instances of the flow.
    """
    amounts = profile.resources.flow
    found = {
        "image": profile.image,
        "namespace": profile.namespace,
        "service_account_name": profile.service_accounts.flow,
        "env_from": [{"secretRef": {"name": name}} for name in profile.secrets],
        "image_pull_secrets": [{"name": name} for name in profile.image_pull_secrets],
        "cpu_request": amounts.requests.cpu,
        "cpu_limit": amounts.limits.cpu,
        "memory_request": amounts.requests.memory,
        "memory_limit": amounts.limits.memory,
    }
    if profile.type == "process":
        # What pods have goes to task pods alone, by way of the execution settings.
        found = {"working_dir": profile.folder}
    return {
        **{name: value for name, value in found.items() if value},
        "env": _environment(profile, ids),
        **profile.job_variables,
    }


def _environment(profile: Profile, ids: Collection[str] | None) -> dict[str, str]:
    root = {CACHE_ROOT_VARIABLE: profile.cache_root} if profile.cache_root else {}
    settings = execution_settings(profile, ids)
    execution = {} if settings == ExecutionSettings() else settings.as_environment()
    # The warnings of ecoflows, such as that of a damaged result, are seen in the run.
    return {_LOGGERS: "ecoflows", **root, **execution, **profile.environment}


def pull_steps(folder: str) -> list[dict[str, Any]]:
    """What a flow run does before it loads its flow: it goes to the project's folder.

    Args:
        folder: The project's folder where flows run.
    """
    return [{"prefect.deployments.steps.set_working_directory": {"directory": folder}}]
