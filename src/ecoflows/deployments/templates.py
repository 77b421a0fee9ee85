"""The job templates of work pools, and the job variables that they know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecoflows.deployments.profiles import PoolType, Profile
from ecoflows.deployments.variables import job_variables
from ecoflows.errors import EcoflowsError, Problem, did_you_mean
from ecoflows.source import Source

SHIPPED = Path("kubernetes") / "base-job-template.json"
"""Where the template for pods lies, below the folder of the deployments."""

_KEYS = {
    "service_account_name": ("service_accounts", "flow"),
    "env": ("environment",),
    "env_from": ("secrets",),
    "cpu_request": ("resources", "flow"),
    "cpu_limit": ("resources", "flow"),
    "memory_request": ("resources", "flow"),
    "memory_limit": ("resources", "flow"),
    "working_dir": ("directory",),
}


def job_template(kind: PoolType, out: Path) -> tuple[dict[str, Any], str]:
    """The template that pools of a type are made with.

    Args:
        kind: The type.
        out: The folder of the deployments, which may have one of its own for pods.

    Returns:
        The template, and where it comes from.

    Raises:
        EcoflowsError: If there is one that cannot be read.
    """
    if kind == "process":
        from prefect.workers.process import ProcessWorker

        return ProcessWorker.get_default_base_job_template(), "Prefect"
    file = out / SHIPPED
    if file.is_file():
        return read_template(file), str(file)
    from prefect_kubernetes.worker import KubernetesWorker  # type: ignore[import-untyped]

    return dict(KubernetesWorker.get_default_base_job_template()), "prefect-kubernetes"


def read_template(file: Path) -> dict[str, Any]:
    """A template from a file.

    Args:
        file: The file, which is JSON.

    Raises:
        EcoflowsError: If it is none.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EcoflowsError(f"{file} cannot be read as JSON: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("job_configuration"), dict):
        raise EcoflowsError(f"{file} is no job template: it has no 'job_configuration'")
    return found


def known_variables(template: Mapping[str, Any]) -> list[str]:
    """The job variables that a template has; all others are ignored in silence.

    Args:
        template: The template.
    """
    variables = template.get("variables")
    properties = variables.get("properties") if isinstance(variables, Mapping) else None
    return list(properties) if isinstance(properties, Mapping) else []


def unknown_variables(profile: Profile, found: Source, out: Path) -> list[Problem]:
    """The job variables of a profile that its pool's template does not have.

    Args:
        profile: The profile.
        found: Where everything in it stands.
        out: The folder of the deployments.
    """
    template, origin = job_template(profile.type, out)
    known = known_variables(template)
    problems = []
    for name in job_variables(profile):
        if name in known:
            continue
        extra = name in profile.job_variables
        path = ("job_variables", name) if extra else _KEYS.get(name, (name,))
        message = f"the job template of {origin} has no variable '{name}', so it would be ignored in silence"
        hint = did_you_mean(name, known, what="its variables") if extra else f"give {out / SHIPPED} one"
        problems.append(found.problem(path, "unknown-variable", message, hint=hint, side="key"))
    return problems
