"""The deployments that a server has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    DeploymentFilterName,
    DeploymentFilterTags,
    FlowRunFilter,
)
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import DeploymentSort, FlowRunSort

from ecoflows.deployments.prefect_file import mark, project_of
from ecoflows.errors import EcoflowsError, did_you_mean

_PAGE = 200


@dataclass(frozen=True)
class Deployed:
    """A deployment that a server has.

    Attributes:
        client: Speaks to the server.
        data: What it has.
    """

    client: SyncPrefectClient
    data: DeploymentResponse

    @property
    def id(self) -> UUID:
        """Its id."""
        return self.data.id

    @property
    def name(self) -> str:
        """Its name."""
        return self.data.name

    @cached_property
    def flow(self) -> str:
        """The name of its flow."""
        return self.client.read_flow(self.data.flow_id).name

    @property
    def full_name(self) -> str:
        """Its flow's name and its own, as Prefect writes it."""
        return f"{self.flow}/{self.name}"

    @property
    def project(self) -> str | None:
        """The project that it was built for, if it was."""
        return project_of(list(self.data.tags))

    def runs(self, chosen: FlowRunFilter | None = None, *, limit: int = _PAGE) -> list[FlowRun]:
        """Its flow runs, the newest first.

        Args:
            chosen: Which ones.
            limit: How many at most.
        """
        return self.client.read_flow_runs(
            deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[self.id])),
            flow_run_filter=chosen,
            sort=FlowRunSort.EXPECTED_START_TIME_DESC,
            limit=limit,
        )


def every(client: SyncPrefectClient, chosen: DeploymentFilter | None = None) -> Iterator[Deployed]:
    """All deployments of a server, by name.

    Args:
        client: Speaks to the server.
        chosen: Which ones.
    """
    offset = 0
    while True:
        page = client.read_deployments(
            deployment_filter=chosen, limit=_PAGE, offset=offset, sort=DeploymentSort.NAME_ASC
        )
        yield from (Deployed(client, found) for found in page)
        if len(page) < _PAGE:
            return
        offset += _PAGE


def marked(client: SyncPrefectClient, project: str) -> list[Deployed]:
    """The deployments that were built for a project.

    Args:
        client: Speaks to the server.
        project: The project's name.
    """
    return list(every(client, DeploymentFilter(tags=DeploymentFilterTags(all_=[mark(project)]))))


def find(client: SyncPrefectClient, name: str) -> Deployed:
    """The deployment of a name.

    Args:
        client: Speaks to the server.
        name: Its name, or its flow's and its own: ``flow/name``.

    Raises:
        EcoflowsError: If there is none, or several have it.
    """
    flow, _, own = name.rpartition("/")
    found = list(every(client, DeploymentFilter(name=DeploymentFilterName(any_=[own]))))
    fitting = [one for one in found if not flow or one.flow == flow]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        known = [one.name for one in every(client)]
        hint = did_you_mean(own, known, what="deployments") or "it has none; see 'ecoflows deployment apply'"
        raise EcoflowsError(f"the server has no deployment '{name}'; {hint}")
    names = ", ".join(sorted(one.full_name for one in fitting))
    raise EcoflowsError(f"several deployments are named '{name}': {names}; give the whole name")
