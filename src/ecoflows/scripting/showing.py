"""How what a step returned is shown: as text, and in notebooks as HTML."""

from __future__ import annotations

import base64
import html
import pprint
from collections.abc import Callable
from typing import Any

from ecoflows.store import Artifact
from ecoflows.workflow.outcome import Outcome, State, count_text

_ROWS = 10
_ELEMENTS = 100
_HEIGHT = 480
_TEXT_LENGTH = 4000
_MOCK = "MOCK: the packaged example of a task stands in here; this is no result"


def text_of(outcome: Outcome) -> str:
    """What became of a step, in a line.

    Args:
        outcome: What became of it.
    """
    parts = [outcome.state.value]
    if outcome.state in (State.SKIPPED, State.FAILED):
        parts = [f"{outcome.state.value}: {outcome.error}"]
    elif outcome.artifact is not None:
        parts += _facts(outcome.artifact)
    if outcome.elements is not None:
        parts.append(count_text(outcome.elements, what="elements"))
    if outcome.artifact is not None and outcome.artifact.mock:
        parts.append("MOCK")
    return f"<{outcome.id}: {', '.join(parts)}>"


def html_of(outcome: Outcome, load: Callable[[Artifact], Any]) -> str:
    """What a step returned, as notebooks show it: of a map, what it gave for the first element.

    Args:
        outcome: What became of it.
        load: Reads a stored value.
    """
    artifact = outcome.artifact
    mark = ""
    if artifact is not None and artifact.mock:
        mark = f'<p style="background:#c00;color:#fff;padding:4px 8px;font-weight:bold">{_MOCK}</p>'
    if outcome.state is State.SKIPPED and not outcome.elements:
        return f"{mark}<p>skipped: {_escaped(outcome.error)}</p>"
    if outcome.state is State.FAILED:
        return f"{mark}<p>failed: {_escaped(outcome.error)}</p>"
    if outcome.elements is not None:
        return f"{mark}{_elements(outcome)}{_first_of(outcome, load)}"
    if artifact is None:
        return f"<pre>{_escaped(text_of(outcome))}</pre>"
    return f"{mark}{_value(artifact, load)}"


def _first_of(outcome: Outcome, load: Callable[[Artifact], Any]) -> str:
    """What a map gave for the first element that has a value."""
    found = next((one for one in outcome.elements or () if one.result is not None), None)
    if found is None or found.artifact is None:
        return ""
    key = _escaped(_key(outcome, found))
    count = len(outcome.elements or ())
    others = f" (.elements[KEY] shows one of the {count})" if count > 1 else ""
    return f"<p><b>{key}</b>{others}</p>{_value(found.artifact, load)}"


def _value(artifact: Artifact, load: Callable[[Artifact], Any]) -> str:
    value = load(artifact)
    if artifact.is_table:
        note = f"<p>{artifact.rows:,} rows</p>" if (artifact.rows or 0) > _ROWS else ""
        return f"{value.head(_ROWS)._repr_html_()}{note}"
    if artifact.type == "text/html" and isinstance(value, str):
        # A page of its own: what it does cannot reach the notebook.
        return (
            f'<iframe srcdoc="{_escaped(value)}" sandbox="allow-scripts allow-popups" '
            f'style="width:100%;height:{_HEIGHT}px;border:1px solid #ccc"></iframe>'
        )
    if artifact.type == "image/png" and isinstance(value, bytes):
        return f'<img src="data:image/png;base64,{base64.b64encode(value).decode()}" style="max-width:100%">'
    text = pprint.pformat(value, sort_dicts=False)
    shown = text if len(text) <= _TEXT_LENGTH else f"{text[:_TEXT_LENGTH]}..."
    return f"<pre>{_escaped(shown)}</pre>"


def _elements(outcome: Outcome) -> str:
    elements = outcome.elements or ()
    rows = "".join(
        f"<tr><td>{_escaped(_key(outcome, element))}</td><td>{element.state.value}</td>"
        f"<td>{_escaped(element.error or _described(element))}</td></tr>"
        for element in elements[:_ELEMENTS]
    )
    more = f"<p>and {len(elements) - _ELEMENTS} more</p>" if len(elements) > _ELEMENTS else ""
    head = "<tr><th>element</th><th>state</th><th></th></tr>"
    return f"<p>{_escaped(count_text(elements, what='elements'))}</p><table>{head}{rows}</table>{more}"


def _key(outcome: Outcome, element: Outcome) -> str:
    """What an element is called inside of its step."""
    return element.id.removeprefix(f"{outcome.id}[").removesuffix("]")


def _described(outcome: Outcome) -> str:
    return "" if outcome.artifact is None else ", ".join(_facts(outcome.artifact))


def _facts(artifact: Artifact) -> list[str]:
    rows = "" if artifact.rows is None else f"{artifact.rows:,} rows" if artifact.is_table else ""
    return [artifact.type, *([rows] if rows else []), f"{artifact.bytes:,} bytes"]


def _escaped(text: str | None) -> str:
    """Text for a page; half a character, which no file can hold, as its number."""
    return html.escape(text or "").encode("utf-8", "backslashreplace").decode()
