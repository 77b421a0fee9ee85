"""What looks like a secret, and must not stand in files that people share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ecoflows.errors import Problem

CODE = "secret-in-file"
"""The code of problems with secrets."""

_NAME = re.compile(
    r"(^|[_.\-])(API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SECRET(_?KEY)?|PASSWORD|PASSWD|PASSPHRASE|PWD|TOKEN|"
    r"CREDENTIALS?|AUTH)$|PASSWORD|PASSWD",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"_KEY$", re.IGNORECASE)
_IN_URL = re.compile(r"[a-z][a-z0-9+.\-]*://[^/\s:@]*:[^/\s@]+@", re.IGNORECASE)
_QUERY = re.compile(r"[?&](sig|token|password|api_?key|access_?key|x-amz-signature)=[^&\s]+", re.IGNORECASE)
_VALUES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bpn[ub]_[A-Za-z0-9]{20,}|"
    r"\bgh[pousr]_[A-Za-z0-9]{30,}|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}"
)


def is_secret_name(name: str, *, variable: bool = False) -> bool:
    """Whether something of this name usually holds a secret.

    Args:
        name: The name.
        variable: Whether it is that of an environment variable, which more of them do.
    """
    return bool(_NAME.search(name)) or (variable and bool(_VARIABLE.search(name)))


def holds_secret(text: str) -> str | None:
    """What in a text looks like a secret, in a few words that do not repeat it.

    Args:
        text: The text.
    """
    if _IN_URL.search(text) or _QUERY.search(text):
        return "a URL with a password in it"
    return "the text of a key" if _VALUES.search(text) else None


def secrets_in(data: Any, *, variables: bool = False) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The places in plain data that look like secrets, each with what is wrong there.

    What is empty holds none.

    Args:
        data: Mappings, lists and scalars.
        variables: Whether its keys are names of environment variables.
    """
    if isinstance(data, Mapping):
        for key, value in data.items():
            is_given = isinstance(value, str | int) and not isinstance(value, bool) and str(value) != ""
            if is_given and is_secret_name(str(key), variable=variables):
                yield (key,), f"'{key}' looks like the name of a secret"
                continue
            yield from (((key, *path), why) for path, why in secrets_in(value, variables=variables))
    elif isinstance(data, list | tuple):
        for index, item in enumerate(data):
            yield from (((index, *path), why) for path, why in secrets_in(item, variables=variables))
    elif isinstance(data, str) and (found := holds_secret(data)):
        yield (), f"this is {found}"


def unseen(problems: Iterable[Problem]) -> list[Problem]:
    """Problems without the lines of the file that have a secret, whatever else is wrong there.

    Args:
        problems: The problems.
    """
    found = list(problems)
    lines = {(problem.file, problem.line) for problem in found if problem.code == CODE}
    return [
        replace(problem, excerpt=None) if (problem.file, problem.line) in lines else problem
        for problem in found
    ]
