"""Pydantic's findings as located problems in the user's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from ecoflows.errors import Problem, did_you_mean
from ecoflows.source import DataPath, Source

_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dataclass_type": "a mapping",
}

Known = Callable[[DataPath], Iterable[str]]


def _nothing_known(_path: DataPath) -> Iterable[str]:
    return ()


def problems_of(
    error: ValidationError,
    source: Source,
    at: Sequence[str | int] = (),
    *,
    code: str = "wrong-type",
    known: Known = _nothing_known,
    subject: str = "",
) -> list[Problem]:
    """Locate each finding of a validation in the file that the data came from.

    Args:
        error: What pydantic found.
        source: Where the data came from.
        at: The path of the validated data in the source.
        code: The code for findings about values; unknown and missing keys have codes of their own.
        known: The keys that are valid in the mapping at a path, for the nearest name.
        subject: What the values belong to, put in front of each message.

    Returns:
        One problem per place; findings of the branches of a union come as one.
    """
    by_place: dict[DataPath, list[Any]] = {}
    for finding in error.errors(include_url=False):
        path = _existing(source, (*at, *finding["loc"]), keep_last=finding["type"] == "missing")
        by_place.setdefault(path, []).append(finding)
    return [
        _problem(source, path, findings, code, known, subject)
        for path, findings in by_place.items()
        # Of a union's branches, the one that got furthest tells what was meant.
        if not any(len(other) > len(path) and other[: len(path)] == path for other in by_place)
    ]


def _existing(source: Source, path: DataPath, *, keep_last: bool) -> DataPath:
    """Drop from a location what pydantic adds to it: names of union members and of types."""
    found: DataPath = ()
    *parents, last = path or ("",)
    for part in parents:
        if (*found, part) in source.values:
            found = (*found, part)
    return (*found, last) if keep_last or (*found, last) in source.values else found


def _problem(
    source: Source, path: DataPath, findings: list[Any], code: str, known: Known, subject: str
) -> Problem:
    kind = findings[0]["type"]
    name = path[-1] if path else ""
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return source.problem(
            path,
            "unknown-key",
            f"{subject}unknown key '{name}'",
            hint=did_you_mean(str(name), known(path[:-1]), what="known keys"),
            side="key",
        )
    if kind in ("missing", "missing_argument"):
        return source.problem(path[:-1], "missing-key", f"{subject}the key '{name}' is missing")
    messages = list(dict.fromkeys(_message(finding) for finding in findings))
    return source.problem(path, code, subject + "; or ".join(messages))


def _message(finding: Any) -> str:
    kind, value = finding["type"], finding["input"]
    if kind in _KINDS:
        return f"{_KINDS[kind]} is expected, not {shown(value)}"
    if kind in ("value_error", "assertion_error"):
        return str(finding["msg"]).partition(", ")[2] or str(finding["msg"])
    message = str(finding["msg"])
    message = message[:1].lower() + message[1:].replace("Input should be", "")
    return f"{message.replace('input should be', 'the value should be')}, not {shown(value)}"


def shown(value: Any, limit: int = 60) -> str:
    """A value as a message shows it: short, and in YAML's words."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value) if isinstance(value, str | int | float) else None
    if text is None:
        kinds = {list: "a list", tuple: "a list", dict: "a mapping"}
        text = next((word for kind, word in kinds.items() if isinstance(value, kind)), type(value).__name__)
    return text if len(text) <= limit else text[: limit - 3] + "..."
