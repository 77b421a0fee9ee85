"""What the commands about deployments share: the file, JSON, and which server they speak to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ecoflows.flows.engine import Server

F = TypeVar("F", bound=Callable[..., Any])

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object, nothing else on stdout."
)


def file_option(command: F) -> F:
    """Take ``--file``."""
    return click.option(
        "--file",
        default="deployments/prefect.yaml",
        show_default=True,
        metavar="FILE",
        help="The file that 'deployment build' wrote.",
    )(command)


@contextmanager
def server() -> Iterator[Server]:
    """Use the server of PREFECT_API_URL, else the local one, and say which.

    Raises:
        EcoflowsError: If it does not answer, or refuses something.
    """
    from ecoflows.flows.environment import prepare

    prepare()
    from ecoflows.deployments.refusals import told
    from ecoflows.flows.engine import connected

    with connected(lambda text: click.echo(text, err=True)) as found, told():
        where = "the local Prefect server" if found.local else "the Prefect server"
        click.echo(f"{where}: {found.ui_url}", err=True)
        yield found
