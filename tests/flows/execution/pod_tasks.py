"""Tasks for tests of processes of their own; what they import is quick to import."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from ecoflows.decorators import distributed


@distributed(image="tasks:1", container_resources={"request_memory": "64Mi", "limit_memory": "1Gi"})
def number(value: float) -> float:
    """Give a number, and say so."""
    print("a line of the task's own")
    return value


@distributed(image="tasks:1")
def plus(a: float, b: float) -> float:
    """Add two numbers."""
    return a + b


@distributed(image="tasks:1", tags=["io"])
def where(text: str = "") -> list[str]:
    """Tell in which process this is, and what its environment says."""
    return [str(os.getpid()), os.environ.get("SETTING", ""), os.environ.get("TOKEN", ""), text]


@distributed(image="tasks:1")
def refuse(value: float) -> float:
    """Fail."""
    raise ValueError(f"no luck with {value:g}")


@distributed(image="tasks:1")
def fail_until(folder: str, value: float, times: int = 1) -> float:
    """Fail some times for each value, then give it."""
    before = list(Path(folder).glob(f"{value}-*"))
    (Path(folder) / f"{value}-{len(before)}").touch()
    if len(before) < times:
        raise ConnectionError(f"not yet {value:g}")
    return value


@distributed(image="tasks:1")
def odd_only(value: int) -> int:
    """Take odd numbers."""
    if value % 2 == 0:
        raise ValueError(f"{value} is even")
    return value


@distributed(image="tasks:1")
def pause(value: int, seconds: float) -> int:
    """Give a number after a while."""
    time.sleep(seconds)
    return value


@distributed(image="tasks:1")
def linger(folder: str, seconds: float, quiet: bool = True) -> float:
    """Say that it has begun, then go on for a time, with a child process beside it that would outlive it.

    It ends before its time where there is a file ``end`` in the folder.
    """
    sleep = f"import time; time.sleep({seconds + 60})"
    child = subprocess.Popen(
        [sys.executable, "-c", sleep], stdout=subprocess.DEVNULL if quiet else None, stderr=subprocess.STDOUT
    )
    place = Path(folder) / "begun"
    place.with_suffix(".new").write_text(f"{os.getpid()} {child.pid}")
    place.with_suffix(".new").rename(place)
    until = time.monotonic() + seconds
    while time.monotonic() < until and not (Path(folder) / "end").exists():
        time.sleep(0.02)
    child.kill()
    child.wait()
    return seconds
