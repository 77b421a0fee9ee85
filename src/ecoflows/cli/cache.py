"""``ecoflows cache``: look at, check and tidy what is stored under a cache root."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from ecoflows.cli.common import Exit, cache_root_option, echo_json, load_workflow, open_store

if TYPE_CHECKING:
    from ecoflows.store import Result, Store


@click.group()
def cache() -> None:
    """What is stored under a cache root."""


def _where(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option("--spec", metavar="SPEC", help="Use this spec's cache root.")(command)
    command = click.option(
        "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
    )(command)
    return cache_root_option(command)


def _store(cache_root: str | None, spec: str | None) -> Store:
    return open_store(cache_root, load_workflow(spec) if spec and not cache_root else None)


@cache.command("ls")
@_where
def ls(cache_root: str | None, spec: str | None, form: str) -> None:
    """List the results, newest first."""
    from ecoflows.cli.tables import bytes_text, print_table, seconds_text

    store = _store(cache_root, spec)
    results = sorted(store.results(), key=lambda result: result.created, reverse=True)
    if form == "json":
        echo_json({"cache_root": store.root, "results": [_as_json(store, result) for result in results]})
        return
    if not results:
        click.echo(f"{store.root}: no results")
        return
    rows = [
        (
            result.key[:8],
            f"{result.label} (mock)" if result.artifact.mock else result.label,
            "" if result.artifact.rows is None else f"{result.artifact.rows:,}",
            bytes_text(result.artifact.bytes),
            seconds_text(result.seconds),
            f"{result.created:%Y-%m-%d %H:%M}",
        )
        for result in results
    ]
    columns = ("Key", "Task instance", "Rows", "Size", "Took", "Made (UTC)")
    print_table(columns, rows, right=("Rows", "Size", "Took"), whole=("Key", "Task instance", "Made (UTC)"))


@cache.command("show")
@click.argument("key")
@_where
def show(key: str, cache_root: str | None, spec: str | None, form: str) -> None:
    """Show one result by its KEY, or by the first characters of it."""
    store = _store(cache_root, spec)
    result = _by_prefix(store, key)
    if form == "json":
        echo_json(_as_json(store, result))
        return
    for name, value in _as_json(store, result).items():
        if isinstance(value, dict):
            click.echo(f"{name}:")
            for inner, item in value.items():
                click.echo(f"  {inner}: {item}")
        else:
            click.echo(f"{name}: {value}")


def _by_prefix(store: Store, key: str) -> Result:
    from ecoflows.errors import EcoflowsError

    found = [result for result in store.results() if result.key.startswith(key)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise EcoflowsError(f"{store.root} has no result with the key {key}; see 'ecoflows cache ls'")
    raise EcoflowsError(f"{len(found)} results have keys that start with {key}; give more of it")


def _as_json(store: Store, result: Result) -> dict[str, Any]:
    data = result.model_dump(mode="json")
    data["artifact"] |= {"uri": store.uri(result.artifact), "mock": result.artifact.mock}
    return data


@cache.command("verify")
@_where
def verify(cache_root: str | None, spec: str | None, form: str) -> int:
    """Read everything and compare it with its digest."""
    from ecoflows.store.maintenance import verify_all

    store = _store(cache_root, spec)
    findings = verify_all(store)
    if form == "json":
        echo_json(
            {"problems": [{"path": item.path, "message": item.message, "key": item.key} for item in findings]}
        )
    else:
        for item in findings:
            click.echo(f"{item.path}: {item.message}")
        sound = "all sound" if next(store.results(), None) else "no results"
        click.echo(
            f"{len(findings)} damaged; a run computes them again" if findings else f"{store.root}: {sound}"
        )
    return Exit.PROBLEMS if findings else Exit.DONE


@cache.command("gc")
@_where
@click.option("--older-than", metavar="AGE", help="Also remove results older than this, such as 30d or 12h.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be removed.")
def gc(cache_root: str | None, spec: str | None, form: str, older_than: str | None, dry_run: bool) -> None:
    """Remove what no result refers to.

    Nothing younger than an hour is touched, so that a run that is going on loses nothing.
    """
    from dataclasses import asdict

    from ecoflows.cli.tables import bytes_text
    from ecoflows.spec import parse_duration
    from ecoflows.store.maintenance import collect_garbage

    try:
        age = parse_duration(older_than)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--older-than") from error
    report = collect_garbage(_store(cache_root, spec), older_than=age, dry_run=dry_run)
    if form == "json":
        echo_json(asdict(report))
        return
    verb = "would remove" if dry_run else "removed"
    kinds = {
        "artifacts": report.artifacts,
        "results": report.results,
        "left-over files": [*report.temporary, *report.latest, *report.runs],
    }
    counts = ", ".join(f"{len(found)} {kind}" for kind, found in kinds.items())
    click.echo(f"{verb} {counts} ({bytes_text(report.bytes)})")
