"""Background tiles: a small list of known providers, and layers given by their URL."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from ecoflows.errors import nearest
from ecoflows.tasks.results._options import Options

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_HOST = re.compile(r"(?:[A-Za-z0-9-]*\{s\}\.)?[A-Za-z0-9.-]+(?::\d+)?")
_FILLED_IN = {"s", "z", "x", "y", "-y", "r"}


@dataclass(frozen=True)
class _Provider:
    url: str
    attribution: str
    max_zoom: int
    link: str | None = None


_ESRI = "https://server.arcgisonline.com/ArcGIS/rest/services/{}/MapServer/tile/{{z}}/{{y}}/{{x}}"

_PROVIDERS = {
    "OpenStreetMap": _Provider(
        "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
        "© OpenStreetMap contributors",
        19,
        "https://www.openstreetmap.org/copyright",
    ),
    "OpenTopoMap": _Provider(
        "https://tile.opentopomap.org/{z}/{x}/{y}.png",
        "© OpenStreetMap contributors, SRTM; map style © OpenTopoMap (CC-BY-SA)",
        17,
        "https://opentopomap.org/about",
    ),
    "Esri World Imagery": _Provider(
        _ESRI.format("World_Imagery"), "Imagery © Esri, Maxar, Earthstar Geographics, GIS user community", 19
    ),
    "Esri World Topo": _Provider(
        _ESRI.format("World_Topo_Map"), "© Esri, HERE, Garmin, FAO, NOAA, USGS, GIS user community", 19
    ),
    "Esri World Street": _Provider(
        _ESRI.format("World_Street_Map"), "© Esri, HERE, Garmin, USGS, GIS user community", 19
    ),
}

# What earlier map libraries of this field call these layers, so that existing specs load.
_ALIASES = {
    "ROADMAP": "Esri World Street",
    "SATELLITE": "Esri World Imagery",
    "TERRAIN": "Esri World Topo",
}


def _tile_name(name: str) -> str:
    wanted = name.strip()
    found = {known.casefold(): known for known in _PROVIDERS}.get(wanted.casefold())
    found = found or _ALIASES.get(wanted.upper())
    if found is None:
        match = nearest(wanted, [*_PROVIDERS, *_ALIASES])
        hint = f"did you mean '{match}'? " if match else ""
        raise ValueError(f"unknown tile layer '{name}': {hint}Known are {', '.join(_PROVIDERS)}")
    return found


def _tile_url(url: str) -> str:
    parts = urlsplit(url)
    fields = set(_PLACEHOLDER.findall(url))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"the URL of a tile layer begins with https:// or http://, not {url!r}")
    if not _HOST.fullmatch(parts.netloc) or re.search(r"\s", url):
        raise ValueError(f"the host of the tile layer's URL {url!r} is not valid")
    if not {"z", "x"} <= fields or not fields & {"y", "-y"}:
        raise ValueError(f"the URL of a tile layer has the fields {{z}}, {{x}} and {{y}}, unlike {url!r}")
    if unknown := sorted(fields - _FILLED_IN):
        raise ValueError(f"nothing can fill the field {{{unknown[0]}}} of the tile layer's URL {url!r}")
    return url


TileName = Annotated[
    str,
    AfterValidator(_tile_name),
    WithJsonSchema({"type": "string", "examples": [*_PROVIDERS, *_ALIASES]}),
]


class TileLayer(Options):
    """A background layer: a known ``name``, or a ``url`` with its ``attribution``."""

    name: Annotated[TileName | None, Field(description="One of the built-in layers.")] = None
    url: Annotated[
        Annotated[str, AfterValidator(_tile_url)] | None,
        Field(description="Where tiles are, as https://host/{z}/{x}/{y}.png."),
    ] = None
    attribution: Annotated[
        str | None, Field(description="Whom to credit, as plain text; a must with a URL of your own.")
    ] = None
    opacity: Annotated[float, Field(description="From 0 (not seen) to 1 (solid).", ge=0, le=1)] = 1.0
    max_zoom: Annotated[
        int | None, Field(description="The deepest zoom level that the server has.", ge=0, le=24)
    ] = None

    @model_validator(mode="after")
    def _name_or_url(self) -> Self:
        if (self.name is None) == (self.url is None):
            raise ValueError("a tile layer has either a name or a url")
        if self.url is not None and not (self.attribution or "").strip():
            raise ValueError("a tile layer with a url of its own needs an attribution")
        return self


def _kind(value: Any) -> str:
    return "name" if isinstance(value, str) else "layer"


TileLayers = list[
    Annotated[Annotated[TileName, Tag("name")] | Annotated[TileLayer, Tag("layer")], Discriminator(_kind)]
]
"""Tile layers as users write them: names, or mappings."""


def tile_settings(layers: Sequence[str | TileLayer]) -> list[dict[str, Any]]:
    """Tile layers as the page's script takes them.

    Args:
        layers: Validated names and layers, the lowest first.

    Returns:
        For each layer ``url``, ``attribution`` (markup, with everything from users escaped),
        ``opacity`` and ``maxZoom``.
    """
    return [_setting(TileLayer(name=layer) if isinstance(layer, str) else layer) for layer in layers]


def _setting(layer: TileLayer) -> dict[str, Any]:
    provider = _PROVIDERS[layer.name] if layer.name else _Provider(layer.url or "", "", 19)
    credit = html.escape(layer.attribution or provider.attribution)
    if provider.link and not layer.attribution:
        credit = f'<a href="{provider.link}">{credit}</a>'
    zoom = provider.max_zoom if layer.max_zoom is None else layer.max_zoom
    return {"url": provider.url, "attribution": credit, "opacity": layer.opacity, "maxZoom": zoom}


def tile_hosts(settings: Sequence[dict[str, Any]]) -> list[str]:
    """The origins that the page must be allowed to load images from.

    Args:
        settings: What ``tile_settings`` gave.

    Returns:
        Sources for a content security policy, sorted, each once; ``{s}`` becomes a wildcard.
    """
    found = set()
    for setting in settings:
        scheme, _, rest = setting["url"].partition("://")
        host = rest.partition("/")[0]
        if "}." in host:
            host = "*." + host.partition("}.")[2]
        found.add(f"{scheme}://{host}")
    return sorted(found)
