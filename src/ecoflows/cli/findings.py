"""Findings in the forms that people and other tools read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from ecoflows import __version__

if TYPE_CHECKING:
    from ecoflows.errors import Problem, Related

_LEVELS = {"error": "error", "warning": "warning"}


def echo_github(problems: Sequence[Problem]) -> None:
    """Print problems as the workflow commands that make annotations of a pull request."""
    for problem in problems:
        places = {"file": problem.file, "line": problem.line, "col": problem.col, "title": problem.code}
        given = ",".join(
            f"{name}={_property(str(value))}" for name, value in places.items() if value is not None
        )
        related = [f"{other.message}: {other.place}" for other in problem.related]
        text = "\n".join([problem.message, *([problem.hint] if problem.hint else []), *related])
        click.echo(f"::{_LEVELS[problem.severity]} {given}::{_data(text)}")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def sarif(problems: Sequence[Problem]) -> dict[str, Any]:
    """Problems as a SARIF 2.1.0 log.

    Args:
        problems: The problems.
    """
    codes = list(dict.fromkeys(problem.code for problem in problems))
    driver = {
        "name": "ecoflows",
        "version": __version__,
        "rules": [{"id": code, "shortDescription": {"text": code.replace("-", " ")}} for code in codes],
    }
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [_result(problem, codes) for problem in problems]}],
    }


def _result(problem: Problem, codes: list[str]) -> dict[str, Any]:
    text = f"{problem.message}\n{problem.hint}" if problem.hint else problem.message
    found: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": codes.index(problem.code),
        "level": _LEVELS[problem.severity],
        "message": {"text": text},
    }
    if problem.file is not None:
        found["locations"] = [{"physicalLocation": _place(problem.file, problem.line, problem.col)}]
    if problem.related:
        found["relatedLocations"] = [
            _related(index, other) for index, other in enumerate(problem.related, start=1)
        ]
    return found


def _related(number: int, other: Related) -> dict[str, Any]:
    return {
        "id": number,
        "message": {"text": other.message},
        "physicalLocation": _place(other.file, other.line, other.col),
    }


def _place(file: str, line: int | None, col: int | None) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(file.replace("\\", "/"))}}
    if line is not None:
        place["region"] = {"startLine": line, **({"startColumn": col} if col is not None else {})}
    return place
