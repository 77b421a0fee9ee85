"""``ecoflows deployment run`` and ``cancel``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ecoflows.cli.common import Exit, echo_json, load_params, params_option, set_option
from ecoflows.cli.deployment_server import json_option, server

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

    from ecoflows.deployments.running import Started

_INTERRUPTED = 130


@click.command()
@click.argument("name")
@params_option
@set_option
@click.option("--watch", is_flag=True, help="Follow the run until it ends.")
@json_option
def run(name: str, params: str | None, overrides: tuple[str, ...], watch: bool, as_json: bool) -> int:
    """Start a run of the deployment NAME.

    What is given wins over the parameters of the deployment, one by one.
    """
    given = load_params(params)
    with server() as found:
        from prefect.client.orchestration import get_client

        from ecoflows.deployments.deployed import find
        from ecoflows.deployments.running import start

        with get_client(sync_client=True) as client:
            started = start(find(client, name), given, overrides)
            if started.note:
                click.echo(f"note: {started.note}", err=True)
            url = f"{found.ui_url}/runs/flow-run/{started.id}"
            answer: dict[str, Any] = {"id": str(started.id), "name": started.name, "url": url}
            click.echo(f"started the run '{started.name}': {url}", err=True)
            if not watch:
                if as_json:
                    echo_json(answer)
                else:
                    click.echo(str(started.id))
                return Exit.DONE
            return _watch(client, started, answer, as_json=as_json)


def _watch(client: SyncPrefectClient, started: Started, answer: dict[str, Any], *, as_json: bool) -> int:
    from ecoflows.deployments.watching import state_name, watch

    try:
        ended = watch(
            client,
            started.id,
            lambda text: click.echo(f"{started.name}: {text}", err=True),
            lambda line: click.echo(line, err=True),
        )
    except KeyboardInterrupt:
        click.echo(f"\nthe run goes on; 'ecoflows deployment cancel {started.id}' ends it", err=True)
        return _INTERRUPTED
    state = ended.state
    name = state_name(state)
    message = state.message if state is not None else None
    if as_json:
        echo_json(answer | {"state": name, "message": message})
    else:
        click.echo(f"{started.name}: {name}{f': {message}' if message else ''}")
    return Exit.DONE if state is not None and state.is_completed() else Exit.TASK_FAILED


@click.command()
@click.argument("name", metavar="NAME|RUN")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    help="How many seconds runs may take to end by themselves.",
)
@json_option
def cancel(name: str, wait: float, as_json: bool) -> int:
    """Cancel a run, by its id or name, or all unfinished runs of a deployment.

    In a cluster that KUBECONFIG names, Jobs that are left are deleted.
    """
    with server():
        from prefect.client.orchestration import get_client

        from ecoflows.deployments.cancelling import cancel as end

        with get_client(sync_client=True) as client:
            ended = end(client, name, lambda text: click.echo(text, err=True), wait=wait)
    if as_json:
        echo_json({"runs": [one.as_json() for one in ended]})
        return Exit.DONE
    if not ended:
        click.echo(f"'{name}' has no unfinished runs")
    for one in ended:
        jobs = f"; deleted {len(one.jobs)} Job{'s' if len(one.jobs) != 1 else ''}" if one.jobs else ""
        click.echo(f"{one.name}: {one.state}{jobs}")
        if one.note:
            click.echo(f"  {one.note}", err=True)
    return Exit.DONE
