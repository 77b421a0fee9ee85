"""``ecoflows deployment``: specs as Prefect deployments, written, registered and run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecoflows.cli.common import echo_json, show_problems
from ecoflows.cli.deployment_listing import delete, ls, pool
from ecoflows.cli.deployment_runs import cancel, run
from ecoflows.cli.deployment_server import file_option, json_option

if TYPE_CHECKING:
    from ecoflows.deployments.applying import Applied


@click.group()
def deployment() -> None:
    """Specs as Prefect deployments: files to review, and what a server has of them."""


@deployment.command()
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@click.option("--profile", metavar="NAME", help="The environment: a file of OUT/profiles, or a path.")
@click.option("--pool", metavar="NAME", help="The work pool; wins over the profile.")
@click.option("--image", metavar="NAME", help="The image of pods; wins over the profile.")
@click.option(
    "--params",
    metavar="FILE",
    help="The parameters that runs start with; {spec} in it stands for the spec's name.",
)
@click.option("--cron", metavar="TEXT", help="When runs start by themselves, such as '30 6 * * 1'.")
@click.option("--timezone", metavar="NAME", help="The timezone of --cron, such as Africa/Nairobi; else UTC.")
@click.option("--tag", "tags", multiple=True, metavar="TEXT", help="A word to find it by; may be repeated.")
@click.option(
    "--concurrency-limit",
    type=click.IntRange(min=1),
    help="How many runs of each deployment go on at the same time; others wait.",
)
@click.option("--out", default="deployments", show_default=True, metavar="FOLDER", help="Where files go.")
@click.option("--project", metavar="NAME", help="What marks these deployments; else this folder's name.")
@click.option("--force", is_flag=True, help="Write over files and deployments that people wrote.")
@json_option
def build(
    specs: tuple[str, ...],
    profile: str | None,
    pool: str | None,
    image: str | None,
    params: str | None,
    cron: str | None,
    timezone: str | None,
    tags: tuple[str, ...],
    concurrency_limit: int | None,
    out: str,
    project: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write what a team reviews: prefect.yaml and a module per spec.

    SPEC may be a pattern such as 'specs/*.yaml'. What no option says of a deployment that is in
    the file already stays as it is there, and so do deployments that people wrote.
    """
    from ecoflows.deployments.building import Request
    from ecoflows.deployments.building import build as write

    built = write(
        Request(
            specs=specs,
            out=Path(out),
            profile=profile,
            pool=pool,
            image=image,
            params=params,
            cron=cron,
            timezone=timezone,
            tags=tags,
            concurrency_limit=concurrency_limit,
            project=project,
            force=force,
        )
    )
    show_problems(built.warnings)
    for path in built.left_out:
        click.echo(f"left out: {path} (a params file)", err=True)
    if as_json:
        found = {"deployments": built.names, "file": str(built.file)}
        files = {"written": [*map(str, built.written)], "unchanged": [*map(str, built.unchanged)]}
        echo_json(found | files)
        return
    for path in built.written:
        click.echo(f"wrote {path}")
    names = ", ".join(built.names)
    if not built.written:
        click.echo(f"unchanged: {names}")
        return
    more = "" if built.file == Path("deployments/prefect.yaml") else f" --file {built.file}"
    click.echo(f"{built.file} has {names}; 'ecoflows deployment apply{more}' registers them")


@deployment.command()
@file_option
@click.option("--only", "names", multiple=True, metavar="NAME", help="This one alone; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Only tell what would change.")
@click.option("--prune", is_flag=True, help="Also remove what was built into the file and is there no more.")
@json_option
def apply(file: str, names: tuple[str, ...], dry_run: bool, prune: bool, as_json: bool) -> None:
    """Register the deployments of a prefect.yaml with the server, telling what changes.

    It asks nothing, and a second time it changes nothing.
    """
    from ecoflows.cli.deployment_server import server

    with server():
        from ecoflows.deployments.applying import apply as register

        applied = register(Path(file), names, dry_run=dry_run, prune=prune)
        if not dry_run:
            from ecoflows.flows.connection_blocks.block_types import register_missing

            register_missing()
    show_problems(applied.warnings)
    if as_json:
        echo_json(applied.as_json())
        return
    _show(applied)


def _show(applied: Applied) -> None:
    from ecoflows.deployments.diffing import Action

    styles = {Action.CREATED: "green", Action.CHANGED: "yellow", Action.REMOVED: "red"}
    for change in applied.changes:
        verb = change.action.value
        word = f"would be {verb}" if applied.dry_run and change.action is not Action.UNCHANGED else verb
        name = click.style(change.name, bold=True)
        click.echo(f"{name}: {click.style(word, fg=styles.get(change.action))}")
        for line in change.lines():
            click.echo(f"  {line}")
    for name, reason in applied.left:
        click.echo(f"{name}: left alone ({reason})")
    if not applied.changes and not applied.left:
        click.echo("the file has no deployments")


for _command in (ls, run, cancel, delete, pool):
    deployment.add_command(_command)
