"""Pydantic's findings as located problems in the user's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from ecoflows.decorators import Parameter
from ecoflows.errors import Problem, did_you_mean, nearest
from ecoflows.source import DataPath, Source

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dataclass_type": "a mapping",
    "none_required": "null",
    "datetime_type": "a date and time such as 2024-01-31T12:00:00Z",
    "datetime_parsing": "a date and time such as 2024-01-31T12:00:00Z",
    "datetime_from_date_parsing": "a date and time such as 2024-01-31T12:00:00Z",
    "date_type": "a date such as 2024-01-31",
    "date_parsing": "a date such as 2024-01-31",
    "date_from_datetime_parsing": "a date such as 2024-01-31",
    "time_delta_type": "a duration",
    "time_delta_parsing": "a duration",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "multiple_of": "a multiple of {multiple_of}",
    "string_too_short": "a text of at least {min_length} characters",
    "string_too_long": "a text of at most {max_length} characters",
    "string_pattern_mismatch": "a text like /{pattern}/",
}
"""What is expected, by pydantic's name of the finding; in braces, what pydantic tells with it."""

_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")

Known = Callable[[DataPath], Iterable[str]]


def _nothing_known(_path: DataPath) -> Iterable[str]:
    return ()


def value_problems(
    parameter: Parameter, value: Any, source: Source, path: Sequence[str | int], subject: str
) -> list[Problem]:
    """What is wrong with a literal as the value of a task's parameter.

    Args:
        parameter: The parameter.
        value: The value as it was written.
        source: Where it was written.
        path: Its path there.
        subject: What the value belongs to, put in front of each message.
    """
    try:
        read = parameter.adapter.validate_python(value)
    except ValidationError as error:
        return problems_of(error, source, path, known=lambda _path: _keys_of(parameter), subject=subject)
    except Exception as error:  # noqa: BLE001  # a task's own validator may raise anything
        return [source.problem(path, "wrong-type", f"{subject}{error or type(error).__name__}")]
    expected = _lax(value, read)
    if expected is None:
        return []
    return [source.problem(path, "wrong-type", f"{subject}{expected} is expected, not {shown(value)}")]


def _keys_of(parameter: Parameter) -> list[str]:
    """The keys of all mappings that a parameter's type knows, for the nearest name."""
    try:
        ahead: list[Any] = [parameter.adapter.json_schema()]
    except Exception:  # noqa: BLE001  # a type that JSON cannot describe
        return []
    names: list[str] = []
    while ahead:
        schema = ahead.pop()
        if isinstance(schema, dict):
            names += schema["properties"] if isinstance(schema.get("properties"), dict) else []
            ahead += schema.values()
        elif isinstance(schema, list):
            ahead += schema
    return names


def _lax(value: Any, read: Any) -> str | None:
    """What was expected where pydantic reads something that nobody means."""
    if isinstance(value, bool) and isinstance(read, int | float) and not isinstance(read, bool):
        return "a number"  # pydantic: true is 1
    if isinstance(read, date) and re.fullmatch(r"[-+]?\d+(\.\d*)?(e\d+)?", str(value)):
        return "a date such as 2024-01-31"  # pydantic: 2024 is 34 minutes after the start of 1970
    return None


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
    for findings in by_place.values():
        findings.sort(key=lambda finding: finding["type"] not in _UNKNOWN)  # a wrong name explains most
    misspelt = {
        (*path[:-1], nearest(str(path[-1]), known(path[:-1])))
        for path, findings in by_place.items()
        if path and findings[0]["type"] in _UNKNOWN
    }
    return [
        _problem(source, path, findings, code, known, subject)
        for path, findings in by_place.items()
        # Of a union's branches, the one that got furthest tells what was meant.
        if not any(len(other) > len(path) and other[: len(path)] == path for other in by_place)
        and not (findings[0]["type"] == "missing" and path in misspelt)
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
    if kind in _UNKNOWN:
        name = findings[0]["loc"][-1]  # of an option on the command line there are no places inside
        hint = did_you_mean(str(name), known(path[:-1]), what="known keys")
        message = f"{subject}unknown key '{name}'"
        return source.problem(path, "unknown-key", message, hint=hint, side="key")
    if kind in ("missing", "missing_argument"):
        name = findings[0]["loc"][-1]
        return source.problem(path[:-1], "missing-key", f"{subject}the key '{name}' is missing")
    of_key = findings[0]["loc"][-1:] == ("[key]",)
    message = f"{subject}{'as a key, ' if of_key else ''}{_message(findings)}"
    return source.problem(path, code, message, hint=_hint(findings), side="key" if of_key else "value")


def _message(findings: list[Any]) -> str:
    """One sentence about all that was tried with one value."""
    expected = list(dict.fromkeys(part for finding in findings for part in _expectations(finding)))
    others = dict.fromkeys(_sentence(finding) for finding in findings if not _expectations(finding))
    if not expected:
        return "; or ".join(others)
    *most, last = expected
    choice = f"{', '.join(most)} or {last}" if most else last
    return "; or ".join([f"{choice} is expected, not {shown(findings[0]['input'])}", *others])


def _expectations(finding: Any) -> list[str]:
    kind, context = finding["type"], finding.get("ctx", {})
    if kind in ("literal_error", "enum"):
        return re.split(r", (?=\S+(?:, | or |$))| or ", context["expected"])
    if kind in ("too_short", "too_long"):
        count = context["min_length" if kind == "too_short" else "max_length"]
        bound = "least" if kind == "too_short" else "most"
        return [f"a list of at {bound} {count} item{'s' if count != 1 else ''}"]
    if kind == "string_too_short" and context["min_length"] == 1:
        return ["a text that is not empty"]
    if kind not in _EXPECTED:
        return []
    told = {name: f"{item:.15g}" if isinstance(item, float) else item for name, item in context.items()}
    return [_EXPECTED[kind].format_map(told)]


def _sentence(finding: Any) -> str:
    message = str(finding["msg"])
    if finding["type"] in ("value_error", "assertion_error"):
        return message.partition(", ")[2] or message
    if message.startswith("Input should be "):
        return f"{message.removeprefix('Input should be ')} is expected, not {shown(finding['input'])}"
    return f"{message[:1].lower()}{message[1:]}, not {shown(finding['input'])}"


def _hint(findings: list[Any]) -> str | None:
    value = findings[0]["input"]
    for finding in findings:
        if finding["type"] in ("literal_error", "enum"):
            known = re.findall(r"'([^']*)'", finding["ctx"]["expected"])
            near = nearest(value, known) if isinstance(value, str) else None
            return f"did you mean '{near}'?" if near else None
    only_text = all(finding["type"] == "string_type" for finding in findings)
    if only_text and isinstance(value, bool | int | float):
        return f"to have it as text, put it in quotes: '{shown(value)}'"
    return None


def shown(value: Any, limit: int = 60) -> str:
    """A value as a message shows it: short, and in YAML's words."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value) if isinstance(value, str | int | float) else None
    text = {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(text, text) if text else None
    if text is None:
        kinds = {"a list": list | tuple, "a mapping": dict}
        text = next((word for word, kind in kinds.items() if isinstance(value, kind)), type(value).__name__)
        return f"an empty {text[2:]}" if text in kinds and not value else text
    return text if len(text) <= limit else text[: limit - 3] + "..."
