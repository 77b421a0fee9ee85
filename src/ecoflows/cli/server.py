"""``ecoflows server``: the local Prefect server, where the UI is."""

from __future__ import annotations

import click

from ecoflows.cli.common import Exit


@click.group()
def server() -> None:
    """The local Prefect server that runs use where PREFECT_API_URL is not set."""


@server.command()
def status() -> int:
    """Tell whether the local server runs, and where its UI is."""
    from ecoflows.flows.server import running_server

    found = running_server()
    if found is None:
        click.echo("the local Prefect server is not running; 'ecoflows run' starts it")
        return Exit.PROBLEMS
    click.echo(f"the local Prefect server runs: {found.url} (Prefect {found.prefect}, process {found.pid})")
    return Exit.DONE


@server.command()
def start() -> None:
    """Start the local server, if it does not run yet."""
    from ecoflows.flows.server import ensure_server

    found = ensure_server(lambda text: click.echo(text, err=True))
    click.echo(f"the local Prefect server runs: {found.url}")


@server.command()
@click.option("--force", is_flag=True, help="Stop it even while runs use it; they fail then.")
def stop(force: bool) -> int:
    """Stop the local server; its database stays."""
    from ecoflows.flows.server import stop_server, users

    live = [] if force else users()
    if live:
        click.echo(
            f"runs still use the server (process {', '.join(map(str, live))}); "
            "wait for them, or stop it with --force",
            err=True,
        )
        return Exit.PROBLEMS
    found = stop_server()
    click.echo(f"stopped {found.url}" if found else "no local server was running")
    return Exit.DONE
