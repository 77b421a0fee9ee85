"""``save_map_image``: a frame as a map in a PNG, for documents."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from ecoflows.annotations import AnyGeoDataFrame, Png
from ecoflows.decorators import distributed
from ecoflows.errors import UsageError
from ecoflows.tasks.results._furniture import (
    GROUND,
    INK,
    QUIET,
    RULE,
    add_legend,
    add_north_arrow,
    add_scale_bar,
    label_ticks,
    metres_per_unit,
    north_angle,
    points,
)
from ecoflows.tasks.results._geojson import drawable, require_crs
from ecoflows.tasks.results._options import LayerOptions, checked
from ecoflows.tasks.results._style import Style, choose_style

_Inches = Annotated[float, Field(ge=2, le=40)]
_Dpi = Annotated[int, Field(ge=50, le=600)]
_MARGIN = 0.06
_AROUND_ONE_POINT_DEGREES = 0.005
_AROUND_ONE_POINT = 500.0  # in units of the CRS, which are metres as a rule


@distributed
def save_map_image(
    geodataframe: Annotated[
        AnyGeoDataFrame, Field(description="Points, lines or areas with attributes, in the CRS to draw in.")
    ],
    title: Annotated[str, Field(description="The title above the map, as plain text.")] = "",
    column: Annotated[str | None, Field(description="The column whose values give the colours.")] = None,
    width: Annotated[_Inches, Field(description="The width of the image in inches, 2 to 40.")] = 8.0,
    height: Annotated[_Inches, Field(description="The height of the image in inches, 2 to 40.")] = 6.0,
    dpi: Annotated[_Dpi, Field(description="Pixels per inch, 50 to 600.")] = 150,
    north_arrow: Annotated[bool, Field(description="Whether there is a north arrow.")] = True,
    scale_bar: Annotated[bool, Field(description="Whether there is a scale bar.")] = True,
    add_gdf_kws: Annotated[
        LayerOptions | None,
        Field(description="How features are drawn: column, colormap, color, opacity and more."),
    ] = None,
) -> Png:
    """Draw a frame as a map in a PNG image, in the same colours as ``draw_ecomap``.

    The map is in the frame's own CRS: with longitudes and latitudes on its axes where that is
    geographic, else with eastings and northings. The scale bar is in metres on the ellipsoid,
    measured from west to east in the middle of the map; the arrow points to true north there.
    The same arguments give the same image, byte for byte, with the same matplotlib.

    Args:
        geodataframe: Points, lines or areas; the CRS must be set.
        title: Plain text.
        column: Shorthand for ``add_gdf_kws["column"]``.
        width: In inches.
        height: In inches.
        dpi: Pixels per inch; the image has ``width * dpi`` by ``height * dpi`` pixels.
        north_arrow: Whether there is a north arrow.
        scale_bar: Whether there is a scale bar.
        add_gdf_kws: As for ``draw_ecomap``; pixels are 1/96 inch. ``tooltip`` and
            ``search_column`` mean nothing here.

    Returns:
        The image's bytes.

    Raises:
        FrameValidationError: If the frame has no CRS.
        UsageError: If an option is unknown or out of range, or names a missing column.
    """
    layer: LayerOptions = checked("add_gdf_kws", LayerOptions, add_gdf_kws or {})
    if column is not None:
        if layer.column not in (None, column):
            raise UsageError("column and add_gdf_kws name different columns; give one of them")
        layer = checked("column", LayerOptions, {**dict(layer), "column": column})
    size = (checked("width", _Inches, width), checked("height", _Inches, height))
    resolution: int = checked("dpi", _Dpi, dpi)
    require_crs(geodataframe)
    frame = drawable(geodataframe)
    style = choose_style(frame, layer)

    # Figure, not pyplot: tasks run in threads, and pyplot's state is shared by all of them.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=resolution, layout="constrained", facecolor="white")
    canvas: Any = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_facecolor(GROUND)
    for spine in axes.spines.values():
        spine.set_color(RULE)
    if title.strip():
        axes.set_title(title, loc="left", fontsize=12, weight="bold", color=INK, pad=9, parse_math=False)
    if frame.empty:
        axes.set(xticks=[], yticks=[])
        axes.text(0.5, 0.5, "no data", transform=axes.transAxes, ha="center", va="center", color=QUIET)
    else:
        _draw(axes, frame, style)
        _fit(axes, frame)
        label_ticks(axes, frame.crs)
        if style.legend:
            add_legend(figure, style)
        # One round of layout gives the map's box; then the box stays and the limits are fitted to it.
        canvas.draw()
        figure.set_layout_engine("none")
        _fit(axes, frame)
        (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
        middle = ((west + east) / 2, (south + north) / 2)
        if scale_bar:
            add_scale_bar(axes, metres_per_unit(frame.crs, *middle, east - west))
        if north_arrow:
            add_north_arrow(axes, north_angle(frame.crs, *middle))
    image = io.BytesIO()
    # Neither date nor matplotlib's version: equal maps are equal bytes.
    canvas.print_png(image, metadata={"Software": None})
    return image.getvalue()


def _draw(axes: Any, frame: Any, style: Style) -> None:
    """Draw the features, the first of the order lowest."""
    import shapely

    colors = [style.colors[at] for at in style.classes]
    geometries = frame.geometry.to_numpy()
    by_shape: dict[str, list[tuple[Any, str]]] = {"area": [], "line": [], "point": []}
    for at in style.order:
        for part in _parts(shapely.force_2d(geometries[at])):
            by_shape[_shape_of(part)].append((part, colors[at]))
    _draw_areas(axes, by_shape["area"], style)
    _draw_lines(axes, by_shape["line"], style)
    _draw_points(axes, by_shape["point"], style)


def _parts(geometry: Any) -> list[Any]:
    """The single geometries in one, however deeply nested."""
    if not hasattr(geometry, "geoms"):
        return [geometry]
    return [part for member in geometry.geoms for part in _parts(member)]


def _shape_of(part: Any) -> str:
    return {"Polygon": "area", "Point": "point"}.get(part.geom_type, "line")


_Drawn = Sequence[tuple[Any, str]]


def _draw_areas(axes: Any, drawn: _Drawn, style: Style) -> None:
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path
    from shapely.geometry.polygon import orient

    def outline(polygon: Any) -> Any:
        # Holes must run against the shell, for they are cut by the direction of their rings.
        oriented = orient(polygon)
        rings = [oriented.exterior, *oriented.interiors]
        return Path.make_compound_path(*(Path(list(ring.coords), closed=True) for ring in rings))

    if drawn:
        axes.add_collection(
            PathCollection(
                [outline(polygon) for polygon, _ in drawn],
                facecolors=[color for _, color in drawn],
                edgecolors=(*_rgb(INK), 0.45),
                linewidths=points(style.line_width),
                alpha=style.opacity,
                zorder=2,
            ),
            autolim=False,
        )


def _draw_lines(axes: Any, drawn: _Drawn, style: Style) -> None:
    from matplotlib.collections import LineCollection

    if drawn:
        axes.add_collection(
            LineCollection(
                [list(line.coords) for line, _ in drawn],
                colors=[color for _, color in drawn],
                linewidths=points(style.line_width),
                capstyle="round",
                alpha=style.opacity,
                zorder=3,
            ),
            autolim=False,
        )


def _draw_points(axes: Any, drawn: _Drawn, style: Style) -> None:
    if drawn:
        axes.scatter(
            [point.x for point, _ in drawn],
            [point.y for point, _ in drawn],
            s=points(2 * style.radius) ** 2,
            c=[color for _, color in drawn],
            edgecolors="white",
            linewidths=points(style.line_width),
            alpha=style.opacity,
            zorder=4,
        )


def _rgb(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _fit(axes: Any, frame: Any) -> None:
    """Fit the limits to the data, with a margin, so that they fill the axes' box in true proportion.

    A degree of longitude is as wide as it is on the ground in the middle of the map.
    """
    west, south, east, north = frame.total_bounds.tolist()
    latitude = max(-80.0, min(80.0, (south + north) / 2))
    stretch = math.cos(math.radians(latitude)) if frame.crs.is_geographic else 1.0
    box = axes.get_window_extent()
    wide, high = (east - west) * stretch, north - south
    if not wide and not high:
        wide = _AROUND_ONE_POINT_DEGREES if frame.crs.is_geographic else _AROUND_ONE_POINT
    per_pixel = (1 + 2 * _MARGIN) * max(wide / box.width, high / box.height)
    half_x, half_y = per_pixel * box.width / stretch / 2, per_pixel * box.height / 2
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    axes.set(
        xlim=(middle_x - half_x, middle_x + half_x),
        ylim=(middle_y - half_y, middle_y + half_y),
    )
