"""Frames as GeoJSON in WGS 84, small enough to live inside a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ecoflows.errors import FrameValidationError
from ecoflows.tasks.results._columns import Column
from ecoflows.tasks.results._style import Style

_WGS84 = "EPSG:4326"
_PLACES = 6  # of a degree: about a tenth of a metre


def require_crs(frame: Any) -> None:
    """Refuse a frame whose coordinates mean nothing.

    Args:
        frame: A geopandas frame.

    Raises:
        FrameValidationError: If its CRS is not set.
    """
    if frame.crs is None:
        raise FrameValidationError(
            "the geodataframe has no CRS, so its coordinates cannot be put on a map; "
            "set it where the frame is made, such as with geodataframe.set_crs('EPSG:4326')"
        )


def drawable(frame: Any) -> Any:
    """The rows whose geometry can be drawn: not missing, not empty, and finite.

    Args:
        frame: A geopandas frame.

    Returns:
        A frame with the same columns and CRS.
    """
    import numpy as np
    import shapely

    # The bounds of nothing are NaN; a projection makes infinite what lies outside its area of use.
    return frame[np.isfinite(shapely.bounds(frame.geometry.to_numpy())).all(axis=1)]


def in_degrees(frame: Any) -> Any:
    """The drawable rows in longitude and latitude, in two dimensions, rounded to 1e-6 degrees.

    Args:
        frame: A geopandas frame with a CRS.

    Returns:
        A frame in EPSG:4326.

    Raises:
        FrameValidationError: If its CRS is not set.
    """
    import numpy as np
    import shapely

    require_crs(frame)
    found = drawable(drawable(frame).to_crs(_WGS84))
    flat = shapely.force_2d(found.geometry.to_numpy())
    # + 0.0 makes 0.0 of -0.0.
    rounded = shapely.transform(flat, lambda points: np.round(points, _PLACES) + 0.0)
    return found.set_geometry(type(found.geometry)(rounded, index=found.index, crs=_WGS84))


def feature_collection(frame: Any, columns: Sequence[Column], style: Style) -> dict[str, Any]:
    """A frame as GeoJSON.

    Args:
        frame: A frame in EPSG:4326.
        columns: What becomes properties.
        style: What gives each feature its member ``class`` (an index of colours), and their order.

    Returns:
        A feature collection, the first feature being the lowest on the map.
    """
    from shapely.geometry import mapping

    geometries = list(frame.geometry)
    features = [
        {
            "type": "Feature",
            "class": style.classes[at],
            "properties": {column.name: column.values[at] for column in columns},
            "geometry": mapping(geometries[at]),
        }
        for at in style.order
    ]
    return {"type": "FeatureCollection", "features": features}


def script_json(value: Any) -> str:
    """JSON that can stand in a ``<script>`` element whatever the strings in it say.

    Args:
        value: What ``json`` can write; NaN and infinities are refused.

    Returns:
        Pure ASCII without ``<``, ``>`` and ``&``: they are escaped as JSON escapes, as are all
        other characters that a page could take for markup or for the end of a line.
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
