"""``ecoflows doctor``: whether everything is in place, and what to do where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecoflows.cli.common import Exit, echo_json, stdout_kept_clean
from ecoflows.cli.deployment_server import json_option

if TYPE_CHECKING:
    from ecoflows.doctor import Finding, Subject

_STYLES = {"ok": "green", "warning": "yellow", "error": "red", "skipped": "bright_black"}
_WIDTH = 15


@click.command()
@click.option("--profile", metavar="NAME", help="The environment: a file of OUT/profiles, or a path.")
@click.option(
    "--out", default="deployments", show_default=True, metavar="FOLDER", help="Where the deployments are."
)
@json_option
def doctor(profile: str | None, out: str, as_json: bool) -> int:
    """Check whether everything is in place for runs, and tell what to do where it is not.

    With a profile, all that its deployments need: server, work pool, worker, cluster, secrets,
    cache root. Nothing is changed; one file is written to the cache root and removed again.
    """
    from ecoflows.doctor import examine

    subject = _subject(profile, Path(out))
    findings: list[Finding] = []
    with stdout_kept_clean() if as_json else nullcontext():
        for finding in examine(subject):
            findings.append(finding)
            if not as_json:
                _show(finding)
    states = [finding.health.value for finding in findings]
    errors = states.count("error")
    if as_json:
        echo_json({"ok": not errors, "checks": [finding.as_json() for finding in findings]})
    else:
        click.echo(_summary(states))
    return Exit.PROBLEMS if errors else Exit.DONE


def _subject(profile: str | None, out: Path) -> Subject:
    from ecoflows.deployments.profiles import find_profile, load_profile
    from ecoflows.doctor import Subject
    from ecoflows.doctor.model import Environment

    if profile is None:
        return Subject()
    return Subject(Environment(*load_profile(find_profile(profile, out)), out))


def _show(finding: Finding) -> None:
    state = finding.health.value
    mark = click.style(f"{state:<8}", fg=_STYLES[state], bold=state == "error")
    click.echo(f"{mark} {finding.name:<{_WIDTH}} {finding.found}")
    if finding.fix is not None and state != "ok":
        click.echo(f"{'':<{9 + _WIDTH}} = {finding.fix}")


def _summary(states: Sequence[str]) -> str:
    counts = [(state, states.count(state)) for state in _STYLES if state in states]
    return ", ".join(
        f"{count} {state}{'s' if state in ('error', 'warning') and count > 1 else ''}"
        for state, count in counts
    )
