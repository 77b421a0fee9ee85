"""Profiles: what one environment's deployments have in common, such as its pool and its image."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ecoflows import source
from ecoflows.deployments.secrecy import CODE, secrets_in, unseen
from ecoflows.errors import Problem, ProblemError, did_you_mean, in_order
from ecoflows.flows.deployed import CACHE_ROOT_VARIABLE
from ecoflows.flows.execution.settings import VARIABLE, ExecutionSettings, Image, InstanceSettings
from ecoflows.resources import FLAT_KEYS, ContainerResources, ResourceAmounts
from ecoflows.source import DataPath, Source
from ecoflows.validation import problems_of, shown

Word = Annotated[str, Field(min_length=1)]
PoolType = Literal["kubernetes", "process"]

FOLDER = "profiles"
"""Where profiles lie, below the folder of the deployments."""

_KUBERNETES_NAME = re.compile(r"[a-z0-9]([a-z0-9.\-]{0,251}[a-z0-9])?")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OF_PODS = ("image", "namespace", "service_accounts", "secrets", "image_pull_secrets", "resources")
_KEPT = {VARIABLE: "execution", CACHE_ROOT_VARIABLE: "cache_root"}
_WRITTEN = {
    "image": "image",
    "namespace": "namespace",
    "service_account_name": "service_accounts: {flow: ...}",
    "env": "environment",
    "env_from": "secrets",
    "image_pull_secrets": "image_pull_secrets",
    "cpu_request": "resources: {flow: ...}",
    "cpu_limit": "resources: {flow: ...}",
    "memory_request": "resources: {flow: ...}",
    "memory_limit": "resources: {flow: ...}",
    "working_dir": "directory",
}
"""The job variables that other keys of a profile give."""


def _kubernetes_name(text: str) -> str:
    if not _KUBERNETES_NAME.fullmatch(text):
        raise ValueError(f"'{text}' is no name in Kubernetes, which has a-z, 0-9 and '-'")
    return text


KubernetesName = Annotated[str, AfterValidator(_kubernetes_name)]


class ServiceAccounts(BaseModel):
    """The service accounts of pods.

    Attributes:
        flow: That of the flow's pod, which makes Jobs.
        task: That of task pods, which needs no rights.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    flow: KubernetesName | None = None
    task: KubernetesName | None = None


class Resources(BaseModel):
    """What containers request and may use.

    Attributes:
        flow: The container of the flow's pod.
        task: The containers of task pods whose spec and task say nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    flow: ContainerResources = ContainerResources()
    task: ContainerResources = ContainerResources()


class Profile(BaseModel):
    """What the deployments of one environment have in common.

    Attributes:
        pool: The work pool that flow runs go to.
        type: Its type: ``kubernetes`` runs a flow in a pod, ``process`` on the worker's machine.
        directory: The project's folder where flows run; relative to the worker's folder in a
            ``process`` pool. By default ``/app``, and ``.`` in a ``process`` pool.
        image: The image of the flow's pod, and of task pods whose spec and task name none.
        namespace: The namespace of pods.
        cache_root: Where results live; by default where the spec says.
        service_accounts: The service accounts of pods.
        secrets: Names of Kubernetes secrets whose entries pods have as environment variables.
        image_pull_secrets: Names of Kubernetes secrets with which images are pulled.
        resources: What containers request and may use.
        execution: Where calls are made; by default in pods, and inline in a ``process`` pool.
        environment: More environment variables of flow runs and task pods; nothing secret.
        job_variables: More variables of the work pool's template.
        tags: More words to find deployments by.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pool: Word
    type: PoolType = "kubernetes"
    directory: Word | None = None
    image: Image | None = None
    namespace: KubernetesName | None = None
    cache_root: Word | None = None
    service_accounts: ServiceAccounts = ServiceAccounts()
    secrets: tuple[KubernetesName, ...] = ()
    image_pull_secrets: tuple[KubernetesName, ...] = ()
    resources: Resources = Resources()
    execution: ExecutionSettings = ExecutionSettings()
    environment: dict[str, Annotated[str, Field(strict=True)]] = Field(default_factory=dict)
    job_variables: dict[str, Any] = Field(default_factory=dict)
    tags: tuple[Word, ...] = ()

    @property
    def folder(self) -> str:
        """The project's folder where flows run."""
        return self.directory or ("/app" if self.type == "kubernetes" else ".")


_INSIDE: dict[str, type[BaseModel]] = {
    "service_accounts": ServiceAccounts,
    "execution": ExecutionSettings,
    "container_resources": ContainerResources,
    "requests": ResourceAmounts,
    "limits": ResourceAmounts,
}


def _known_keys(path: DataPath) -> list[str]:
    """The keys that are valid in the mapping at a path, for the nearest name."""
    model: type[BaseModel] = Profile
    if path:
        model = _INSIDE.get(str(path[-1]), Profile)
        if path[0] == "resources" and len(path) <= 2:
            model = Resources if len(path) == 1 else ContainerResources
        elif path[-2:-1] == ("instances",):
            model = InstanceSettings
        elif path == ("execution", "resources"):
            model = ContainerResources
    return [*model.model_fields, *(FLAT_KEYS if model is ContainerResources else ())]


def find_profile(name: str, out: Path) -> Path:
    """The file of a profile.

    Args:
        name: Its name, or the path of its file.
        out: The folder of the deployments.

    Raises:
        ProblemError: If there is none of this name.
    """
    if "/" in name or name.endswith((".yaml", ".yml")):
        return Path(name)
    folder = out / FOLDER
    file = folder / f"{name}.yaml"
    if file.is_file():
        return file
    names = [found.stem for found in sorted(folder.glob("*.yaml"))]
    hint = did_you_mean(name, names, what="profiles") or "write one; docs/deployments.md has the keys"
    raise ProblemError([Problem("unknown-profile", f"there is no profile '{name}'", str(file), hint=hint)])


def load_profile(path: Path) -> tuple[Profile, Source]:
    """Read a profile.

    Args:
        path: Its file.

    Returns:
        The profile, and where everything in it stands.

    Raises:
        ProblemError: With all that is wrong in it.
    """
    found = source.load(path)
    if not isinstance(found.data, dict):
        message = f"a profile is a mapping with the key 'pool', not {shown(found.data)}"
        raise ProblemError([found.problem((), "not-a-mapping", message)])
    problems = list(_secret_problems(found, found.data))
    try:
        profile = Profile.model_validate(found.data)
    except ValidationError as error:
        problems += problems_of(error, found, code="bad-profile", known=_known_keys)
        raise ProblemError(unseen(in_order(problems))) from error
    problems += [
        *_environment_problems(found, profile),
        *_process_problems(found, profile),
        *_variable_problems(found, profile),
        *template_problems(found, found.data, ()),
    ]
    if problems:
        raise ProblemError(unseen(in_order(problems)))
    return profile, found


def _secret_problems(found: Source, data: dict[Any, Any]) -> Iterator[Problem]:
    hint = (
        "put it into a Kubernetes secret and name that under 'secrets:', "
        "or set it in the environment of the worker; nothing secret stands in a profile"
    )
    execution = data.get("execution")
    inside = execution if isinstance(execution, dict) else {}
    parts: list[tuple[DataPath, Any, bool]] = [
        *(((key,), value, key == "environment") for key, value in data.items() if key != "execution"),
        *((("execution", key), value, key == "environment") for key, value in inside.items()),
    ]
    for at, part, variables in parts:
        for path, why in secrets_in(part, variables=variables):
            yield found.problem((*at, *path), CODE, why, hint=hint, side="key")


def _environment_problems(found: Source, profile: Profile) -> Iterator[Problem]:
    for name in profile.environment:
        at = ("environment", name)
        if name in _KEPT:
            message = f"'{name}' is set from what stands under '{_KEPT[name]}'"
            yield found.problem(at, "given-twice", message, hint="write it there", side="key")
        elif not _VARIABLE_NAME.fullmatch(name):
            message = f"'{name}' is no name of an environment variable"
            yield found.problem(at, "bad-profile", message, side="key")


def _process_problems(found: Source, profile: Profile) -> Iterator[Problem]:
    """What only pods have, in the profile of a pool without pods."""
    if profile.type != "process":
        return
    if profile.execution.mode != "pod":
        for key in _OF_PODS:
            if (key,) in found.keys:
                message = f"a process pool without pods has no use for '{key}'"
                hint = "take it out, or say 'type: kubernetes' or 'execution: {mode: pod}'"
                yield found.problem((key,), "no-pods", message, hint=hint, side="key")
        return
    for path in (("service_accounts", "flow"), ("resources", "flow")):
        if path in found.keys:
            message = "the flow of a process pool is in no pod"
            yield found.problem(path, "no-pods", message, hint="take it out", side="key")


def _variable_problems(found: Source, profile: Profile) -> Iterator[Problem]:
    for name in profile.job_variables:
        if name in _WRITTEN:
            message = f"the job variable '{name}' is given by the profile's own key"
            at = ("job_variables", name)
            yield found.problem(at, "given-twice", message, hint=f"write '{_WRITTEN[name]}'", side="key")


def template_problems(found: Source, data: Any, at: DataPath) -> Iterator[Problem]:
    """The texts that Prefect would take for templates, and replace when it deploys.

    Args:
        found: Where the data stands.
        data: Mappings, lists and scalars.
        at: Its path there.
    """
    if isinstance(data, dict):
        for key, value in data.items():
            yield from template_problems(found, value, (*at, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from template_problems(found, item, (*at, index))
    elif isinstance(data, str) and "{{" in data:
        message = "Prefect would replace what stands in {{ }} when it deploys, and keep it in plain text"
        hint = "write the value itself; secrets are named under 'secrets:' of a profile"
        yield found.problem(at, "template-in-file", message, hint=hint)
