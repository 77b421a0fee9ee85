"""``ecoflows deployment ls``, ``delete`` and ``pool``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from ecoflows.cli.common import echo_json
from ecoflows.cli.deployment_server import json_option, server

if TYPE_CHECKING:
    from ecoflows.deployments.deployed import Deployed
    from ecoflows.deployments.profiles import PoolType


@click.command()
@click.option("--all", "others", is_flag=True, help="Also those that were not built by ecoflows.")
@json_option
def ls(others: bool, as_json: bool) -> None:
    """List the deployments that the server has."""
    with server():
        from prefect.client.orchestration import get_client

        from ecoflows.deployments.deployed import every

        with get_client(sync_client=True) as client:
            rows = [_row(one) for one in every(client) if others or one.project is not None]
    if as_json:
        echo_json({"deployments": rows})
        return
    if not rows:
        click.echo("no deployments; 'ecoflows deployment apply' registers them")
        return
    from ecoflows.cli.tables import print_table

    columns = ("Deployment", "Flow", "Pool", "Version", "Schedules", "Last run")
    cells = [
        (
            row["name"],
            row["flow"],
            row["pool"] or "",
            row["version"] or "",
            "paused" if row["paused"] else ", ".join(row["schedules"]),
            row["last_run"] or "",
        )
        for row in rows
    ]
    print_table(columns, cells, whole=("Deployment", "Version", "Last run"))


def _row(one: Deployed) -> dict[str, Any]:
    from ecoflows.deployments.diffing import schedule_text

    data = one.data
    runs = one.runs(limit=1)
    state = runs[0].state if runs else None
    return {
        "name": one.name,
        "flow": one.flow,
        "project": one.project,
        "pool": data.work_pool_name,
        "version": data.version,
        "schedules": [schedule_text(found.model_dump(mode="json")) for found in data.schedules],
        "paused": data.paused,
        "tags": sorted(data.tags),
        "last_run": (state.name or state.type.value).lower() if state is not None else None,
    }


@click.command()
@click.argument("name")
def delete(name: str) -> None:
    """Remove the deployment NAME from the server; its runs stay.

    What the prefect.yaml says of it stays, too: the next 'deployment apply' registers it again.
    """
    with server():
        from prefect.client.orchestration import get_client

        from ecoflows.deployments.deployed import find

        with get_client(sync_client=True) as client:
            found = find(client, name)
            whole = found.full_name
            client.delete_deployment(found.id)
    click.echo(f"deleted {whole}")


@click.command()
@click.argument("name", required=False)
@click.option("--profile", metavar="NAME", help="Take the name and the type from a profile.")
@click.option(
    "--type", "kind", type=click.Choice(["kubernetes", "process"]), help="The type; else the profile's."
)
@click.option(
    "--template", metavar="FILE", help="The job template; else OUT/kubernetes/base-job-template.json."
)
@click.option("--out", default="deployments", show_default=True, metavar="FOLDER", help="Where files are.")
@click.option("--dry-run", is_flag=True, help="Only tell what would change.")
@json_option
def pool(
    name: str | None,
    profile: str | None,
    kind: str | None,
    template: str | None,
    out: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make the work pool NAME, or that of a profile; one that is there gets its template anew."""
    with server() as used:
        from ecoflows.deployments.diffing import Action
        from ecoflows.deployments.pools import put_pool

        kind_ = cast("PoolType | None", kind)
        found = put_pool(name, kind_, profile, Path(out), template, dry_run=dry_run)
    if as_json:
        echo_json(found.as_json() | {"dry_run": dry_run})
        return
    verb = found.action.value
    word = f"would be {verb}" if dry_run and found.action is not Action.UNCHANGED else verb
    click.echo(f"the work pool '{found.name}' ({found.type}, template of {found.origin}): {word}")
    for line in found.variables:
        click.echo(f"  {line}")
    here = f"PREFECT_API_URL={used.ui_url}/api " if used.local else ""
    click.echo(f"a worker for it: {here}{found.worker}")
