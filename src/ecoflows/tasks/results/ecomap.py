"""``draw_ecomap``: a frame as an interactive map in one page that opens offline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from ecoflows.annotations import AnyGeoDataFrame, Html
from ecoflows.decorators import distributed
from ecoflows.tasks.results._columns import Column, read_column, readable_columns
from ecoflows.tasks.results._geojson import feature_collection, in_degrees
from ecoflows.tasks.results._options import CssSize, LayerOptions, NorthArrowOptions, TitleOptions, checked
from ecoflows.tasks.results._page import page
from ecoflows.tasks.results._style import Style, choose_style
from ecoflows.tasks.results._tiles import TileLayers, tile_hosts, tile_settings

_OPACITY_ABOVE_TILES = 0.75
_NAMING = ("name", "title")


@distributed
def draw_ecomap(
    geodataframe: Annotated[
        AnyGeoDataFrame, Field(description="Points, lines or areas with attributes, in any CRS.")
    ],
    static: Annotated[
        bool, Field(description="Whether the map stands still: no zooming, no panning.")
    ] = False,
    height: Annotated[
        CssSize, Field(description="The height of the whole figure, in pixels or as CSS such as '100%'.")
    ] = "100%",
    width: Annotated[
        CssSize, Field(description="The width of the whole figure, in pixels or as CSS such as '100%'.")
    ] = "100%",
    search_control: Annotated[
        bool,
        Field(description="Whether there is a search box that zooms to the features with a text."),
    ] = True,
    title: Annotated[str, Field(description="The title above the map, as plain text.")] = "",
    title_kws: Annotated[
        TitleOptions | None, Field(description="How the title is set: font_size (px), color, align.")
    ] = None,
    tile_layers: Annotated[
        TileLayers,
        Field(description="Background tiles, the lowest first; they need a network. None by default."),
    ] = [],  # noqa: B006  # never changed; None would be a second way of saying the same
    north_arrow_kws: Annotated[
        NorthArrowOptions | None, Field(description="The north arrow: position, scale (1 is 44 px), show.")
    ] = None,
    add_gdf_kws: Annotated[
        LayerOptions | None,
        Field(description="How features are drawn: column, colormap, color, opacity, tooltip and more."),
    ] = None,
) -> Html:
    """Draw a frame as an interactive map: one HTML page that opens offline by double click.

    The frame is reprojected to EPSG:4326 and stands in the page as GeoJSON, with coordinates
    rounded to 1e-6 degrees; the page has a legend, tooltips with the attributes, a scale bar and
    a north arrow, and fits the bounds of the data. Rows without a geometry are skipped and
    counted in the legend. The same arguments give the same page, byte for byte. Without
    ``tile_layers`` the page requests nothing from anywhere.

    Contours of time density are drawn with the largest percentile first. The search box looks in
    ``add_gdf_kws["search_column"]``, else in a column of names, else in the first column of text
    whose values repeat; where there is none, or all rows say the same, there is no box.

    Args:
        geodataframe: Points, lines or areas in any CRS; it must be set.
        static: No zooming, no panning and no search box; tooltips stay.
        height: Of title, map and legend together: 50 to 10000 pixels, or a CSS size. ``100%``
            is that of the window.
        width: As ``height``; never wider than the window.
        search_control: Whether there is a search box.
        title: Plain text; markup in it is shown as it is written.
        title_kws: ``font_size`` (pixels), ``color``, ``align``.
        tile_layers: Names (OpenStreetMap, OpenTopoMap, Esri World Imagery, Esri World Topo, Esri
            World Street), or mappings with ``name`` or ``url`` (and then ``attribution``),
            ``opacity`` and ``max_zoom``.
        north_arrow_kws: ``position`` (a corner such as ``topright``), ``scale``, ``show``.
        add_gdf_kws: ``column``, ``colormap``, ``color``, ``opacity``, ``line_width``, ``radius``,
            ``classes``, ``scheme``, ``legend``, ``legend_title``, ``tooltip``, ``search_column``.

    Returns:
        The page.

    Raises:
        FrameValidationError: If the frame has no CRS, or two columns of the same name.
        UsageError: If an option is unknown or out of range, or names a missing column.
    """
    layer: LayerOptions = checked("add_gdf_kws", LayerOptions, add_gdf_kws or {})
    set_as: TitleOptions = checked("title_kws", TitleOptions, title_kws or {})
    north: NorthArrowOptions = checked("north_arrow_kws", NorthArrowOptions, north_arrow_kws or {})
    tiles = tile_settings(checked("tile_layers", TileLayers, tile_layers))
    size = (checked("width", CssSize, width), checked("height", CssSize, height))
    frame = in_degrees(geodataframe)
    style = choose_style(frame, layer)
    shown = readable_columns(frame, layer.tooltip)
    searched = _search_column(frame, shown, layer) if search_control and not static else None
    kept = {column.name: column for column in [*shown, *([searched] if searched else [])]}
    payload = {
        "data": feature_collection(frame, list(kept.values()), style),
        "columns": [
            {"name": column.name, "label": column.label, "unit": column.unit, "kind": column.kind}
            for column in shown
        ],
        "style": {
            "colors": style.colors,
            "lineWidth": style.line_width,
            "radius": style.radius,
            "opacity": _opacity(style, above_tiles=bool(tiles)),
        },
        "view": {
            "bounds": _bounds(frame),
            "static": static,
            "tiles": tiles,
            "north": {"position": north.position, "scale": north.scale} if north.show else None,
            "search": {"column": searched.name, "label": searched.label.lower()} if searched else None,
        },
    }
    return page(
        title=title,
        title_options=set_as,
        size=size,
        style=style if len(frame) else None,
        skipped=len(geodataframe) - len(frame),
        payload=payload,
        image_hosts=tile_hosts(tiles),
    )


def _opacity(style: Style, *, above_tiles: bool) -> float:
    if style.opacity is not None:
        return style.opacity
    return _OPACITY_ABOVE_TILES if above_tiles and style.shape == "area" else 1.0


def _bounds(frame: Any) -> list[list[float]] | None:
    """The south-western and the north-eastern corner, as Leaflet takes them."""
    if frame.empty:
        return None
    west, south, east, north = frame.total_bounds.tolist()
    return [[south, west], [north, east]]


def _search_column(frame: Any, shown: Sequence[Column], layer: LayerOptions) -> Column | None:
    """The column that the search box looks in, or ``None`` where there is nothing to tell apart."""
    if layer.search_column is not None:
        return read_column(frame, layer.search_column)
    for column in sorted(shown, key=lambda column: not column.name.endswith(_NAMING)):
        given = [value for value in column.values if value is not None]
        # Where each row has its own text and the column is not of names, these are identifiers.
        telling = column.name.endswith(_NAMING) or len(set(given)) < len(given)
        if column.kind == "text" and telling and len(set(given)) > 1:
            return column
    return None
