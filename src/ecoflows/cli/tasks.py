"""``ecoflows tasks``: what there is to build with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ecoflows.cli.common import Exit, echo_json

if TYPE_CHECKING:
    from ecoflows.registry import RegisteredTask, Registry


@click.command()
@click.argument("name", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--broken", is_flag=True, help="Show the tracebacks of packages that fail to import.")
def tasks(name: str | None, form: str, broken: bool) -> int:
    """List the registered tasks by package and the skip conditions, or show task NAME in full."""
    from ecoflows import registry

    found = registry.installed()
    if broken:
        return _show_broken(found, form)
    if name is not None:
        return _show_one(found, name, form)
    if form == "json":
        echo_json(
            {
                "tasks": [_as_json(item) for item in found.all()],
                "conditions": [
                    {"name": item.name, "description": item.description, "module": item.module}
                    for item in found.conditions.values()
                ],
                "broken": _broken_json(found),
            }
        )
        return Exit.DONE
    _show_all(found)
    return Exit.DONE


def _show_broken(found: Registry, form: str) -> int:
    if form == "json":
        echo_json({"broken": _broken_json(found)})
        return Exit.DONE
    if not found.broken:
        click.echo("every package imports")
    for item in found.broken:
        click.echo(f"{item.package}: {item.module}\n{item.details}")
    return Exit.DONE


def _broken_json(found: Registry) -> list[dict[str, str]]:
    return [
        {"package": item.package, "module": item.module, "message": item.message, "details": item.details}
        for item in found.broken
    ]


def _show_one(found: Registry, name: str, form: str) -> int:
    from ecoflows.errors import Problem, ProblemError
    from ecoflows.registry import UnknownTaskError

    try:
        task = found.find(name)
    except UnknownTaskError as error:
        raise ProblemError([Problem("unknown-task", str(error), hint=error.hint)]) from error
    item = next(known for known in found.all() if known.task is task)
    if form == "json":
        echo_json(_as_json(item))
    else:
        _show_full(item)
    return Exit.DONE


def _as_json(item: RegisteredTask) -> dict[str, Any]:
    from ecoflows.keys import type_name
    from ecoflows.workflow.params import type_text

    task = item.task
    return {
        "name": task.name,
        "package": item.package,
        "reference": task.reference,
        "description": task.description,
        "tags": list(task.tags),
        "image": task.image,
        "container_resources": task.container_resources.as_kubernetes() if task.container_resources else None,
        "parameters": [
            {
                "name": parameter.name,
                "type": type_name(parameter.annotation),
                "accepts": type_text(parameter),
                "required": parameter.required,
                "default": None if parameter.required else _jsonable(parameter.default),
                "description": parameter.description,
                "columns": _columns(parameter.annotation),
            }
            for parameter in task.parameters.values()
        ],
        "returns": {"type": type_name(task.returns), "columns": _columns(task.returns)},
    }


def _jsonable(value: Any) -> Any:
    from ecoflows.store.canonical import encode

    return encode(value)


def _columns(annotation: Any) -> list[dict[str, Any]] | None:
    """The columns that a table's schema declares; ``None`` where it is no table."""
    from ecoflows.annotations import frame_schema, is_frame
    from ecoflows.frames import frame_json_schema

    if not is_frame(annotation):
        return None
    described = frame_json_schema(frame_schema(annotation))
    required = described.get("required", [])
    return [
        {"name": name, "required": name in required, **column}
        for name, column in described.get("properties", {}).items()
    ]


def _show_all(found: Registry) -> None:
    package = None
    for item in found.all():
        if item.package != package:
            package = item.package
            click.secho(f"\n{package}" if package else "", bold=True)
        described = _as_json(item)
        label = (
            f"{item.task.module}.{item.task.name}" if item.task.name in found.collisions else item.task.name
        )
        click.secho(f"  {label}", fg="cyan", nl=False)
        arguments = ", ".join(
            parameter["name"] if parameter["required"] else f"{parameter['name']}=..."
            for parameter in described["parameters"]
        )
        click.echo(_wrapped(f"({arguments}) -> {described['returns']['type']}", len(label) + 2))
        click.echo(_wrapped(f"      {described['description']}", 0))
        for line in _needs(described):
            click.echo(_wrapped(f"      {line}", 0))
        for parameter in described["parameters"]:
            if parameter["columns"]:
                click.echo(_wrapped(f"      {parameter['name']}: {_names(parameter['columns'])}", 0))
        if described["returns"]["columns"]:
            click.echo(_wrapped(f"      returns: {_names(described['returns']['columns'])}", 0))
    click.secho("\nskip conditions", bold=True)
    for condition in found.conditions.values():
        click.secho(f"  {condition.name}", fg="cyan")
        click.echo(_wrapped(f"      {condition.description}", 0))
    for name, claims in found.collisions.items():
        places = " and ".join(f"{claim.package} ({claim.task.location})" for claim in claims)
        click.secho(
            f"\n'{name}' is claimed by {places}; specs must use the full names", fg="yellow", err=True
        )
    for broken in found.broken:
        click.secho(
            f"\n{broken.package}: {broken.module} cannot be imported: {broken.message}", fg="red", err=True
        )
        click.echo("  'ecoflows tasks --broken' shows the traceback", err=True)


def _needs(described: dict[str, Any]) -> list[str]:
    lines = []
    if described["tags"]:
        lines.append(f"tags: {', '.join(described['tags'])}")
    if described["image"]:
        lines.append(f"image: {described['image']}")
    for group, amounts in (described["container_resources"] or {}).items():
        lines.append(f"{group}: {', '.join(f'{kind} {amount}' for kind, amount in amounts.items())}")
    return lines


def _names(columns: list[dict[str, Any]]) -> str:
    return "columns " + ", ".join(
        f"{column['name']} ({column['dtype']})" if column.get("dtype") else column["name"]
        for column in columns
    )


def _wrapped(text: str, used: int) -> str:
    import shutil
    import textwrap

    width = max(40, min(shutil.get_terminal_size().columns, 110))
    lead = text[: len(text) - len(text.lstrip())]
    lines = textwrap.wrap(
        text.strip(),
        width=width,
        initial_indent=" " * used + lead,
        subsequent_indent=" " * 10,
        break_long_words=False,
    )
    return "\n".join(lines)[used:] if lines else ""


def _show_full(item: RegisteredTask) -> None:
    described = _as_json(item)
    click.secho(described["name"], bold=True, nl=False)
    click.echo(f"  ({item.package}, {described['reference']})\n")
    click.echo(item.task.docstring)
    for line in _needs(described):
        click.echo(f"\n{line}")
    click.secho("\nArguments", bold=True)
    for parameter in described["parameters"]:
        state = "required" if parameter["required"] else f"default {parameter['default']!r}"
        accepts = parameter["type"] if parameter["columns"] is not None else parameter["accepts"]
        click.echo(f"  {parameter['name']}: {accepts}; {state}")
        if parameter["description"]:
            click.echo(_wrapped(f"      {parameter['description']}", 0))
        _show_columns(parameter["columns"])
    click.secho("\nReturns", bold=True)
    click.echo(f"  {described['returns']['type']}")
    _show_columns(described["returns"]["columns"])


def _show_columns(columns: list[dict[str, Any]] | None) -> None:
    for column in columns or []:
        optional = "" if column["required"] else ", optional"
        description = f": {column['description']}" if column.get("description") else ""
        click.echo(
            _wrapped(f"      - {column['name']} ({column.get('dtype', 'any')}{optional}){description}", 0)
        )
