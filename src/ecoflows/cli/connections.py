"""``ecoflows connections``: the named settings of services, made, listed, checked and removed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecoflows.cli.common import Exit, echo_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecoflows.connections import Check, Connection
    from ecoflows.connections.finding import Known
    from ecoflows.flows.connection_blocks.block_source import PrefectBlocks

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
type_option = click.option("--type", "type_name", metavar="TYPE", help="The type, such as earthranger.")


@click.group()
def connections() -> None:
    """Named settings of the services that tasks reach, such as an EarthRanger site."""


@connections.command("list")
@type_option
@json_option
def list_(type_name: str | None, as_json: bool) -> None:
    """List the connections, and where each comes from; never a secret."""
    from ecoflows.connections.finding import known

    found = known(type_name)
    rows = [
        {
            "type": one.type,
            "name": one.name,
            "sources": [{"source": label, "place": place} for label, place in one.places],
        }
        for one in found
    ]
    if as_json:
        echo_json({"connections": rows})
        return
    if not found:
        click.echo("no connections; 'ecoflows connections create --type TYPE --name NAME' makes one")
        return
    from ecoflows.cli.tables import print_table

    cells = [
        (one.type, one.name, "; ".join(f"{label}: {place}" for label, place in one.places)) for one in found
    ]
    print_table(("Type", "Name", "From"), cells, whole=("Type", "Name"))


@connections.command()
@click.argument("name")
@type_option
@json_option
def show(name: str, type_name: str | None, as_json: bool) -> None:
    """Show the settings of a connection and where each comes from; secrets are hidden."""
    from ecoflows.connections.finding import checked, find_known

    found = find_known(name, type_name)
    connection = checked(found)
    rows = [(field, *_shown(connection, found, field)) for field in type(connection).model_fields]
    if as_json:
        fields = {field: {"value": value, "source": origin} for field, value, origin in rows}
        echo_json({"type": found.type, "name": found.name, "fields": fields})
        return
    from ecoflows.cli.tables import print_table

    print_table(("Setting", "Value", "From"), rows, whole=("Setting",), title=f"{found.type} {found.name}")


def _shown(connection: Connection, found: Known, field: str) -> tuple[str, str]:
    value = getattr(connection, field)
    return ("" if value is None else str(value)), found.origins.get(
        field, "default" if value is not None else ""
    )


@connections.command()
@click.argument("name")
@type_option
@json_option
def check(name: str, type_name: str | None, as_json: bool) -> int:
    """Reach the service and say what works on the way."""
    from ecoflows.connections import CheckState
    from ecoflows.connections.finding import checked, find_known

    connection = checked(find_known(name, type_name))
    found: list[Check] = []
    for one in connection.checks():
        found.append(one)
        if not as_json:
            _tell(one)
    failed = any(one.state is CheckState.FAILED for one in found)
    if as_json:
        echo_json({"name": name, "passed": not failed, "checks": [one.as_json() for one in found]})
    return Exit.PROBLEMS if failed else Exit.DONE


def _tell(one: Check) -> None:
    colors = {"passed": "green", "failed": "red", "warning": "yellow"}
    style = click.style(f"{one.state.value:<8}", fg=colors.get(one.state.value))
    click.echo(f"{style} {one.name}{f': {one.detail}' if one.detail else ''}")
    if one.fix:
        click.echo(f"         = {one.fix}")


@connections.command()
@click.argument("name")
@type_option
def delete(name: str, type_name: str | None) -> None:
    """Remove a connection, from the file of connections and from the Prefect server."""
    from ecoflows.connections.finding import find_known
    from ecoflows.connections.sources.file import ConnectionsFile
    from ecoflows.errors import UsageError

    found = find_known(name, type_name)
    file = ConnectionsFile()
    removed = [str(file.path)] if file.remove(found.type, found.name) else []
    left = [(label, place) for label, place in found.places if label != file.label]
    if any(label == "prefect" for label, _ in left):
        removed.append("the Prefect server")
        _blocks().remove(found.type, found.name)
        left = [(label, place) for label, place in left if label != "prefect"]
    places = "; ".join(f"{label}: {place}" for label, place in left)
    if not removed:
        raise UsageError(f"'{found.name}' can only be removed where it is: {places}")
    click.echo(f"removed {found.type} {found.name} from {' and '.join(removed)}")
    if left:
        click.echo(f"it is still there: {places}")


def _blocks() -> PrefectBlocks:
    from ecoflows.flows.environment import prepare

    prepare()
    from ecoflows.flows.connection_blocks.block_source import PrefectBlocks

    return PrefectBlocks()


@connections.command()
@click.option("--type", "type_name", required=True, metavar="TYPE", help="The type, such as earthranger.")
@click.option("--name", required=True, metavar="NAME", help="What specs and params call it.")
@click.option(
    "--fields",
    metavar="JSON",
    help="The settings as a JSON object, @FILE or - for standard input, instead of being asked for them.",
)
@click.option(
    "--store",
    type=click.Choice(["file", "prefect"]),
    default="file",
    show_default=True,
    help="Where: the file of connections on this machine, or a block of the Prefect server.",
)
@click.option("--replace", is_flag=True, help="Write over a connection of the same name.")
def create(type_name: str, name: str, fields: str | None, store: str, replace: bool) -> None:
    """Make a connection: asks for its settings, what is secret is not shown.

    It does not ask for those that are in the environment, in ECOFLOWS__CONNECTIONS__TYPE__NAME__FIELD:
    they are written as they are.
    """
    from ecoflows.connections.creating import require_new, validated
    from ecoflows.connections.names import require_name
    from ecoflows.connections.sources.file import ConnectionsFile
    from ecoflows.connections.types import connection_type
    from ecoflows.errors import UsageError

    kind = connection_type(type_name)
    try:
        require_name(name)
    except ValueError as error:
        raise UsageError(f"--name: {error}") from error
    file = ConnectionsFile()
    if store == "file" and not replace:
        require_new(file, type_name, name)
    given = _asked(kind, _of_environment(kind, name)) if fields is None else _given(fields)
    settings = validated(kind, name, given)
    if store == "file":
        file.put(type_name, name, settings)
        place = str(file.path)
    else:
        blocks = _blocks()
        from ecoflows.cli.deployment_server import server

        with server():
            place = f"the block {blocks.put(type_name, name, settings, replace=replace)}"
    click.echo(f"wrote {type_name} {name} to {place}")
    click.echo(f"does it work?  ecoflows connections check {name}")


@connections.command()
def register() -> None:
    """Make the types of connections known to the Prefect server, for its UI to make and edit them."""
    from ecoflows.cli.deployment_server import server

    with server() as used:
        from ecoflows.flows.connection_blocks.block_types import register as register_types

        for name in register_types():
            click.echo(f"{name}: {used.ui_url}/blocks/catalog")


def _given(fields: str) -> dict[str, Any]:
    if fields == "-":
        text = sys.stdin.read()
    elif fields.startswith("@"):
        text = Path(fields[1:]).read_text(encoding="utf-8")
    else:
        text = fields
        click.echo(
            "a secret in a command line is seen by others on this machine, and kept by the shell's history; "
            "--fields - reads standard input, --fields @FILE a file",
            err=True,
        )
    try:
        found = json.loads(text)
    except ValueError:
        found = None  # the error would repeat the text
    if not isinstance(found, dict):
        raise click.UsageError('--fields takes a JSON object such as {"server": "example.org"}')
    return found


def _of_environment(kind: type[Connection], name: str) -> dict[str, Any]:
    """The settings that variables of the environment give to a connection."""
    from ecoflows.connections.names import same_name
    from ecoflows.connections.sources.environment import Environment

    found = [settings for settings in Environment().every(kind.type) if settings.name == same_name(name)]
    return dict(found[0].fields) if found else {}


def _asked(kind: type[Connection], known: Mapping[str, Any]) -> dict[str, Any]:
    """What is known and what a person answers; of several ways to sign in the first that is answered."""
    grouped = {name for names in kind.choices for name in names}
    required = [
        name for name, info in kind.model_fields.items() if info.is_required() and name not in grouped
    ]
    answers = dict(known)
    for name in required:
        if name not in known:
            answers[name] = _ask(kind, name)
    if grouped.intersection(known):
        return answers  # how to sign in is known; what is wrong with it is told
    for at, names in enumerate(kind.choices):
        last = at == len(kind.choices) - 1
        first = _ask(kind, names[0], optional=not last)
        if first == "":
            continue
        answers |= {names[0]: first} | {name: _ask(kind, name) for name in names[1:]}
        break
    return answers


def _ask(kind: type[Connection], name: str, *, optional: bool = False) -> str:
    from ecoflows.connections.creating import is_secret
    from ecoflows.connections.sources.environment import variable
    from ecoflows.errors import UsageError

    if not sys.stdin.isatty():
        raise UsageError(
            f"there is no terminal to ask for '{name}'; give --fields, or the settings in variables such as "
            f"{variable(kind.type, 'NAME', name)}"
        )
    info = kind.model_fields[name]
    more = " (leave empty for another way)" if optional else ""
    text = f"{name}: {info.description or ''}{more}"
    answer: str = click.prompt(
        text, hide_input=is_secret(info), default="" if optional else None, show_default=False, err=True
    )
    return answer
