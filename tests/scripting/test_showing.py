"""How notebooks show what steps returned."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest

from ecoflows.annotations import AnyDataFrame, Html, Png
from ecoflows.decorators import distributed
from map_tasks import any_is_odd, anything, numbers, square, table
from scripting_runs import Recording


@distributed
def page(text: str) -> Html:
    """Make a page."""
    return f"<p>{text}</p><script>let a = '\"&';</script>"


@distributed
def picture() -> Png:
    """Make a picture."""
    return b"\x89PNG\r\n\x1a\n" + b"0" * 10


@distributed
def wide() -> AnyDataFrame:
    """Make a table with hostile cells."""
    import pandas as pd

    return pd.DataFrame({"<b>": ["<script>"]})


@pytest.fixture
def run(tmp_path: Path) -> Recording:
    return Recording(tmp_path)


def shown(found: Any) -> str:
    text: str = found._repr_html_()
    return text


def test_tables_by_their_head(run: Recording) -> None:
    found = run.step("t", table)(rows=1500)
    assert shown(found).count("<tr") == 11
    assert "<p>1,500 rows</p>" in shown(found)
    assert re.fullmatch(r"<t: completed, dataframe, 1,500 rows, [0-9,]+ bytes>", repr(found))
    assert "<script>" not in shown(run.step("w", wide)())


def test_pages_in_a_frame_of_their_own(run: Recording) -> None:
    text = shown(run.step("p", page)(text="héé"))
    match = re.fullmatch(
        r'<iframe srcdoc="([^"]*)" sandbox="allow-scripts allow-popups" style="[^"]*"></iframe>', text
    )
    assert match is not None
    assert html.unescape(match[1]) == "<p>héé</p><script>let a = '\"&';</script>"


def test_pictures_inline(run: Recording) -> None:
    assert shown(run.step("p", picture)()).startswith('<img src="data:image/png;base64,iVBORw0KGgo')


def test_other_values_as_text(run: Recording) -> None:
    assert shown(run.step("v", anything)(value={"a": "<b>", "c": [1]})) == (
        "<pre>{&#x27;a&#x27;: &#x27;&lt;b&gt;&#x27;, &#x27;c&#x27;: [1]}</pre>"
    )
    assert len(shown(run.step("l", numbers)(count=5000))) < 4100
    assert shown(run.step("s", anything)(value="\ud800")) == "<pre>&#x27;\\ud800&#x27;</pre>"


def test_what_was_skipped_says_why(run: Recording) -> None:
    n = run.step("n", square)(x=3)
    found = run.step("m", square, skipif=[any_is_odd])(x=n)
    assert shown(found) == "<p>skipped: any_is_odd holds</p>"
    assert repr(found) == "<m: skipped: any_is_odd holds>"


def test_maps_as_a_table_of_their_elements(run: Recording) -> None:
    step = run.mapped("s", square, argnames=["x"], skipif=[any_is_odd])
    elements = [step(x=x) for x in step.over_values({"<a>": 2, "b": 3})]
    assert shown(elements[1]) == "<p>skipped: any_is_odd holds</p>"
    text = shown(step.collect(elements))
    assert "2 elements: 1 completed, 1 skipped" in text
    assert "<td>&lt;a&gt;</td><td>completed</td><td>json, 1 bytes</td>" in text
    assert "<td>b</td><td>skipped</td><td>any_is_odd holds</td>" in text
    many = run.mapped("n", square, argnames=["x"])
    text = shown(many.collect([many(x=x) for x in many.over(list(range(103)))]))
    assert text.count("<tr>") == 101
    assert "and 3 more" in text


def test_failed_elements_say_why(run: Recording) -> None:
    step = run.mapped("s", square, argnames=["x"])
    (element,) = [step(x=object()) for x in step.over([2])]
    assert shown(element).startswith("<p>failed: the argument &#x27;x&#x27; cannot be taken: ")


def test_mocks_are_labelled() -> None:
    from dataclasses import replace

    from ecoflows.scripting.showing import html_of, text_of
    from ecoflows.store import Store
    from ecoflows.workflow.outcome import Outcome, State

    artifact = Store("cache", writes=False).skipped().as_mock()
    outcome = Outcome("s", State.SKIPPED, error="x", skipped=artifact)
    assert "MOCK: the packaged example" in html_of(outcome, None)
    assert text_of(replace(outcome, state=State.COMPLETED)).endswith("MOCK>")
