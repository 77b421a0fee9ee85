"""Colours: names to hexadecimal, and ramps and palettes to lists of colours."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ecoflows.errors import did_you_mean

NO_VALUE = "#9a9a9a"
"""The grey of features without a value, and of categories beyond the palette."""

# Nine samples of matplotlib's colour maps, so that the common maps need no matplotlib. All three
# can be told apart with any colour vision, because their lightness rises or falls throughout.
RAMPS = {
    "YlOrRd": "ffffcc ffeda0 fed976 feb24c fd8c3c fc4d2a e2191c bb0026 800026",
    "viridis": "440154 472d7b 3b528b 2c728e 21918c 28ae80 5ec962 addc30 fde725",
    "plasma": "0d0887 4c02a1 7e03a8 aa2395 cc4778 e66c5c f89540 fdc527 f0f921",
}

# Okabe and Ito's colours for any colour vision, without yellow and black, then four of Paul Tol's.
PALETTE = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#332288",
    "#882255",
    "#999933",
    "#44aa99",
)

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


def as_hex(color: str) -> str:
    """A colour as ``#rrggbb``.

    Args:
        color: ``#rgb``, ``#rrggbb`` or the CSS name of a colour, such as ``teal``.

    Returns:
        Seven characters, in lower case.

    Raises:
        ValueError: If it is no such colour.
    """
    text = color.strip()
    if _HEX.fullmatch(text):
        digits = text[1:].lower()
        return "#" + (digits if len(digits) == 6 else "".join(2 * digit for digit in digits))
    # Names are rare and matplotlib is slow to import; only they pay for it.
    from matplotlib.colors import CSS4_COLORS

    found = CSS4_COLORS.get(text.lower())
    if found is None:
        hint = did_you_mean(text, CSS4_COLORS, what="'#rrggbb' or a CSS name such as")
        raise ValueError(f"unknown colour '{color}': {hint}")
    return str(found).lower()


def check_colormap(colormap: str | Sequence[str]) -> str | list[str]:
    """A colour map's name as matplotlib writes it, or a list of colours as ``#rrggbb``.

    Args:
        colormap: A name, with ``_r`` at its end for the reverse, or at least one colour.

    Raises:
        ValueError: If the name or one of the colours is unknown, or the list is empty.
    """
    if not isinstance(colormap, str):
        if not colormap:
            raise ValueError("a list of colours needs at least one colour")
        return [as_hex(color) for color in colormap]
    if colormap.removesuffix("_r") not in RAMPS:
        from matplotlib import colormaps

        if colormap not in colormaps:
            raise ValueError(f"unknown colour map '{colormap}': {did_you_mean(colormap, colormaps)}")
    return colormap


def ramp(
    colormap: str | Sequence[str], count: int, *, start: float = 0.0, stop: float = 1.0
) -> tuple[str, ...]:
    """Colours at even distances along a colour map.

    Args:
        colormap: A name or a list that ``check_colormap`` takes; a list is interpolated.
        count: How many colours.
        start: Where on the colour map the first colour is, from 0 to 1.
        stop: Where the last one is; below ``start`` to go backwards.

    Returns:
        ``count`` colours as ``#rrggbb``.
    """
    step = (stop - start) / max(count - 1, 1)
    return tuple(_sample(colormap, start + step * index) for index in range(count))


def _sample(colormap: str | Sequence[str], position: float) -> str:
    if not isinstance(colormap, str):
        return _between([as_hex(color) for color in colormap], position)
    name = colormap.removesuffix("_r")
    if name in RAMPS:
        stops = [f"#{digits}" for digits in RAMPS[name].split()]
        return _between(stops, position if name == colormap else 1 - position)
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return to_hex(colormaps[colormap](float(position)))


def _between(stops: Sequence[str], position: float) -> str:
    """The colour at a position from 0 to 1 along stops at even distances."""
    place = min(max(position, 0.0), 1.0) * (len(stops) - 1)
    lower = min(int(place), max(len(stops) - 2, 0))
    upper = min(lower + 1, len(stops) - 1)
    channels = (
        round(int(stops[lower][at : at + 2], 16) * (1 - share) + int(stops[upper][at : at + 2], 16) * share)
        for share in [place - lower]
        for at in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02x}" for channel in channels)
