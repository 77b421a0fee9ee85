"""What stands in a spec for something else: references, words, ``${{ ... }}``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ecoflows.errors import EcoflowsError
from ecoflows.source import DataPath

_REFERENCE = re.compile(r"\$\{\{\s*workflow\.(?P<id>(?:(?!\}\}).)+?)\.return\s*\}\}")
_ENV = re.compile(r"\$\{\{\s*env\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_WITH = re.compile(r"\$\{\{\s*with\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_ANY = re.compile(r"\$\{\{.*?(\}\}|$)", re.DOTALL)
_HINT = "write ${{ workflow.ID.return }}, or ${{ env.NAME }}"
_WITH_HINT = "in a fragment, write ${{ with.NAME }} with the name of one of its parameters"

Refuse = Callable[[str, str, str | None], None]
"""Told of a problem: its code, its message, its hint."""


@dataclass(frozen=True)
class Reference:
    """Another instance's return value: ``${{ workflow.<id>.return }}``."""

    instance: str
    path: DataPath = field(compare=False)


@dataclass(frozen=True)
class Word:
    """A bare text of the mapping form: an instance's id where there is one, else itself."""

    text: str
    path: DataPath


@dataclass(frozen=True)
class EnvironmentText:
    """A text as it is written, whose ``${{ env.NAME }}`` are filled in where a program runs."""

    written: str


class Hole(str):
    """A text whose expression cannot be replaced, which was told already: no reader tells it again."""

    __slots__ = ()


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
    if isinstance(text, Hole):
        return None
    match = _REFERENCE.fullmatch(text.strip())
    return Reference(match["id"], path) if match else None


def reference_to(instance: str) -> str:
    """The text of a reference to an instance."""
    return f"${{{{ workflow.{instance}.return }}}}"


def parameter_in(text: str) -> str | None:
    """The name of the fragment's parameter that a text stands for as a whole."""
    match = _WITH.fullmatch(text.strip())
    return match["name"] if match else None


def parameters_in(text: str) -> list[str]:
    """The names of all parameters that stand in a text of a fragment."""
    found = (_WITH.fullmatch(expression[0]) for expression in _ANY.finditer(text))
    return [match["name"] for match in found if match]


def references_in(text: str) -> list[str]:
    """All references that stand in a text, as they are written."""
    return [expression[0] for expression in _ANY.finditer(text) if _REFERENCE.fullmatch(expression[0])]


def is_plain(text: str) -> bool:
    """Whether a text has no expressions but environment variables: it can stand inside another one."""
    return all(_ENV.fullmatch(expression[0]) for expression in _ANY.finditer(text))


def completed(text: str, text_of: Callable[[str], str | None]) -> str:
    """A text of a fragment with each ``${{ with.NAME }}`` in it replaced.

    Args:
        text: The text.
        text_of: The text that stands for a parameter; ``None`` where there is none, which was told.
    """
    texts = {name: text_of(name) for name in dict.fromkeys(parameters_in(text))}
    known = {name: put for name, put in texts.items() if put is not None}
    if len(known) < len(texts):
        return Hole(text)

    def replaced(expression: re.Match[str]) -> str:
        match = _WITH.fullmatch(expression[0])
        return known[match["name"]] if match else expression[0]

    return _ANY.sub(replaced, text)


def filled(text: str, refuse: Refuse) -> str:
    """A text with its ``${{ env.NAME }}`` filled in; what cannot be is told and left as it is."""
    if isinstance(text, Hole):
        return text
    for found in _ANY.finditer(text):
        if _ENV.fullmatch(found[0]):
            continue
        if _REFERENCE.fullmatch(found[0]):
            message = f"the reference {found[0]} stands for a whole value, not for a part of a text"
            refuse("bad-reference", message, "let it stand alone, or take it out")
        elif _WITH.fullmatch(found[0]):
            message = f"{found[0]} stands for what a fragment is given, and this is no fragment"
            refuse("bad-reference", message, _HINT)
        elif re.match(r"\$\{\{\s*with\b", found[0]):
            refuse("bad-reference", f"{found[0][:60]} is not what a fragment is given", _WITH_HINT)
        else:
            refuse("bad-reference", f"{found[0][:60]} is not a reference", _HINT)
        return text

    unset = [name for name in dict.fromkeys(_ENV.findall(text)) if name not in os.environ]
    for name in unset:
        message = f"the environment variable {name} is not set"
        refuse("unset-variable", message, f"export {name}=... before the command")
    return text if unset else _ENV.sub(lambda match: os.environ[match["name"]], text)


def filled_from_environment(text: str) -> str:
    """A text with its ``${{ env.NAME }}`` filled in.

    Args:
        text: The text.

    Raises:
        EcoflowsError: If a variable is not set, or anything else stands in ``${{ }}``.
    """
    wrong: list[str] = []
    found = filled(text, lambda _, message, hint: wrong.append(f"{message}; {hint}"))
    if wrong:
        raise EcoflowsError("\n".join(wrong))
    return found


def as_written(message: str, from_environment: Mapping[str, str]) -> str:
    """A message in which what came from the environment stands as it is written.

    Args:
        message: The message.
        from_environment: The texts as they are written, by what they have become.
    """
    for found, written in from_environment.items():
        whole = repr(found)
        for shown in (whole, f"{whole[:57]}..."):
            message = message.replace(shown, written)
    return message
