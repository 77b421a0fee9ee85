"""Small tables made up from what their schemas say, and only from that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecoflows.errors import EcoflowsError
from ecoflows.frames import validate_frame
from ecoflows.simulate.columns import CannotDrawError, draw_column, draw_points

if TYPE_CHECKING:
    import numpy as np
    from pandera.api.pandas.model import DataFrameModel


def draw_table(model: type[DataFrameModel], *, rows: int, seed: int, geo: bool = False) -> Any:
    """Make up a table that keeps to a schema.

    Columns that need not be there are left out. Each column has draws of its own, which depend on
    nothing but the seed and the column's name. Columns that may have nulls have some.

    Args:
        model: The pandera model.
        rows: The number of rows.
        seed: The seed of all draws, not negative.
        geo: Whether it has to be a table with geometries, whatever its columns.

    Returns:
        A table, one with geometries where a column has them.

    Raises:
        CannotDrawError: If columns cannot be made up, with all that cannot, or if the table does
            not keep to what else the schema asks.
    """
    import pandas as pd

    schema = model.to_schema()
    refused: list[str] = []
    drawn: dict[Any, Any] = {}
    for name, column in schema.columns.items():
        if not column.required:
            continue
        try:
            drawn[name] = draw_column(column, str(name), rows, _draws(seed, name))
        except CannotDrawError as error:
            refused.append(f"column '{name}' {error}")
    levels = []
    for position, level in enumerate(_levels(schema.index)):
        name = level.name or f"index level {position}"
        try:
            levels.append(pd.Index(draw_column(level, str(name), rows, _draws(seed, name)), name=level.name))
        except CannotDrawError as error:
            refused.append(f"the index '{name}' {error}")
    if refused:
        raise CannotDrawError("; ".join(refused))
    if geo and not any(str(values.dtype) == "geometry" for values in drawn.values()):
        drawn["geometry"] = draw_points(None, rows, _draws(seed, "geometry"))
    return _checked(_assembled(drawn, levels, rows), model)


def _draws(seed: int, name: object) -> np.random.Generator:
    """Draws for one column."""
    import numpy as np

    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *str(name).encode()])))


def _levels(index: Any) -> list[Any]:
    """The levels of a schema's index; none where it asks for nothing."""
    return [] if index is None else list(getattr(index, "indexes", None) or [index])


def _assembled(drawn: dict[Any, Any], levels: list[Any], rows: int) -> Any:
    import pandas as pd

    table: Any = pd.DataFrame(drawn, index=pd.RangeIndex(rows))
    if levels:
        table.index = levels[0] if len(levels) == 1 else pd.MultiIndex.from_arrays(levels)
    shapes = [name for name, dtype in table.dtypes.items() if str(dtype) == "geometry"]
    if not shapes:
        return table
    import geopandas as gpd

    return gpd.GeoDataFrame(table, geometry="geometry" if "geometry" in shapes else shapes[0])


def _checked(table: Any, model: type[DataFrameModel]) -> Any:
    """The table as its schema leaves it, which may ask for more than can be read off its columns."""
    try:
        return validate_frame(table, model)
    except EcoflowsError as error:
        text = " ".join(str(error).split()).removeprefix("the table ").replace(": - ", ": ", 1)
        raise CannotDrawError(f"what was made up {text}") from error
    except Exception as error:  # a check of the author's own may raise anything
        raise CannotDrawError(
            f"a check of {model.__name__} fails on what was made up: {type(error).__name__}: {error}"
        ) from error
