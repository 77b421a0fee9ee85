"""Pandera schemas of models, built without geopandas where it is not needed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from pandera.api.pandas.model import DataFrameModel

from ecoflows.errors import TaskDefinitionError

_NAME = "geopandas"


@lru_cache(maxsize=4096)
def schema_of(model: type[DataFrameModel]) -> Any:
    """The schema of a model.

    Args:
        model: The pandera model.
    """
    if _NAME in sys.modules:
        return _built(model)
    try:
        with _absent():
            return model.to_schema()
    except Exception:  # noqa: BLE001  # one that needs geopandas after all
        return _built(model)


def _built(model: type[DataFrameModel]) -> Any:
    try:
        return model.to_schema()
    except Exception as error:
        raise TaskDefinitionError(
            f"the schema {model.__module__}.{model.__name__} cannot be built: {type(error).__name__}: {error}"
        ) from error


@contextmanager
def _absent() -> Iterator[None]:
    """Let pandera take geopandas for not installed.

    It asks for it at each column type that it does not know at once. No type can be geopandas' own
    while that is not imported.
    """
    sys.modules[_NAME] = None  # type: ignore[assignment]  # Python's way to say that it is absent
    try:
        yield
    finally:
        if sys.modules.get(_NAME, 0) is None:
            del sys.modules[_NAME]
