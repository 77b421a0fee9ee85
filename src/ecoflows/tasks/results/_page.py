"""The page around the map: template, title, legend, data and the policy of what may load."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from ecoflows.tasks.results._geojson import script_json
from ecoflows.tasks.results._options import TitleOptions
from ecoflows.tasks.results._style import Style


def page(
    *,
    title: str,
    title_options: TitleOptions,
    size: tuple[int | str, int | str],
    style: Style | None,
    skipped: int,
    payload: Mapping[str, Any],
    image_hosts: Sequence[str],
) -> str:
    """Put a map's page together.

    Args:
        title: Plain text; nothing is shown where it is empty.
        title_options: How it is set.
        size: Width and height of the figure, in pixels or as CSS.
        style: What the legend explains, or ``None`` where there is no data to show.
        skipped: How many rows are not on the map.
        payload: What the page's script reads.
        image_hosts: Origins of tiles; nothing else is loaded from outside.

    Returns:
        The page, with every text from outside escaped.
    """
    width, height = (f"{length}px" if isinstance(length, int) else length for length in size)
    scripts = {"leaflet_js": _asset("leaflet/leaflet.js"), "js": _asset("ecomap.js")}
    return Template(_asset("ecomap.html")).substitute(
        scripts,
        policy=_escaped(_policy(list(scripts.values()), image_hosts)),
        page_title=_escaped(title.strip() or "Map"),
        description=_escaped(f"Map: {title}" if title.strip() else "Map"),
        leaflet_css=_asset("leaflet/leaflet.css"),
        css=_asset("ecomap.css"),
        width=_escaped(width),
        height=_escaped(height),
        heading=_heading(title, title_options),
        message='<p class="message">no data</p>' if style is None else "",
        legend="" if style is None else _legend(style, skipped),
        payload=script_json(payload),
    )


@cache
def _asset(path: str) -> str:
    """A file beside this module, without what would make a browser ask for other files."""
    text = files(__package__).joinpath(*path.split("/")).read_text(encoding="utf-8")
    # Leaflet's images are for markers and controls that these maps do not have; its source map
    # is not shipped.
    text = re.sub(r"url\([^)]*\)", "none", text) if path.endswith(".css") else text
    return re.sub(r"\n//# sourceMappingURL=.*", "", text).strip()


def _policy(scripts: Sequence[str], image_hosts: Sequence[str]) -> str:
    """A content security policy: our scripts by their digests, tiles, and nothing else."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    images = " ".join(["data:", *image_hosts])
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src {images}"


def _escaped(text: str) -> str:
    """Text that is no markup, neither as content nor in an attribute, and fits into UTF-8."""
    return html.escape(text.encode("utf-8", "replace").decode())


def _heading(title: str, options: TitleOptions) -> str:
    if not title.strip():
        return ""
    look = (
        f"--title-size: {options.font_size:g}px; font-size: {options.font_size:g}px; "
        f"color: {options.color}; text-align: {options.align}"
    )
    return f'<h1 style="{_escaped(look)}">{_escaped(title)}</h1>'


def _legend(style: Style, skipped: int) -> str:
    if not style.legend:
        return ""
    heading = f"<h2>{_escaped(style.title)}</h2>" if style.title else ""
    items = "".join(
        f'<li><span class="swatch {style.shape}" style="background: {_escaped(entry.color)}"></span>'
        f'<span class="label">{_escaped(entry.label)}</span>'
        + (f'<span class="note">{_escaped(entry.note)}</span>' if entry.note else "")
        + "</li>"
        for entry in style.entries
    )
    rows = "1 row has" if skipped == 1 else f"{skipped} rows have"
    note = f"<p>{rows} no place on the map</p>" if skipped else ""
    return f'<section class="legend" aria-label="Legend">{heading}<ul>{items}</ul>{note}</section>'
