"""Tables against their pandera models: validation with a bounded report, JSON Schema."""

from __future__ import annotations

from typing import Any

from pandera.api.pandas.model import DataFrameModel
from pydantic_core import PydanticCustomError

from ecoflows.errors import FrameValidationError

_EXAMPLES_SHOWN = 5
_FINDINGS_SHOWN = 10


def validate_frame(value: Any, model: type[DataFrameModel] | None) -> Any:
    """Check a frame by its schema.

    Args:
        value: What should be a pandas or geopandas frame.
        model: The pandera model it must keep to; ``None`` for any frame.

    Returns:
        The frame, coerced where the model says so.

    Raises:
        PydanticCustomError: If it is no frame.
        FrameValidationError: If it breaks the model. The message is bounded however large the
            frame is; pandera's full report is its cause.
    """
    import pandas as pd
    from pandera.errors import SchemaError, SchemaErrors

    if not isinstance(value, pd.DataFrame):
        # pydantic's own kind of error, so that the other choices of a union are tried.
        raise PydanticCustomError(
            "table_type", "a table is expected here, not {kind}", {"kind": type(value).__name__}
        )
    if model is None:
        return value
    try:
        return model.validate(value, lazy=True)
    except SchemaErrors as error:
        raise FrameValidationError(_report(model, error.failure_cases, value)) from error
    except SchemaError as error:
        raise FrameValidationError(f"the table breaks {model.__name__}: {error}") from error


def _report(model: type[DataFrameModel], failures: Any, frame: Any) -> str:
    findings = []
    for (column, check), cases in failures.groupby(["column", "check"], dropna=False, sort=False):
        if check == "column_in_dataframe":
            names = ", ".join(str(name) for name in cases["failure_case"])
            findings.append(f"column {names} is missing; the table has {', '.join(map(str, frame.columns))}")
            continue
        values = list(dict.fromkeys(str(case) for case in cases["failure_case"]))
        shown = ", ".join(text[:80] for text in values[:_EXAMPLES_SHOWN])
        rows = cases["index"].notna().sum()
        count = f" in {rows} of {len(frame)} rows" if rows else ""
        where = f"column {column}" if isinstance(column, str) and column != model.__name__ else "the table"
        findings.append(
            f"{where} fails {check}{count}: {shown}{', ...' if len(values) > _EXAMPLES_SHOWN else ''}"
        )
    more = len(findings) - _FINDINGS_SHOWN
    lines = [f"the table breaks {model.__name__}:", *(f"  - {line}" for line in findings[:_FINDINGS_SHOWN])]
    return "\n".join(lines + ([f"  - and {more} more findings"] if more > 0 else []))


def require_geo(value: Any) -> Any:
    """Return a geopandas frame as it is.

    Args:
        value: A pandas frame.

    Raises:
        FrameValidationError: If it has no geometries.
    """
    from geopandas import GeoDataFrame

    if not isinstance(value, GeoDataFrame):
        raise FrameValidationError(
            "a table with geometries (GeoDataFrame) is expected here, this one has none"
        )
    return value


def frame_json_schema(model: type[DataFrameModel] | None) -> dict[str, Any]:
    """A JSON Schema that describes the frames of a pandera model.

    Args:
        model: The pandera model; ``None`` for any frame.

    Returns:
        An object schema with ``format: dataframe`` and one property per declared column, whose
        ``dtype`` is pandera's name for the column's type.
    """
    described: dict[str, Any] = {"type": "object", "format": "dataframe"}
    if model is None:
        return described
    schema = model.to_schema()
    described["title"] = model.__name__
    described["properties"] = {
        str(name): {
            key: value
            for key, value in {
                "dtype": str(column.dtype) if column.dtype is not None else None,
                "description": column.description,
                "nullable": column.nullable,
            }.items()
            if value is not None
        }
        for name, column in schema.columns.items()
    }
    described["required"] = [str(name) for name, column in schema.columns.items() if column.required]
    return described
