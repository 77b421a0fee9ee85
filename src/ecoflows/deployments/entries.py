"""What one deployment is in a ``prefect.yaml``."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecoflows.deployments.profiles import Profile, template_problems
from ecoflows.deployments.secrecy import CODE, holds_secret, is_secret_name, secrets_in
from ecoflows.deployments.variables import job_variables, pull_steps
from ecoflows.errors import Problem
from ecoflows.flows.build import parameter_names
from ecoflows.source import DataPath, Source
from ecoflows.targets.provenance import spec_digest
from ecoflows.validation import shown
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.params import open_parameters
from ecoflows.workflow.params.schema import parameter_schema

MOST_BYTES = 512 * 1024
"""How large a deployment's parameters may be for Prefect's server."""

_LISTED = 12


@dataclass(frozen=True)
class Asked:
    """What the command line says of a deployment; what is ``None`` stays as it is.

    Attributes:
        parameters: The parameters that its runs start with, by the flow's names.
        schedule: When it runs by itself.
        concurrency_limit: How many of its runs go on at the same time, at most.
        tags: More words to find it by.
        image: The image, instead of the profile's.
        pool: The work pool, instead of the profile's.
    """

    parameters: Mapping[str, Any] | None = None
    schedule: Mapping[str, Any] | None = None
    concurrency_limit: int | None = None
    tags: tuple[str, ...] = ()
    image: str | None = None
    pool: str | None = None


def schedule(cron: str, timezone: str) -> dict[str, Any]:
    """A schedule as a ``prefect.yaml`` has it; the slug lets Prefect know it again."""
    return {"cron": cron, "timezone": timezone, "slug": "cron", "active": True}


def entry(workflow: Workflow, name: str, entrypoint: str, profile: Profile, asked: Asked) -> dict[str, Any]:
    """What a deployment is in a ``prefect.yaml``, without what nobody asks for.

    Args:
        workflow: The workflow.
        name: The deployment's name.
        entrypoint: Where its flow is: ``file.py:name``, relative to the project's folder.
        profile: Its environment.
        asked: What the command line says.
    """
    limit = asked.concurrency_limit
    more: dict[str, Any] = {
        "parameters": None if asked.parameters is None else dict(asked.parameters),
        "concurrency_limit": limit and {"limit": limit, "collision_strategy": "ENQUEUE"},
        "schedules": None if asked.schedule is None else [dict(asked.schedule)],
    }
    return {
        "name": name,
        "description": description(workflow),
        "version": version(workflow),
        "tags": list(dict.fromkeys([*profile.tags, *asked.tags])),
        "entrypoint": entrypoint,
        **{key: value for key, value in more.items() if value is not None},
        "enforce_parameter_schema": True,
        "work_pool": {"name": profile.pool, "job_variables": job_variables(profile, workflow.nodes)},
        "pull": pull_steps(profile.folder),
    }


def version(workflow: Workflow) -> str:
    """The version of a deployment: the start of its spec's digest, fragments included."""
    return spec_digest(workflow)[:12]


def description(workflow: Workflow) -> str:
    """What people read about a deployment."""
    outputs = workflow.outputs
    listed = ", ".join(outputs[:_LISTED]) + (", ..." if len(outputs) > _LISTED else "")
    count = len(workflow.nodes)
    what = f"{count} task instance{'s' if count != 1 else ''}"
    return f"{what} from {Path(workflow.source.name).as_posix()}; gives {listed}."


def flow_parameters(workflow: Workflow, bound: Workflow) -> dict[str, Any]:
    """What was given for the open parameters, by the flow's names.

    Args:
        workflow: The workflow, its parameters open.
        bound: The same with what was given.
    """
    names = parameter_names(workflow)
    found = {
        names[key]: {
            name: value
            for name, value in bound.nodes[key].arguments.items()
            if name not in workflow.nodes[key].arguments
        }
        for key in names
    }
    return {name: section for name, section in found.items() if section}


def parameter_problems(workflow: Workflow, source: Source) -> Iterator[Problem]:
    """What in a params file cannot stand in a deployment.

    Args:
        workflow: The workflow, its parameters open.
        source: The params file.
    """
    data = source.data if isinstance(source.data, dict) else {}
    yield from template_problems(source, data, ())
    yield from _secret_problems(workflow, source, data)
    for path, why in _not_json(data):
        yield source.problem(path, "not-json", why, hint="Prefect keeps parameters as JSON")
    size = len(json.dumps(data, default=str))
    if size > MOST_BYTES:
        message = f"the parameters have {size / 1024:,.0f} KB, and Prefect takes {MOST_BYTES // 1024}"
        yield source.problem((), "too-large", message, hint="put the data into a file and give its path")


def _secret_problems(workflow: Workflow, source: Source, data: Mapping[Any, Any]) -> Iterator[Problem]:
    hint = (
        "nothing secret is a parameter: let the task read it from an environment variable, "
        "which a Kubernetes secret named in the profile gives"
    )
    told: set[DataPath] = set()
    for path, why in secrets_in(data):
        told.add(path)
        yield source.problem(path, CODE, why, hint=hint, side="key")
    for key, section in data.items():
        node = workflow.nodes.get(key)
        for name in section if node and isinstance(section, dict) else ():
            parameter = open_parameters(node).get(name) if node else None
            if parameter is None or (key, name) in told or not section[name]:
                continue
            if '"format": "password"' in json.dumps(parameter_schema(parameter), default=str):
                why = f"'{name}' of '{key}' takes a secret"
                yield source.problem((key, name), CODE, why, hint=hint, side="key")


def _not_json(data: Any, at: DataPath = ()) -> Iterator[tuple[DataPath, str]]:
    """The places that JSON has no words for."""
    if isinstance(data, dict):
        for key, value in data.items():
            if not isinstance(key, str):
                yield (*at, key), f"as a key, text is expected, not {shown(key)}"
            elif key.startswith("__prefect"):
                yield (*at, key), f"'{key}' means something else to Prefect's server"
            yield from _not_json(value, (*at, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from _not_json(item, (*at, index))
    elif isinstance(data, float) and not math.isfinite(data):
        yield at, f"{shown(data)} is no number of JSON"


def option_problems(asked: Asked) -> Iterator[Problem]:
    """What in the options of the command line must not stand in a file."""
    for option, text in (
        ("--image", asked.image),
        ("--pool", asked.pool),
        *(("--tag", t) for t in asked.tags),
    ):
        if text and (why := holds_secret(text)):
            yield Problem(CODE, f"this is {why}", option)
        elif text and is_secret_name(text.partition("=")[0]) and "=" in text:
            yield Problem(CODE, "this looks like a secret", option)
        elif text and "{{" in text:
            yield Problem("template-in-file", "Prefect would replace what stands in {{ }}", option)
