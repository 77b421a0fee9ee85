"""Where a flow run makes its calls, as its deployment says."""

from __future__ import annotations

import os
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ecoflows.errors import EcoflowsError
from ecoflows.resources import ContainerResources, ResourceAmounts, checked_image_name

VARIABLE = "ECOFLOWS_EXECUTION"
"""The environment variable of a flow run that has the settings as JSON."""

Mode = Literal["inline", "process", "pod"]
"""In the flow run's process, in a child process, or in a Kubernetes Job of its own."""

Image = Annotated[str, AfterValidator(checked_image_name)]


def _checked_memory(amount: str) -> str:
    ResourceAmounts(memory=amount)
    return amount


class InstanceSettings(BaseModel):
    """How one task instance runs; it wins over what the spec and the task say.

    Attributes:
        execution: Where its calls are made.
        image: The image of its pods.
        container_resources: What their container requests and may use.
        memory_escalation: How many times the memory each attempt asks for that follows one which
            ran out of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    execution: Mode | None = None
    image: Image | None = None
    container_resources: ContainerResources | None = None
    memory_escalation: Annotated[float, Field(gt=1, le=10, allow_inf_nan=False)] | None = None


class ExecutionSettings(BaseModel):
    """How task instances run that do not say it themselves, and what their pods are like.

    Attributes:
        mode: Where calls are made where the instance does not say.
        override: Whether ``mode`` also holds for instances that say something else.
        workers: How many calls of a flow run are made at the same time; by default a few for each
            core, and 32 where calls are made in pods.
        image: The image of pods whose task asks for none; by default the flow pod's own.
        namespace: Where Jobs are made; by default that of the flow's pod.
        service_account: The service account of task pods, which needs no rights.
        secrets: Kubernetes secrets that pods have as environment; names, never values.
        image_pull_secrets: Secrets with which images are pulled.
        resources: What containers ask for and may use where their task says nothing.
        memory_cap: What ``memory_escalation`` asks for at most.
        environment: More environment variables of pods; nothing secret.
        instances: What holds for single task instances, by their ids.
        user: The number of the user, and of the group, that containers run as; without one it is
            the image's, which must not be root.
        volumes: Volumes of pods, as Kubernetes writes them.
        volume_mounts: Where the container has them, as Kubernetes writes it.
        node_selector: Labels of the nodes that pods go to.
        tolerations: The taints that pods bear, as Kubernetes writes them.
        deadline_seconds: When a pod is ended in any case.
        pull_seconds: How long an image may take to arrive before the task run fails.
        schedule_seconds: How long a pod may wait for a node before the task run fails.
        ttl_seconds: When Kubernetes removes a Job that nobody has removed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = "inline"
    override: bool = False
    workers: Annotated[int, Field(ge=1, le=1000)] | None = None
    image: Image | None = None
    namespace: str | None = None
    service_account: str | None = None
    secrets: tuple[str, ...] = ()
    image_pull_secrets: tuple[str, ...] = ()
    resources: ContainerResources = ContainerResources()
    memory_cap: Annotated[str, AfterValidator(_checked_memory)] | None = None
    environment: dict[str, str] = Field(default_factory=dict)
    instances: dict[str, InstanceSettings] = Field(default_factory=dict)
    user: Annotated[int, Field(ge=1)] | None = 1000
    volumes: tuple[dict[str, Any], ...] = ()
    volume_mounts: tuple[dict[str, Any], ...] = ()
    node_selector: dict[str, str] = Field(default_factory=dict)
    tolerations: tuple[dict[str, Any], ...] = ()
    deadline_seconds: int = Field(default=86_400, ge=1)
    pull_seconds: int = Field(default=600, ge=1)
    schedule_seconds: int = Field(default=600, ge=1)
    ttl_seconds: int = Field(default=3600, ge=0)

    @classmethod
    def from_environment(cls) -> ExecutionSettings:
        """The settings that the deployment has put into the environment; the usual ones without.

        Raises:
            EcoflowsError: If they cannot be read.
        """
        text = os.environ.get(VARIABLE)
        if not text:
            return cls()
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            found = "; ".join(
                f"{'.'.join(map(str, item['loc']))}: {item['msg']}"
                for item in error.errors(include_url=False, include_input=False)
            )
            raise EcoflowsError(f"{VARIABLE} is no execution settings: {found}") from error

    def as_environment(self) -> dict[str, str]:
        """The environment variable that ``from_environment`` reads."""
        return {VARIABLE: self.model_dump_json(exclude_defaults=True)}
