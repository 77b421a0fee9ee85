"""``ecoflows deployment apply``: let a server have what a ``prefect.yaml`` says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentUpdate
from prefect.client.schemas.objects import ConcurrencyOptions
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound

from ecoflows import source
from ecoflows.deployments import prefect_file
from ecoflows.deployments.deployed import marked
from ecoflows.deployments.desired import Desired, desired, left_alone
from ecoflows.deployments.diffing import Action, Change, deployed_fields, differences
from ecoflows.deployments.prefect_file import Entry, PrefectFile
from ecoflows.deployments.profiles import FOLDER
from ecoflows.deployments.refusals import told
from ecoflows.deployments.secrecy import unseen
from ecoflows.deployments.templates import known_variables
from ecoflows.errors import EcoflowsError, Problem, ProblemError, as_warning, did_you_mean, in_order

_UPDATED = {
    "version": "version",
    "description": "description",
    "entrypoint": "entrypoint",
    "tags": "tags",
    "parameters": "parameters",
    "form": "parameter_openapi_schema",
    "checks parameters": "enforce_parameter_schema",
    "concurrency limit": "concurrency_limit",
    "at the limit": "concurrency_options",
    "work pool": "work_pool_name",
    "work queue": "work_queue_name",
    "job variables": "job_variables",
    "pull steps": "pull_steps",
    "paused": "paused",
}
"""What the server calls what differs."""


@dataclass(frozen=True)
class Applied:
    """What became of the deployments.

    Attributes:
        changes: What became of each.
        left: Those of the file that are for ``prefect deploy``, and why.
        dry_run: Whether nothing was done.
        warnings: What the user should know.
    """

    changes: tuple[Change, ...]
    left: tuple[tuple[str, str], ...]
    dry_run: bool
    warnings: tuple[Problem, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What became of them as the command line's JSON shows it."""
        return {
            "dry_run": self.dry_run,
            "deployments": [change.as_json() for change in self.changes],
            "left": [{"name": name, "reason": reason} for name, reason in self.left],
        }


def apply(path: Path, names: Sequence[str] = (), *, dry_run: bool = False, prune: bool = False) -> Applied:
    """Let the server have what a ``prefect.yaml`` says; what it has already stays untouched.

    Args:
        path: The file.
        names: These deployments alone; without names all of the file.
        dry_run: Whether to tell only.
        prune: Whether what was built into this file, and is there no more, is removed.

    Raises:
        ProblemError: If anything is wrong with the file, a spec or a work pool; then nothing is done.
        RefusedError: If the server refuses something.
    """
    if not path.exists():
        raise EcoflowsError(f"there is no {path}; 'ecoflows deployment build' writes it")
    file = prefect_file.read(path)
    left: list[tuple[str, str]] = []
    wanted: list[Desired] = []
    problems: list[Problem] = []
    for entry in _chosen(file, names):
        reason = left_alone(file, entry)
        if reason is not None:
            left.append((entry.name, reason))
            continue
        try:
            wanted.append(desired(file, entry))
        except ProblemError as error:
            problems += error.problems
    with get_client(sync_client=True) as client:
        found, warnings = _pool_problems(client, file, wanted, path.parent)
        problems += found
        if problems:
            raise ProblemError(unseen(in_order(problems)))
        changes = [_put(client, one, dry_run=dry_run) for one in wanted]
        if prune and file.project is not None:
            changes += _prune(client, file, file.project, wanted, dry_run=dry_run)
    return Applied(tuple(changes), tuple(left), dry_run, (*file.warnings, *warnings))


def _chosen(file: PrefectFile, names: Sequence[str]) -> Iterable[Entry]:
    for name in names:
        if file.entry(name) is None:
            hint = did_you_mean(name, [entry.name for entry in file.entries], what="its deployments")
            message = f"there is no deployment '{name}' in this file"
            raise ProblemError([Problem("unknown-deployment", message, file.source.name, hint=hint)])
    return [entry for entry in file.entries if not names or entry.name in names]


def _pool_problems(
    client: SyncPrefectClient, file: PrefectFile, wanted: Sequence[Desired], folder: Path
) -> tuple[list[Problem], list[Problem]]:
    """Pools that do not exist, and job variables that a pool would ignore."""
    problems: list[Problem] = []
    warnings: list[Problem] = []
    templates: dict[str, Any] = {}
    for one in wanted:
        at = (*one.entry.path, "work_pool")
        if one.pool not in templates:
            templates[one.pool] = _template(client, one.pool)
        template = templates[one.pool]
        if template is None:
            message = f"the server has no work pool '{one.pool}'"
            hint = f"make it with '{_pool_command(one.pool, folder)}'"
            problems.append(file.source.problem((*at, "name"), "unknown-pool", message, hint=hint))
            continue
        known = known_variables(template)
        for name in one.fields["job variables"]:
            if known and name not in known:
                message = f"the work pool '{one.pool}' has no job variable '{name}', and would ignore it"
                hint = f"bring its template up to date with '{_pool_command(one.pool, folder)}'"
                path = (*at, "job_variables", name)
                problem = file.source.problem(path, "unknown-variable", message, hint=hint, side="key")
                (problems if one.entry.project else warnings).append(
                    problem if one.entry.project else as_warning(problem)
                )
    return problems, warnings


def _template(client: SyncPrefectClient, pool: str) -> Any:
    try:
        return client.read_work_pool(pool).base_job_template
    except ObjectNotFound:
        return None


def _pool_command(pool: str, folder: Path) -> str:
    """The command that makes a pool, or brings its template up to date."""
    for profile in sorted((folder / FOLDER).glob("*.yaml")):
        try:
            data = source.load(profile).data
        except ProblemError:
            continue
        if isinstance(data, dict) and data.get("pool") == pool:
            return f"ecoflows deployment pool --profile {profile.stem}"
    return f"ecoflows deployment pool {pool} --type process"


def _put(client: SyncPrefectClient, one: Desired, *, dry_run: bool) -> Change:
    """Create or change one deployment, as far as it differs."""
    try:
        there = client.read_deployment_by_name(f"{one.flow}/{one.name}")
    except ObjectNotFound:
        if not dry_run:
            with told(f"'{one.name}' cannot be created"):
                _create(client, one)
        return Change(one.name, Action.CREATED)
    found = differences(one.fields, deployed_fields(there))
    if not found:
        return Change(one.name, Action.UNCHANGED)
    if not dry_run:
        with told(f"'{one.name}' cannot be changed"):
            _change(client, one, there, set(found))
    return Change(one.name, Action.CHANGED, found)


def _create(client: SyncPrefectClient, one: Desired) -> None:
    fields = one.fields
    options = fields["at the limit"]
    client.create_deployment(
        flow_id=client.create_flow_from_name(one.flow),
        name=one.name,
        version=fields["version"],
        schedules=[DeploymentScheduleCreate.model_validate(found) for found in fields["schedules"]],
        concurrency_limit=fields["concurrency limit"],
        concurrency_options=ConcurrencyOptions.model_validate(options) if options else None,
        parameters=fields["parameters"],
        description=fields["description"],
        work_pool_name=one.pool,
        work_queue_name=fields.get("work queue"),
        tags=fields["tags"],
        entrypoint=fields["entrypoint"],
        parameter_openapi_schema=fields["form"],
        paused=fields.get("paused"),
        pull_steps=fields["pull steps"],
        enforce_parameter_schema=fields["checks parameters"],
        job_variables=fields["job variables"],
    )


def _change(client: SyncPrefectClient, one: Desired, there: DeploymentResponse, changed: set[str]) -> None:
    # The server checks parameters against the form, and job variables against the pool.
    together = [{"parameters", "form", "checks parameters"}, {"work pool", "job variables"}]
    for group in together:
        if group & changed:
            changed |= group
    update = {_UPDATED[name]: one.fields[name] for name in changed if name in _UPDATED and name in one.fields}
    if "schedules" in changed:
        update["schedules"] = _schedules(client, one, there)
    client.update_deployment(there.id, DeploymentUpdate.model_validate(update))


def _schedules(client: SyncPrefectClient, one: Desired, there: DeploymentResponse) -> list[Any]:
    """Remove the schedules that are to go; the server keeps what an update does not name."""
    wanted: list[dict[str, Any]] = one.fields["schedules"]
    kept = {found["slug"] for found in wanted} | {found.get("replaces") for found in wanted}
    known = all(found["slug"] for found in wanted) and all(found.slug for found in there.schedules)
    for found in there.schedules:
        if found.id is not None and (not known or found.slug not in kept):
            client.delete_deployment_schedule(there.id, found.id)
    return wanted


def _prune(
    client: SyncPrefectClient, file: PrefectFile, project: str, wanted: Sequence[Desired], *, dry_run: bool
) -> list[Change]:
    flows = {one.name: one.flow for one in wanted}
    names = {entry.name for entry in file.entries}
    changes = []
    for found in marked(client, project):
        if found.name in names and flows.get(found.name, found.flow) == found.flow:
            continue
        if not dry_run:
            client.delete_deployment(found.id)
        changes.append(Change(found.name, Action.REMOVED))
    return changes
