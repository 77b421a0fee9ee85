"""Examples of what tasks return, packaged beside the modules that define the tasks.

An example is a file in the folder of the task's module: ``<task-name>.example-return.parquet`` for
a table, ``<task-name>.example-return.json`` for anything else. What ``ecoflows run --outputs``
wrote will do, and so will files of other tools.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ecoflows.decorators import Task
from ecoflows.errors import EcoflowsError, ExampleError
from ecoflows.store import Store
from ecoflows.store.canonical import decode
from ecoflows.store.serializers.frames import FrameSerializer

EXTENSIONS = ("parquet", "json")
"""What the names of examples end with."""

_FINDINGS_SHOWN = 5


@dataclass(frozen=True)
class Example:
    """An example of what a task returns, as its file has it.

    Attributes:
        name: The file's name.
        data: The file's content.
    """

    name: str
    data: bytes

    @property
    def digest(self) -> str:
        """The sha256 of the content, in hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()

    def read(self, store: Store) -> Any:
        """Read the value, whatever it is; a file may hold anything, and so any error may come.

        Args:
            store: Where the parts of a value would be that are files of their own.
        """
        return _READERS[self.name.rpartition(".")[2]](self.data, store)


def example_name(task: Task[..., Any], extension: str) -> str:
    """The name that the file with an example has.

    Args:
        task: The task.
        extension: One of ``EXTENSIONS``.
    """
    return f"{task.name}.example-return.{extension}"


def example_folder(task: Task[..., Any]) -> Path | None:
    """The folder that a task's example belongs in, that of the module that defines the task.

    Args:
        task: The task.

    Returns:
        The folder, which may be inside an archive; ``None`` where the module is no file.
    """
    file = getattr(sys.modules.get(task.module), "__file__", None)
    return Path(file).parent if file else None


def find_example(task: Task[..., Any]) -> Example | None:
    """The example that is packaged beside a task, also inside an archive.

    Args:
        task: The task.

    Returns:
        The example, or ``None`` where there is none.

    Raises:
        ExampleError: If there are two, or if the file cannot be opened.
    """
    folder = example_folder(task)
    if folder is None:
        return None
    names = [example_name(task, extension) for extension in EXTENSIONS]
    found = [Example(name, data) for name in names if (data := _content(task, folder / name)) is not None]
    if len(found) > 1:
        raise ExampleError(
            f"task '{task.name}' has two examples of what it returns, {' and '.join(names)}",
            "keep one of them",
        )
    return found[0] if found else None


def example_of(task: Task[..., Any]) -> Example:
    """The example that is packaged beside a task.

    Args:
        task: The task.

    Raises:
        ExampleError: If there is none, if there are two, or if the file cannot be opened.
    """
    example = find_example(task)
    if example is None:
        names = " or ".join(example_name(task, extension) for extension in EXTENSIONS)
        raise ExampleError(
            f"task '{task.name}' has no example of what it returns",
            f"{_command(task)} makes one; it belongs beside {task.module} as {names}",
        )
    return example


def example_value(task: Task[..., Any], store: Store) -> Any:
    """What the packaged example of a task holds, valid by the task's return annotation.

    Args:
        task: The task.
        store: Where the parts of a value would be that are files of their own.

    Raises:
        ExampleError: If there is no example, or if it cannot be read or does not fit. The message
            names the task, the file, what is wrong, and the way out.
        TaskDefinitionError: If the task has no usable return annotation.
    """
    return read_example(task, example_of(task), store)


def read_example(task: Task[..., Any], example: Example, store: Store) -> Any:
    """What an example holds, valid by the task's return annotation.

    Args:
        task: The task.
        example: The example.
        store: Where the parts of a value would be that are files of their own.

    Raises:
        ExampleError: If it cannot be read or does not fit.
        TaskDefinitionError: If the task has no usable return annotation.
    """
    adapter = task.return_adapter
    try:
        value = example.read(store)
    except Exception as error:  # a file may hold anything
        raise ExampleError(
            f"{_subject(task, example)} cannot be read: {_text_of(error)}",
            f"{_command(task)} writes it again; or take it away",
        ) from error
    try:
        return adapter.validate_python(value)
    except Exception as error:  # a validator of the author's own may raise anything
        raise ExampleError(
            f"{_subject(task, example)} does not fit the return annotation: {_text_of(error)}",
            f"mend the annotation; or write the example again, as {_command(task)} does",
        ) from error


def check_example(task: Task[..., Any], example: Example, store: Store) -> Any:
    """Check that an example can stand in for what its task returns, and give what it holds.

    Args:
        task: The task.
        example: The example.
        store: Where the value is stored, which is part of the check.

    Raises:
        ExampleError: If it cannot be read, does not fit, or cannot be stored.
        TaskDefinitionError: If the task has no usable return annotation.
    """
    value = read_example(task, example, store)
    try:
        store.save(value, task.returns)
    except EcoflowsError as error:
        raise ExampleError(
            f"{_subject(task, example)} cannot be stored: {_text_of(error)}",
            "return a table, an array, text or plain data",
        ) from error
    return value


def _subject(task: Task[..., Any], example: Example) -> str:
    return f"the example {example.name} of what task '{task.name}' returns"


def _command(task: Task[..., Any]) -> str:
    return f"'ecoflows example {task.name}'"


def _content(task: Task[..., Any], file: Path) -> bytes | None:
    """The content of a file beside a module, read as Python read the module; ``None`` without one."""
    loader = getattr(getattr(sys.modules[task.module], "__spec__", None), "loader", None)
    read: Callable[[str], bytes] = getattr(loader, "get_data", None) or (lambda path: Path(path).read_bytes())
    try:
        return read(str(file))
    except PermissionError as error:
        raise ExampleError(
            f"the example {file} of what task '{task.name}' returns cannot be opened: {error.strerror}",
            "let it be read, or take it away",
        ) from error
    except OSError:  # an archive's way to say that there is no such file has no name of its own
        return None


def _text_of(error: Exception) -> str:
    """What an error says, in one line."""
    if not isinstance(error, ValidationError):
        return " ".join(str(error).split()) or type(error).__name__
    findings = error.errors(include_url=False, include_input=False, include_context=False)
    texts = [
        f"{'.'.join(map(str, found['loc']))}{': ' if found['loc'] else ''}{found['msg']}"
        for found in findings[:_FINDINGS_SHOWN]
    ]
    more = len(findings) - len(texts)
    return "; ".join(texts) + (f"; and {more} more" if more else "")


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
