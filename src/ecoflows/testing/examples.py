"""Whether the example of a task's return value is valid and can be stored."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ecoflows.decorators import Task
from ecoflows.errors import EcoflowsError, Problem, TaskDefinitionError
from ecoflows.store import Store
from ecoflows.store.canonical import decode
from ecoflows.store.serializers.frames import FrameSerializer
from ecoflows.testing.findings import finding
from ecoflows.testing.signatures import text_of


def example_findings(task: Task[..., Any]) -> Iterator[Problem]:
    """What is wrong with the examples of what a task returns; nothing where there are none.

    Args:
        task: The task.
    """
    folder = _beside(task)
    for extension, read in _READERS.items():
        file = folder.joinpath(f"{task.name}.example-return.{extension}") if folder else None
        if file is not None and file.is_file():
            with TemporaryDirectory(prefix="ecoflows-") as root:
                yield from _of_example(task, file, read, Store(root))


def _of_example(
    task: Task[..., Any], file: Traversable, read: Callable[[bytes, Store], Any], store: Store
) -> Iterator[Problem]:
    subject = f"the example {file.name} of what task '{task.name}' returns"
    try:
        adapter = task.return_adapter
    except TaskDefinitionError:  # told where the signature is checked
        return
    try:
        value = read(file.read_bytes(), store)
    except Exception as error:  # noqa: BLE001  # a file may hold anything
        message = f"{subject} cannot be read: {text_of(error)}"
        yield finding(task, "task-example", message, "write it again, or take it away")
        return
    try:
        value = adapter.validate_python(value)
    except Exception as error:  # noqa: BLE001  # a validator of the author's own may raise anything
        message = f"{subject} does not fit the return annotation: {text_of(error)}"
        yield finding(task, "task-example", message, "mend the annotation, or write the example again")
        return
    try:
        store.save(value, task.returns)
    except EcoflowsError as error:
        message = f"{subject} cannot be stored: {text_of(error)}"
        yield finding(task, "task-example", message, "return a table, an array, text or plain data")


def _beside(task: Task[..., Any]) -> Traversable | None:
    """The folder of the module that defines a task, also inside an archive."""
    module = sys.modules.get(task.module)
    package = getattr(getattr(module, "__spec__", None), "parent", None)
    if package:
        return resources.files(package)
    file = getattr(module, "__file__", None)
    return Path(file).parent if file else None


def _read_json(data: bytes, store: Store) -> Any:  # noqa: ARG001  # a reader's signature
    return decode(json.loads(data))


def _read_parquet(data: bytes, store: Store) -> Any:
    import pandas as pd
    import pyarrow.parquet as pq

    metadata = pq.read_schema(io.BytesIO(data)).metadata or {}
    if "ecoflows" in json.loads(metadata.get(b"PANDAS_ATTRS", b"{}")):
        return FrameSerializer().load(data, store)
    if b"geo" in metadata:
        import geopandas as gpd

        return gpd.read_parquet(io.BytesIO(data))
    return pd.read_parquet(io.BytesIO(data))


_READERS: dict[str, Callable[[bytes, Store], Any]] = {"parquet": _read_parquet, "json": _read_json}
