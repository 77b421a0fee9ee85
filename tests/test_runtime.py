"""Running one node: what a task gets and what its key says are the same."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from pydantic import StringConstraints

from ecoflows.decorators import Task, distributed
from ecoflows.runtime import Call, run_node
from ecoflows.store import Store
from support import command_environment, write_package


@distributed
def upper(name: Annotated[str, StringConstraints(to_upper=True)] = "wgs84") -> str:
    """Return the name as it arrives."""
    return name


@distributed
def weekday(day: date = "2024-01-01") -> str:  # type: ignore[assignment]  # what a user may write
    """Return the type of the day."""
    return type(day).__name__


@distributed
def moment(when: datetime) -> datetime:
    """Return the moment."""
    return when


@distributed
def numpy_day() -> Any:
    """Return a day of numpy."""
    return np.datetime64("2024-01-31T12:00:00", "ns")


def given(task: Task[..., Any], store: Store, **arguments: Any) -> tuple[str, Any]:
    result = run_node(Call(task, arguments), store)
    return result.key, store.load(result.artifact)


def test_a_default_arrives_as_the_same_value_given(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert given(upper, store) == given(upper, store, name="wgs84")
    assert given(upper, store)[1] == "WGS84"
    assert given(weekday, store) == given(weekday, store, day="2024-01-01")
    assert given(weekday, store)[1] == "date"


@pytest.mark.parametrize("text", ["2024-01-31T12:00:00Z", "2024-01-31T15:00:00+03:00"])
def test_moments_with_an_offset(tmp_path: Path, text: str) -> None:
    _key, value = given(moment, Store(tmp_path), when=text)
    assert value == datetime(2024, 1, 31, 12, tzinfo=UTC)
    assert value.utcoffset() == timedelta(hours=3 if "+03" in text else 0)


def test_a_day_of_numpy_comes_back(tmp_path: Path) -> None:
    assert given(numpy_day, Store(tmp_path))[1] == np.datetime64("2024-01-31T12:00:00", "ns")


def test_code_that_is_edited_during_a_run_keeps_its_own_key(tmp_path: Path) -> None:
    """What ran is the code that was loaded; the next run has the new one and no hit."""
    source = """
        import time
        from pathlib import Path
        from ecoflows.decorators import distributed

        @distributed
        def wait() -> int:
            Path("started").touch()
            while not Path("edited").exists():
                time.sleep(0.05)
            return 1

        @distributed
        def say(after: int) -> str:
            return "OLD"
        """
    write_package(tmp_path / "packages", "edits", {"tasks.py": source})
    (tmp_path / "s.yaml").write_text("{name: s, cache_root: cache, tasks: {wait: , say: {after: wait}}}")
    command = [
        sys.executable,
        "-m",
        "ecoflows",
        "run",
        "s.yaml",
        "--engine",
        "sequential",
        "--outputs",
        "out",
    ]
    environment = command_environment(path=tmp_path / "packages", PYTHONDONTWRITEBYTECODE="1")
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL) as running:
        deadline = time.monotonic() + 60
        while not (tmp_path / "started").exists():
            assert running.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        module = tmp_path / "packages" / "edits" / "tasks.py"
        module.write_text(module.read_text().replace("OLD", "NEW"))
        (tmp_path / "edited").touch()
        assert running.wait(60) == 0
    assert (tmp_path / "out" / "say.json").read_text().strip() == '"OLD"'
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "say.json").read_text().strip() == '"NEW"'
