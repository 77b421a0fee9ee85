"""What a map shows: which column, in which colours and classes, in which order.

The page and the image are drawn from the same ``Style``, so that they show the same colours.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Literal

from ecoflows.tasks.results._colors import NO_VALUE, PALETTE, ramp
from ecoflows.tasks.results._columns import EN_DASH, Column, as_text, read_column, rounded
from ecoflows.tasks.results._options import LayerOptions

Shape = Literal["area", "line", "point"]

_SINGLE = {"area": "#2a788e", "line": "#1f5f8b", "point": "#b5446e"}
_LINE_WIDTH = {"area": 0.8, "line": 1.8, "point": 0.8}
# Without a column given, the first of these that a frame has.
_TELLING = {"area": ("percentile", "density"), "line": ("speed_kmhr",), "point": ()}
_Edges = list[float]


@dataclass(frozen=True)
class LegendEntry:
    """One line of the legend.

    Attributes:
        color: The colour, as ``#rrggbb``.
        label: What the colour stands for.
        note: What is told besides, such as a contour's area; may be empty.
    """

    color: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class Style:
    """How the features of a frame are drawn.

    Attributes:
        shape: What most of the features are.
        column: The column that gives the colours, if any.
        title: The legend's title.
        entries: The legend, from top to bottom.
        classes: For each feature in the frame's order, the index of its entry.
        order: The features' positions in the order of drawing, the lowest first.
        line_width: The width of lines and outlines, in pixels.
        radius: The radius of points, in pixels.
        opacity: From 0 to 1, or ``None`` for what suits the background.
        legend: Whether the legend is shown.
    """

    shape: Shape
    column: str | None
    title: str
    entries: tuple[LegendEntry, ...]
    classes: tuple[int, ...]
    order: tuple[int, ...]
    line_width: float
    radius: float
    opacity: float | None
    legend: bool

    @property
    def colors(self) -> list[str]:
        """The colours of the classes."""
        return [entry.color for entry in self.entries]


def choose_style(frame: Any, options: LayerOptions) -> Style:
    """Decide how a frame is drawn.

    Contours of time density (columns ``percentile`` and ``area_sqkm``) are coloured from dark
    for the core to pale for the outermost. Other frames are coloured by
    the column asked for: few values one by one, many numbers or times in classes, words by a
    palette; without one by a telling column such as ``speed_kmhr``, or all alike.

    Args:
        frame: A geopandas frame.
        options: What the user asks for.

    Returns:
        The decision, for all rows of the frame.

    Raises:
        UsageError: If a column does not exist.
    """
    shape = main_shape(frame)
    names = [str(name) for name in frame.columns]
    wanted = options.column
    if wanted is None and options.color is None:
        wanted = next((name for name in _TELLING[shape] if name in names), None)
    column = None if wanted is None else read_column(frame, wanted)
    if column is None:
        color = options.color or (ramp(options.colormap, 1)[0] if options.colormap else _SINGLE[shape])
        title, entries, classes = "", [LegendEntry(color, _count(len(frame), shape))], [0] * len(frame)
    elif wanted == "percentile" and column.kind == "number" and shape == "area":
        title, entries, classes = _contours(frame, column, options)
    else:
        title, entries, classes = _by_value(column, options)
    return Style(
        shape=shape,
        column=wanted,
        title=options.legend_title if options.legend_title is not None else title,
        entries=tuple(entries),
        classes=tuple(classes),
        order=_order(frame, shape, column),
        line_width=_LINE_WIDTH[shape] if options.line_width is None else options.line_width,
        radius=options.radius,
        opacity=options.opacity,
        legend=options.legend,
    )


def _order(frame: Any, shape: Shape, column: Column | None) -> tuple[int, ...]:
    """Large percentiles, then large areas first, so that nothing is hidden; the rest as it comes."""
    import shapely

    if shape != "area":
        return tuple(range(len(frame)))
    sizes = shapely.area(frame.geometry.to_numpy()).tolist()
    levels: Sequence[Any] = [None] * len(frame)
    if column is not None and column.name == "percentile" and column.kind == "number":
        levels = column.values
    return tuple(sorted(range(len(frame)), key=lambda at: (-_number(levels[at], math.inf), -sizes[at])))


def _count(count: int, shape: Shape) -> str:
    return f"1 {shape}" if count == 1 else f"{count} {shape}s"


def main_shape(frame: Any) -> Shape:
    """What most of a frame's geometries are; areas if there are none.

    Args:
        frame: A geopandas frame.
    """
    kinds = Counter(str(kind) for kind in frame.geometry.geom_type.dropna())
    by_shape: dict[Shape, int] = {
        "area": sum(count for kind, count in kinds.items() if "Polygon" in kind),
        "line": sum(count for kind, count in kinds.items() if "Line" in kind),
        "point": sum(count for kind, count in kinds.items() if "Point" in kind),
    }
    return max(by_shape, key=lambda shape: by_shape[shape])


_Classified = tuple[str, list[LegendEntry], list[int]]


def _contours(frame: Any, column: Column, options: LayerOptions) -> _Classified:
    levels = sorted({_number(value) for value in column.values if value is not None})
    colors = (
        ramp(options.colormap, len(levels))
        if options.colormap
        else ramp("YlOrRd", len(levels), start=1.0, stop=0.16)
    )
    areas: dict[Any, list[str]] = {}
    if "area_sqkm" in map(str, frame.columns):
        measured = read_column(frame, "area_sqkm")
        for level, area in zip(column.values, measured.values, strict=True):
            areas.setdefault(level, []).append(
                "" if area is None else f"{as_text(rounded(_number(area), 3))} {measured.unit}"
            )
    # Frames of several groups repeat their percentiles; then no single area belongs to a level.
    notes = {level: texts[0] for level, texts in areas.items() if len(texts) == 1}
    entries = [
        LegendEntry(color, f"{as_text(rounded(level))} %", notes.get(level, ""))
        for level, color in zip(levels, colors, strict=True)
    ]
    return _with_missing("Time density", entries, [_index(levels, value) for value in column.values])


def _index(levels: Sequence[float], value: Any) -> int | None:
    return None if value is None else levels.index(_number(value))


def _by_value(column: Column, options: LayerOptions) -> _Classified:
    if column.kind == "number":
        return _numbers(
            column, [_number(v) if v is not None else None for v in column.values], options, _range
        )
    if column.kind == "time":
        return _numbers(column, [_seconds(v) for v in column.values], options, _period)
    return _words(column, options)


def _numbers(
    column: Column,
    values: Sequence[float | None],
    options: LayerOptions,
    label: Callable[[float, float], str],
) -> _Classified:
    given = sorted(value for value in values if value is not None)
    levels = sorted(set(given))
    if len(levels) <= options.classes:
        labels = [label(level, level) for level in levels]
        found = [None if value is None else levels.index(value) for value in values]
    else:
        edges = _edges(given, options, rounding=column.kind == "number")
        labels = [label(low, high) for low, high in pairwise(edges)]
        found = [None if value is None else _class_of(value, edges) for value in values]
    # The palest part of the ramp would be lost on a light background.
    colors = (
        ramp(options.colormap, len(labels)) if options.colormap else ramp("plasma", len(labels), stop=0.82)
    )
    entries = [LegendEntry(color, text) for color, text in zip(colors, labels, strict=True)]
    return _with_missing(column.heading, entries, found)


def _edges(given: Sequence[float], options: LayerOptions, *, rounding: bool) -> _Edges:
    """The borders of classes: the extremes outside, readable numbers inside."""
    count = options.classes
    if options.scheme == "equal":
        width = (given[-1] - given[0]) / count
        inner = [given[0] + width * step for step in range(1, count)]
    else:
        inner = [given[len(given) * step // count] for step in range(1, count)]
    if rounding:
        inner = _readable(inner)
    # Rounding may push a border past the extremes, where its class would be empty.
    between = sorted({edge for edge in inner if given[0] < edge < given[-1]})
    return [given[0], *between, given[-1]]


def _readable(edges: Sequence[float]) -> _Edges:
    """Edges with as few digits as keep them apart."""
    distinct = len(set(edges))
    for digits in range(1, 12):
        short = [_significant(edge, digits) for edge in edges]
        near = all(abs(cut - edge) <= abs(edge) * 0.05 for cut, edge in zip(short, edges, strict=True))
        if len(set(short)) == distinct and near:
            return short
    return list(edges)


def _significant(value: float, digits: int) -> float:
    return 0.0 if value == 0 else round(value, digits - 1 - math.floor(math.log10(abs(value))))


def _class_of(value: float, edges: Sequence[float]) -> int:
    """The class of a value; a border belongs to the class above it."""
    return bisect_right(edges, value, 1, len(edges) - 1) - 1


def _range(low: float, high: float) -> str:
    texts = [as_text(rounded(value, 3)).replace("-", "\N{MINUS SIGN}") for value in (low, high)]
    return texts[0] if low == high else f"{texts[0]} {EN_DASH} {texts[1]}"


def _period(low: float, high: float) -> str:
    times = [datetime.fromtimestamp(value, UTC) for value in (low, high)]
    short = high - low >= 86_400 or all(time.hour == time.minute == 0 for time in times)
    texts = [f"{time:%Y-%m-%d}" if short else f"{time:%Y-%m-%d %H:%M}" for time in times]
    return texts[0] if low == high else f"{texts[0]} {EN_DASH} {texts[1]}"


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    time = datetime.fromisoformat(str(value))
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _words(column: Column, options: LayerOptions) -> _Classified:
    texts = [None if value is None else as_text(value) for value in column.values]
    counts = Counter(text for text in texts if text is not None)
    colors = options.colormap or list(PALETTE)
    room = len(colors) if isinstance(colors, list) else 12
    ranked = sorted(counts, key=lambda text: (-counts[text], text))
    shown = sorted(ranked if len(ranked) <= room else ranked[: room - 1])
    picked = colors[: len(shown)] if isinstance(colors, list) else ramp(colors, len(shown))
    entries = [LegendEntry(color, text) for color, text in zip(picked, shown, strict=True)]
    places = {text: at for at, text in enumerate(shown)}
    if len(shown) < len(ranked):
        entries.append(LegendEntry(NO_VALUE, f"other ({len(ranked) - len(shown)})"))
    found = [None if text is None else places.get(text, len(shown)) for text in texts]
    return _with_missing(column.heading, entries, found)


def _with_missing(title: str, entries: list[LegendEntry], found: Sequence[int | None]) -> _Classified:
    """Give features without a value an entry of their own."""
    if None in found:
        entries = [*entries, LegendEntry(NO_VALUE, f"{EN_DASH} (no value)")]
    return title, entries, [len(entries) - 1 if at is None else at for at in found]


def _number(value: Any, otherwise: float = math.nan) -> float:
    return otherwise if value is None else float(value)
