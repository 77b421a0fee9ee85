"""The mappings of options that map tasks take, and how wrong ones are refused."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from ecoflows.errors import UsageError, did_you_mean
from ecoflows.tasks.results._colors import as_hex, check_colormap

_CSS_SIZE = re.compile(r"(?:\d{1,5}(?:\.\d{1,3})?)(?:px|%|em|rem|vh|vw|dvh|dvw)")
_PIXELS = (50, 10_000)


def checked(argument: str, annotation: Any, value: Any) -> Any:
    """Validate one argument of a task, for callers that did not go through the runtime.

    Args:
        argument: The argument's name, for the message.
        annotation: What it must be.
        value: What was given.

    Returns:
        The value, converted where the annotation says so.

    Raises:
        UsageError: If it does not fit; the message names the place and what was expected.
    """
    try:
        return _adapter(annotation).validate_python(value)
    except ValidationError as error:
        findings = (_finding(argument, found) for found in error.errors(include_url=False))
        raise UsageError("; ".join(dict.fromkeys(findings))) from error


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def _finding(argument: str, found: Any) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else "" for part in found["loc"])
    keys = [part for part in found["loc"] if isinstance(part, str) and part.isidentifier()]
    key = f": {keys[-1]}" if keys and keys[-1] not in ("name", "layer", "int", "str") else ""
    return f"{argument}{place}{key}: {found['msg'].removeprefix('Value error, ')}"


class Options(BaseModel):
    """A mapping of options whose unknown keys are refused with the nearest valid name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    also_known_as: ClassVar[dict[str, str]] = {}
    """Other spellings of keys, for specs written for other map libraries."""

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        renamed: dict[str, Any] = {}
        for given, content in value.items():
            key = cls.also_known_as.get(given, given)
            if key not in cls.model_fields:
                hint = did_you_mean(str(key), cls.model_fields, what="known keys")
                raise ValueError(f"unknown key '{given}': {hint}")
            if key in renamed:
                raise ValueError(f"'{given}' and '{key}' mean the same; give one of them")
            renamed[key] = content
        return renamed


Color = Annotated[str, AfterValidator(as_hex)]
"""A colour as ``#rrggbb``, ``#rgb`` or a CSS name."""


def _css_size(size: int | str) -> int | str:
    if isinstance(size, str):
        valid = _CSS_SIZE.fullmatch(size) is not None
    else:
        valid = _PIXELS[0] <= size <= _PIXELS[1]
    if not valid:
        raise ValueError(
            f"a size is a whole number of pixels from {_PIXELS[0]} to {_PIXELS[1]}, "
            f"or a CSS size such as '100%' or '40rem', not {size!r}"
        )
    return size


CssSize = Annotated[
    Annotated[int, WithJsonSchema({"type": "integer", "minimum": _PIXELS[0], "maximum": _PIXELS[1]})]
    | Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^{_CSS_SIZE.pattern}$"})],
    AfterValidator(_css_size),
]
"""Pixels as a whole number, or a CSS size."""


class LayerOptions(Options):
    """How the features of a frame are drawn."""

    also_known_as = {"cmap": "colormap", "weight": "line_width", "k": "classes"}

    column: Annotated[str | None, Field(description="The column whose values give the colours.")] = None
    colormap: Annotated[
        Annotated[str | list[str], AfterValidator(check_colormap)] | None,
        Field(description="A matplotlib colour map such as 'viridis' or 'YlOrRd_r', or a list of colours."),
    ] = None
    color: Annotated[
        Color | None, Field(description="One colour for all features, '#rrggbb' or a CSS name.")
    ] = None
    opacity: Annotated[
        float | None,
        Field(description="From 0 (not seen) to 1 (solid); the default is 1, above tiles 0.75.", ge=0, le=1),
    ] = None
    line_width: Annotated[
        float | None, Field(description="The width of lines and outlines, in pixels.", ge=0, le=20)
    ] = None
    radius: Annotated[float, Field(description="The radius of points, in pixels.", ge=1, le=50)] = 4.0
    classes: Annotated[
        int, Field(description="How many classes a column of many numbers is cut into.", ge=2, le=9)
    ] = 6
    scheme: Annotated[
        Literal["quantiles", "equal"],
        Field(description="Classes with equally many features, or of equal width."),
    ] = "quantiles"
    legend: Annotated[bool, Field(description="Whether a legend is shown.")] = True
    legend_title: Annotated[
        str | None, Field(description="The legend's title instead of the column's name.")
    ] = None
    tooltip: Annotated[
        list[str] | None,
        Field(description="The columns shown when pointing at a feature; the default is the first 12."),
    ] = None
    search_column: Annotated[
        str | None,
        Field(description="The column that the search box looks in; the default is a text column."),
    ] = None

    @model_validator(mode="after")
    def _one_source_of_color(self) -> LayerOptions:
        if self.color is not None and (self.column is not None or self.colormap is not None):
            raise ValueError("'color' gives all features one colour; leave out 'column' and 'colormap'")
        return self


def _font_size(size: float | str) -> float:
    text = str(size).strip().removesuffix("px")
    try:
        pixels = float(text)
    except ValueError:
        pixels = 0.0
    if not 6 <= pixels <= 120:
        raise ValueError(
            f"a font size is a number of pixels from 6 to 120, such as 24 or '24px', not {size!r}"
        )
    return pixels


class TitleOptions(Options):
    """How the title is set."""

    also_known_as = {"font_color": "color"}

    font_size: Annotated[
        Annotated[float | str, AfterValidator(_font_size)],
        Field(description="In pixels, as a number or as text such as '24px'."),
    ] = 20.0
    color: Annotated[Color, Field(description="'#rrggbb' or a CSS name.")] = "#1d2b33"
    align: Annotated[Literal["left", "center", "right"], Field(description="Where the title stands.")] = (
        "left"
    )


class NorthArrowOptions(Options):
    """Where the north arrow is and how large."""

    also_known_as = {"placement": "position"}

    position: Annotated[
        Literal["topleft", "topright", "bottomleft", "bottomright"],
        Field(description="The corner of the map."),
    ] = "topright"
    scale: Annotated[float, Field(description="Its size, 1 being 44 pixels high.", gt=0, le=5)] = 1.0
    show: Annotated[bool, Field(description="Whether there is one.")] = True

    @model_validator(mode="before")
    @classmethod
    def _hyphens(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            key: text.replace("-", "") if key in ("position", "placement") and isinstance(text, str) else text
            for key, text in value.items()
        }
