"""What stands in a spec for something else: references, words, ``${{ ... }}``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ecoflows.source import DataPath

_REFERENCE = re.compile(r"\$\{\{\s*workflow\.(?P<id>(?:(?!\}\}).)+?)\.return\s*\}\}")
_ENV = re.compile(r"\$\{\{\s*env\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_ANY = re.compile(r"\$\{\{.*?(\}\}|$)", re.DOTALL)
_HINT = "write ${{ workflow.ID.return }}, or ${{ env.NAME }}"

Refuse = Callable[[str, str, str | None], None]
"""Told of a problem: its code, its message, its hint."""


@dataclass(frozen=True)
class Reference:
    """Another instance's return value: ``${{ workflow.<id>.return }}``."""

    instance: str
    path: DataPath


@dataclass(frozen=True)
class Word:
    """A bare text of the mapping form: an instance's id where there is one, else itself."""

    text: str
    path: DataPath


def references(value: Any) -> Iterator[Reference | Word]:
    """All references and words in a value, however deep they stand."""
    if isinstance(value, Reference | Word):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from references(item)


def has_expression(text: str) -> bool:
    """Whether a text stands for something else, or tries to."""
    return "${{" in text


def reference_in(text: str, path: DataPath) -> Reference | None:
    """The reference that a text is, if it is one as a whole."""
    match = _REFERENCE.fullmatch(text.strip())
    return Reference(match["id"], path) if match else None


def filled(text: str, refuse: Refuse) -> str:
    """A text with its ``${{ env.NAME }}`` filled in; what cannot be is told and left as it is."""
    for found in _ANY.finditer(text):
        if _ENV.fullmatch(found[0]):
            continue
        if _REFERENCE.fullmatch(found[0]):
            message = f"the reference {found[0]} stands for a whole value, not for a part of a text"
            refuse("bad-reference", message, "let it stand alone, or take it out")
        else:
            refuse("bad-reference", f"{found[0][:60]} is not a reference", _HINT)
        return text

    unset = [name for name in dict.fromkeys(_ENV.findall(text)) if name not in os.environ]
    for name in unset:
        message = f"the environment variable {name} is not set"
        refuse("unset-variable", message, f"export {name}=... before the command")
    return text if unset else _ENV.sub(lambda match: os.environ[match["name"]], text)
