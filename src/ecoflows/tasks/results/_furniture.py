"""What stands around a map image: scale bar, north arrow, ticks, legend."""

from __future__ import annotations

import math
from typing import Any

from ecoflows.tasks.results._style import Style

INK = "#1d2b33"
QUIET = "#5b6a72"
RULE = "#d5d9d3"
GROUND = "#f3f4f0"

_POINTS_PER_PIXEL = 0.75


def points(pixels: float) -> float:
    """CSS pixels (1/96 inch) as points (1/72 inch), in which matplotlib measures."""
    return pixels * _POINTS_PER_PIXEL


def metres_per_unit(crs: Any, x: float, y: float, span: float) -> float:
    """How many metres on the ground one unit of a CRS is, going east from the middle of a map.

    The distance is measured on the ellipsoid, so it is true for degrees and for projections
    whose scale is not one.

    Args:
        crs: The CRS of the map.
        x: The middle of the map, in the CRS.
        y: As ``x``.
        span: The width of the map, in units of the CRS.

    Returns:
        Metres; NaN where the CRS has no geographic counterpart.
    """
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    geod = crs.get_geod()
    try:
        to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except ProjError:
        return math.nan
    half = span / 20
    lons, lats = to_degrees.transform([x - half, x + half], [y, y])
    return float(geod.inv(lons[0], lats[0], lons[1], lats[1])[2]) / (2 * half) if geod else math.nan


def round_length(longest: float) -> float:
    """The longest of 1, 2, 5, 10, 20, 50 ... that is not longer than a length."""
    power = 10.0 ** math.floor(math.log10(longest))
    return next(step * power for step in (5, 2, 1) if step * power <= longest)


def length_text(metres: float) -> str:
    """A length in metres or kilometres: ``500 m``, ``2 km``."""
    return f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"


def add_scale_bar(axes: Any, metres: float) -> None:
    """Draw a scale bar at the lower left, at most a quarter of the map wide.

    Args:
        axes: The map's axes, with their limits set.
        metres: The length of one unit along x.
    """
    low, high = axes.get_xlim()
    width = (high - low) * metres
    if not (math.isfinite(width) and width > 0):
        return
    length = round_length(width / 4)
    share = length / width
    left, bottom, height = 0.03, 0.035, 0.012
    inside: dict[str, Any] = {"transform": axes.transAxes, "zorder": 9, "clip_on": False}
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2.5}
    axes.plot(
        [left, left, left + share, left + share],
        [bottom + height, bottom, bottom, bottom + height],
        color=INK,
        linewidth=1.4,
        solid_joinstyle="miter",
        gid="scale-bar",
        **inside,
    )
    axes.text(
        left + share / 2,
        bottom + 0.014,
        length_text(length),
        ha="center",
        va="bottom",
        fontsize=8,
        color=INK,
        bbox=box,
        **inside,
    )


def north_angle(crs: Any, x: float, y: float) -> float:
    """Where north is on a map: radians from straight up, counterclockwise.

    Args:
        crs: The CRS of the map.
        x: The middle of the map, in the CRS.
        y: As ``x``.

    Returns:
        0 for geographic maps; elsewhere the convergence of the meridians, 0 where not known.
    """
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    if crs.is_geographic:
        return 0.0
    try:
        to_map = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    except ProjError:
        return 0.0
    lon, lat = to_map.transform(x, y, direction="INVERSE")
    (x0, x1), (y0, y1) = to_map.transform([lon, lon], [lat, min(lat + 0.001, 90.0)])
    angle = math.atan2(-(x1 - x0), y1 - y0)
    return angle if math.isfinite(angle) else 0.0


def add_north_arrow(axes: Any, angle: float) -> None:
    """Draw a north arrow at the upper right.

    Args:
        axes: The map's axes.
        angle: Where north is, as ``north_angle`` gives it.
    """
    from matplotlib.patches import Polygon
    from matplotlib.transforms import Affine2D, ScaledTranslation

    # In inches from the corner, so that its shape does not depend on the map's.
    turned = Affine2D().rotate(angle).translate(-0.3, -0.36)
    place = turned + axes.figure.dpi_scale_trans + ScaledTranslation(1, 1, axes.transAxes)
    for side, fill in ((-0.075, INK), (0.075, "white")):
        corners = [(0, 0.1), (side, -0.24), (0, -0.16)]
        axes.add_patch(
            Polygon(corners, transform=place, facecolor=fill, edgecolor=INK, linewidth=0.8, zorder=9)
        )
    axes.text(
        0,
        0.19,
        "N",
        transform=place,
        rotation=math.degrees(angle),
        ha="center",
        va="center",
        fontsize=9,
        weight="bold",
        color=INK,
        zorder=9,
    )


def label_ticks(axes: Any, crs: Any) -> None:
    """Label the axes in degrees with hemispheres, or in the unit of the projection.

    Args:
        axes: The map's axes.
        crs: The CRS of the map.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    geographic = bool(crs.is_geographic)
    for axis, hemispheres, direction in ((axes.xaxis, "WE", "Easting"), (axes.yaxis, "SN", "Northing")):
        axis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
        if geographic:
            axis.set_major_formatter(FuncFormatter(_degrees(axis, hemispheres)))
        else:
            axis.set_major_formatter(FuncFormatter(_grouped))
            axis.set_label_text(f"{direction} ({_unit(crs)})", color=QUIET, fontsize=8)
    axes.tick_params(labelsize=8, labelcolor=QUIET, color=RULE, length=3)
    axes.tick_params(axis="y", labelrotation=90)
    axes.grid(color="#c9cec6", linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)


def _degrees(axis: Any, hemispheres: str) -> Any:
    def text(value: float, _position: int | None = None) -> str:
        ticks = axis.get_majorticklocs()
        step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
        places = max(0, math.ceil(-math.log10(step) - 1e-9))
        letter = "" if abs(value) < step / 2 else hemispheres[int(value > 0)]
        return f"{abs(value):.{places}f}°{letter}"

    return text


def _grouped(value: float, _position: int | None = None) -> str:
    near = round(value, 3)
    whole = f"{near:,.3f}".rstrip("0").rstrip(".") if near % 1 else f"{near:,.0f}"
    return whole.replace(",", "\N{NARROW NO-BREAK SPACE}").replace("-", "\N{MINUS SIGN}")


def _unit(crs: Any) -> str:
    names = [axis.unit_name for axis in crs.axis_info]
    unit = names[0] if names else "map units"
    return {"metre": "m", "kilometre": "km"}.get(unit, unit)


def add_legend(figure: Any, style: Style) -> None:
    """Put the legend beside the map.

    Args:
        figure: The figure, with constrained layout.
        style: What the colours mean.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    def key(color: str) -> Any:
        if style.shape == "area":
            return Patch(facecolor=color, edgecolor=INK, linewidth=0.5, alpha=style.opacity)
        if style.shape == "line":
            return Line2D(
                [], [], color=color, linewidth=max(points(style.line_width), 2), alpha=style.opacity
            )
        return Line2D(
            [], [], color=color, marker="o", linestyle="none", markeredgecolor="white", alpha=style.opacity
        )

    legend = figure.legend(
        [key(entry.color) for entry in style.entries],
        [f"{entry.label}   {entry.note}".rstrip() for entry in style.entries],
        title=style.title or None,
        loc="outside right upper",
        frameon=False,
        fontsize=8.5,
        title_fontsize=9,
        labelcolor=INK,
        alignment="left",
        handlelength=1.6,
    )
    legend.get_title().set(weight="bold", color=INK, parse_math=False)
    for text in legend.get_texts():
        # A dollar in the data is a dollar, not the beginning of a formula.
        text.set_parse_math(False)
