"""The source of a small package of tasks that tests install; it logs what really ran."""

from support import write_package

TASKS = '''
import os, time
from pathlib import Path
from typing import Annotated

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series
from pydantic import Field

from ecoflows.annotations import DataFrame
from ecoflows.decorators import distributed


class CountsSchema(pa.DataFrameModel):
    """Counts of animals."""

    animals: Series[int] = pa.Field(ge=0, description="Animals seen.")


def note(name):
    with Path(os.environ["PARK_LOG"]).open("a") as log:
        log.write(name + "\\n")


RESOURCES = {"request_cpu": "500m", "limit_memory": "1Gi"}


@distributed(tags=["io"], image="park/io:1.0", container_resources=RESOURCES)
def read_counts(
    start: Annotated[int, Field(description="The first count.", ge=0)] = 1,
) -> DataFrame[CountsSchema]:
    """Read counts of animals."""
    note("read_counts")
    return pd.DataFrame({"animals": [start, start + 1, start + 2]})


@distributed
def prepare(rows: Annotated[int, Field(description="How many rows.", ge=1)]) -> DataFrame[CountsSchema]:
    """Prepare counts without reading anything."""
    note("prepare")
    return pd.DataFrame({"animals": range(rows)})


@distributed
def total(counts: DataFrame[CountsSchema]) -> int:
    """Add all counts."""
    note("total")
    print("a task may print")
    return counts["animals"].sum()


@distributed
def wait_for_gate(counts: DataFrame[CountsSchema]) -> DataFrame[CountsSchema]:
    """Return once the gate is open."""
    note("wait_for_gate")
    deadline = time.monotonic() + 120
    while not Path(os.environ["PARK_GATE"]).exists():
        if time.monotonic() > deadline:
            raise TimeoutError("the gate stayed shut")
        time.sleep(0.05)
    return counts


@distributed
def divide(
    counts: DataFrame[CountsSchema], by: Annotated[int, Field(description="The divisor.")]
) -> float:
    """Divide the total."""
    note("divide")
    return float(counts["animals"].sum() / by) if by else 1 // by


@distributed
def lose(counts: DataFrame[CountsSchema]) -> DataFrame[CountsSchema]:
    """Return what the schema does not allow."""
    return counts.assign(animals=-counts["animals"])
'''


def install(folder):
    """Install the package ``park`` into a folder for ``PYTHONPATH``."""
    return write_package(folder, "park", {"tasks.py": TASKS})
