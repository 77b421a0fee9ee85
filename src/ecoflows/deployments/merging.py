"""Put deployments into a ``prefect.yaml`` and leave all else in it as it is, comments included."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import SingleQuotedScalarString
from ruamel.yaml.util import load_yaml_guess_indent

from ecoflows.deployments.prefect_file import ENTRY_KEYS, mark, project_of

_HEADER = """\
Made by 'ecoflows deployment build', for 'ecoflows deployment apply' and for 'prefect deploy'.
The next build writes anew what is tagged '{mark}', and leaves all else as it is.
"""
_TEXT = "tag:yaml.org,2002:str"
_RESOLVER = yaml.resolver.Resolver()


class _Representer(RoundTripRepresenter):
    """Writes numbers so that YAML 1.1 reads them as such, which Prefect's reader is of."""


def _represent_float(representer: _Representer, value: float) -> Any:
    text = repr(value)
    if "e" in text and "." not in text:
        text = text.replace("e", ".0e")
    return representer.represent_scalar("tag:yaml.org,2002:float", text)


_Representer.add_representer(float, _represent_float)


def merged(text: str | None, project: str, entries: Sequence[Mapping[str, Any]]) -> str:
    """The text of a ``prefect.yaml`` with deployments in it.

    Of a deployment that is there already, what an entry says is written anew and the rest stays.

    Args:
        text: What stands in the file, if there is one; it has been read without problems.
        project: What the file calls itself.
        entries: The deployments.
    """
    document, sequence, offset = _loaded(text, project)
    if document.get("name") is None:
        document.insert(0, "name", _written(project))
    if not document.get("deployments"):
        document["deployments"] = CommentedSeq()
    found = document["deployments"]
    for entry in entries:
        there = next((one for one in found if one.get("name") == entry["name"]), None)
        whole = {**entry, "tags": _tags(project, entry, there)}
        if there is None:
            found.append(_written({key: whole[key] for key in ENTRY_KEYS if key in whole}))
        else:
            _update(there, whole)
    writer = _writer(sequence, offset)
    stream = io.StringIO()
    writer.dump(document, stream)
    return stream.getvalue()


def _loaded(text: str | None, project: str) -> tuple[CommentedMap, int, int]:
    """The document, and how its lists are indented."""
    if not text or not text.strip():
        document = CommentedMap({"name": _written(project), "deployments": CommentedSeq()})
        document.yaml_set_start_comment(_HEADER.format(mark=mark(project)))
        return document, 4, 2
    reader = _writer(4, 2)
    _, indent, offset = load_yaml_guess_indent(text)
    document = reader.load(text)
    if document is None:  # comments alone
        document = CommentedMap({"name": _written(project), "deployments": CommentedSeq()})
        document.yaml_set_start_comment(text.strip("\n").replace("\n# ", "\n").removeprefix("# "))
        return document, 4, 2
    return document, indent or 4, offset if offset is not None else 2


def _writer(sequence: int, offset: int) -> YAML:
    writer = YAML(typ="rt")
    writer.preserve_quotes = True
    writer.width = 100_000
    writer.allow_unicode = True
    writer.brace_single_entry_mapping_in_flow_sequence = True
    writer.Representer = _Representer
    writer.indent(mapping=2, sequence=max(sequence, offset + 2), offset=offset)
    return writer


def _tags(project: str, entry: Mapping[str, Any], there: Mapping[str, Any] | None) -> list[str]:
    """The mark, the entry's own tags, and what people have added to them."""
    kept = there.get("tags") if there is not None else None
    others = [str(tag) for tag in kept if project_of([tag]) is None] if isinstance(kept, list) else []
    return list(dict.fromkeys([mark(project), *entry.get("tags", ()), *others]))


def _update(there: CommentedMap, whole: Mapping[str, Any]) -> None:
    """Write what differs; what does not keeps its comments."""
    for key, value in whole.items():
        before = there.get(key)
        if key == "work_pool" and isinstance(before, Mapping):
            _update_pool(before, value)
        elif key in there:
            if _plain(before) != value:
                there[key] = _written(value)
        else:
            there.insert(_place(there, key), key, _written(value))


def _update_pool(there: Any, value: Mapping[str, Any]) -> None:
    """The pool and its job variables; the queue is for people to choose."""
    for key, item in value.items():
        if _plain(there.get(key)) != item:
            there[key] = _written(item)


def _place(there: CommentedMap, key: str) -> int:
    """Where a new key goes: after those that usually stand before it."""
    before = ENTRY_KEYS[: ENTRY_KEYS.index(key)]
    places = [index + 1 for index, name in enumerate(there) if name in before]
    return max(places, default=0)


def _plain(value: Any) -> Any:
    """A value of the document without what remembers how it was written."""
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool) or value is None:
        return value
    return float(value) if isinstance(value, float) else int(value) if isinstance(value, int) else value


def _written(value: Any) -> Any:
    """A value as the document keeps it; texts that YAML 1.1 takes for something else in quotes."""
    if isinstance(value, Mapping):
        return CommentedMap({_written(key): _written(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return CommentedSeq([_written(item) for item in value])
    return SingleQuotedScalarString(value) if isinstance(value, str) and _is_other(value) else value


def _is_other(text: str) -> bool:
    """Whether YAML 1.1 takes a text without quotes for something else."""
    tag: Any = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return bool(tag != _TEXT)
