"""What the scripts of this folder share: loading one DAG file, and handing an answer back.

The scripts run in an environment that has Airflow and nothing of ours.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any


def load(file: str) -> Any:
    """The one DAG of a file, whose module is executed in this process."""
    name = "compiled_dag"
    sys.modules.pop(name, None)
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ValueError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    (dag,) = {id(value): value for value in vars(module).values() if _is_dag(value)}.values()
    dag.fileloc = str(Path(file).resolve())
    return dag


def _is_dag(value: object) -> bool:
    return any(
        base.__name__ == "DAG" and base.__module__.startswith("airflow") for base in type(value).__mro__
    )


def word(value: object) -> str | None:
    """An enumeration's value as text, on every version."""
    return None if value is None else str(getattr(value, "value", value))


def answer(path: str, value: object) -> None:
    """Hand a value back in a file, because Airflow writes its log to both streams."""
    Path(path).write_text(json.dumps(value), encoding="utf-8")
