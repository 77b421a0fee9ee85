"""``ecoflows``: the commands."""

from __future__ import annotations

import sys

import click

from ecoflows import __version__
from ecoflows.cli.cache import cache
from ecoflows.cli.check import check
from ecoflows.cli.common import Exit, show_problems
from ecoflows.cli.compiling import compile_
from ecoflows.cli.connections import connections
from ecoflows.cli.convert import convert
from ecoflows.cli.deployment import deployment
from ecoflows.cli.doctor import doctor
from ecoflows.cli.example import example
from ecoflows.cli.params import get_params
from ecoflows.cli.plan import plan
from ecoflows.cli.run import run
from ecoflows.cli.run_task import run_task
from ecoflows.cli.schema import schema
from ecoflows.cli.server import server
from ecoflows.cli.simulate import simulate
from ecoflows.cli.tasks import tasks
from ecoflows.cli.verifying import verify


class _InOrder(click.Group):
    """Lists commands in the order in which one uses them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's interface
        return list(self.commands)


@click.group(
    cls=_InOrder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 problems in the input, 2 wrong usage, 3 a task failed.",
)
@click.version_option(__version__, prog_name="ecoflows")
def cli() -> None:
    """Typed tasks, composed in a YAML spec, run as a Prefect flow."""


for _command in (
    tasks,
    check,
    convert,
    get_params,
    schema,
    plan,
    run,
    compile_,
    verify,
    run_task,
    connections,
    deployment,
    doctor,
    cache,
    server,
    simulate,
    example,
):
    cli.add_command(_command)


def main() -> None:
    """The console script: every error that a user can mend is told without a traceback."""
    from ecoflows.errors import EcoflowsError, ProblemError, UsageError

    try:
        code = cli(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ProblemError as error:
        show_problems(error.problems)
        sys.exit(Exit.PROBLEMS)
    except UsageError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(Exit.USAGE)
    except EcoflowsError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(Exit.PROBLEMS)
    sys.exit(code if isinstance(code, int) else Exit.DONE)
