"""Reports about broken tables: complete in kind, bounded in size."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest
from pandera.errors import SchemaErrors
from pandera.typing.pandas import Series
from pydantic_core import PydanticCustomError

from ecoflows.errors import FrameValidationError
from ecoflows.frames import frame_json_schema, require_geo, validate_frame


class Speeds(pa.DataFrameModel):
    """Speeds."""

    animal: Series[str]
    speed: Series[float] = pa.Field(ge=0, lt=100, description="How fast (km/h).")
    note: Series[str] | None = pa.Field(nullable=True)


class Coerced(pa.DataFrameModel):
    """Numbers, however they come."""

    value: Series[float] = pa.Field(coerce=True)


def report(frame: pd.DataFrame) -> str:
    with pytest.raises(FrameValidationError) as raised:
        validate_frame(frame, Speeds)
    assert isinstance(raised.value.__cause__, SchemaErrors)
    return str(raised.value)


def test_sound_frames_come_back() -> None:
    frame = pd.DataFrame({"animal": ["a"], "speed": [1.0]})
    assert validate_frame(frame, Speeds).equals(frame)
    assert validate_frame(frame, None) is frame
    assert validate_frame(pd.DataFrame({"value": ["1"]}), Coerced)["value"].tolist() == [1.0]


def test_an_empty_frame_is_sound() -> None:
    frame = pd.DataFrame({"animal": pd.Series([], dtype=str), "speed": pd.Series([], dtype=float)})
    assert len(validate_frame(frame, Speeds)) == 0


def test_report_names_column_check_count_and_examples() -> None:
    text = report(pd.DataFrame({"animal": ["a", "b", "c"], "speed": [1.0, -2.0, -3.0]}))
    assert text.startswith("the table breaks Speeds:")
    assert "column speed fails greater_than_or_equal_to(0) in 2 of 3 rows: -2.0, -3.0" in text


def test_all_findings_come_at_once() -> None:
    text = report(pd.DataFrame({"speed": [-1.0, 500.0], "extra": [1, 2]}))
    assert "column animal is missing; the table has speed, extra" in text
    assert "greater_than_or_equal_to(0) in 1 of 2 rows: -1.0" in text
    assert "less_than(100) in 1 of 2 rows: 500.0" in text


def test_wrong_types_and_nulls_are_told() -> None:
    assert "column speed fails dtype('float64')" in report(pd.DataFrame({"animal": ["a"], "speed": ["x"]}))
    assert "column speed fails not_nullable in 1 of 2 rows" in report(
        pd.DataFrame({"animal": ["a", "b"], "speed": [1.0, np.nan]})
    )


def test_report_is_bounded_however_large_the_frame() -> None:
    count = 100_000
    frame = pd.DataFrame({"animal": ["x" * 500] * count, "speed": -np.arange(1.0, count + 1)})
    text = report(frame)
    assert len(text) < 2000
    assert f"in {count} of {count} rows: -1.0, -2.0, -3.0, -4.0, -5.0, ..." in text


def test_a_frame_with_two_columns_of_one_name_is_reported() -> None:
    frame = pd.DataFrame([["a", 1.0, -1.0]], columns=["animal", "speed", "speed"])
    assert "speed" in report(frame)


def test_what_is_no_frame() -> None:
    with pytest.raises(PydanticCustomError, match="not dict"):
        validate_frame({"a": 1}, Speeds)
    with pytest.raises(PydanticCustomError, match="not NoneType"):
        validate_frame(None, None)
    with pytest.raises(FrameValidationError, match="with geometries"):
        require_geo(pd.DataFrame())


def test_json_schema_of_a_model() -> None:
    schema = frame_json_schema(Speeds)
    assert schema["properties"]["speed"] == {
        "dtype": "float64",
        "description": "How fast (km/h).",
        "nullable": False,
    }
    assert schema["required"] == ["animal", "speed"]
    assert frame_json_schema(None) == {"type": "object", "format": "dataframe"}
