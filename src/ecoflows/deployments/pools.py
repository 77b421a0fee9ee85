"""Work pools: made, and kept up to date with their templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.exceptions import ObjectNotFound

from ecoflows.deployments.diffing import Action
from ecoflows.deployments.profiles import PoolType, find_profile, load_profile
from ecoflows.deployments.refusals import told
from ecoflows.deployments.templates import job_template, known_variables, read_template
from ecoflows.errors import EcoflowsError, UsageError


@dataclass(frozen=True)
class Pool:
    """What became of a work pool.

    Attributes:
        name: Its name.
        type: Its type.
        action: What became of it.
        origin: Where its template comes from.
        variables: The job variables that came, by ``+``, and went, by ``-``.
    """

    name: str
    type: str
    action: Action
    origin: str
    variables: tuple[str, ...] = ()

    @property
    def worker(self) -> str:
        """The command that starts a worker for it."""
        return f"prefect worker start --pool {self.name}"

    def as_json(self) -> dict[str, Any]:
        """The pool as the command line's JSON shows it."""
        return {
            "name": self.name,
            "type": self.type,
            "action": self.action.value,
            "template": self.origin,
            "variables": list(self.variables),
        }


def put_pool(
    name: str | None,
    kind: PoolType | None,
    profile: str | None,
    out: Path,
    template: str | None = None,
    *,
    dry_run: bool = False,
) -> Pool:
    """Make a work pool, or bring its template up to date.

    Args:
        name: Its name; by default the profile's.
        kind: Its type; by default the profile's.
        profile: The name of a profile, or its file.
        out: The folder of the deployments.
        template: The file of a job template; by default the folder's own for pods, else Prefect's.
        dry_run: Whether to tell only.

    Raises:
        UsageError: If neither a name nor a profile is given.
        EcoflowsError: If there is a pool of this name of another type.
    """
    if profile is not None:
        known, _ = load_profile(find_profile(profile, out))
        name, kind = name or known.pool, kind or known.type
    if name is None:
        raise UsageError("name the work pool, or a profile that does with --profile")
    wanted, origin = (
        (read_template(Path(template)), template)
        if template is not None
        else job_template(kind or "process", out)
    )
    with get_client(sync_client=True) as client, told(f"the work pool '{name}' cannot be made"):
        try:
            there = client.read_work_pool(name)
        except ObjectNotFound:
            if not dry_run:
                pool = WorkPoolCreate(name=name, type=kind or "process", base_job_template=wanted)
                client.create_work_pool(pool)
            return Pool(name, kind or "process", Action.CREATED, origin)
        if kind is not None and there.type != kind:
            raise EcoflowsError(
                f"there is a work pool '{name}' of the type '{there.type}', not '{kind}'; "
                f"take another name, or delete it with 'prefect work-pool delete {name}'"
            )
        if there.base_job_template == wanted:
            return Pool(name, there.type, Action.UNCHANGED, origin)
        if not dry_run:
            client.update_work_pool(name, WorkPoolUpdate(base_job_template=wanted))
        return Pool(name, there.type, Action.CHANGED, origin, _variables(there.base_job_template, wanted))


def _variables(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    old, new = known_variables(before), known_variables(after)
    return (
        *(f"+ {name}" for name in new if name not in old),
        *(f"- {name}" for name in old if name not in new),
    )
