"""A site for tests, clients of it, and what its data is as tables."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from earthranger_double import Double
from earthranger_double.data import START, STEP
from earthranger_double.server import PASSWORD, TOKEN, USERNAME
from ecoflows.connections.earthranger import EarthRanger, EarthRangerConnection
from ecoflows.tasks.types import TimeRange

SPAN = TimeRange(since=START, until=START + timedelta(days=60))
SECRETS = (TOKEN, PASSWORD)


def connection(double: Double, *, token: bool = True, **more: int) -> EarthRangerConnection:
    """How to reach a double, with a token or a password."""
    how = {"token": TOKEN} if token else {"username": USERNAME, "password": PASSWORD}
    return EarthRangerConnection.model_validate({"server": double.url, **how, **more})


@contextmanager
def client(double: Double, *, token: bool = True, **more: int) -> Iterator[EarthRanger]:
    """A client of a double."""
    with connection(double, token=token, **more).connect() as found:
        yield found


def expected_rows(double: Double, *, since: datetime | None = None, until: datetime | None = None) -> dict:
    """Time, place and mark of each observation that the site holds, by its id."""
    site = double.site
    found = {}
    for subject in range(site.subjects):
        for index in range(site.each):
            at = START + STEP * index
            if (since and at < since) or (until and at > until):
                continue
            row = site.observation(subject, index)
            place = row["location"]
            found[row["id"]] = (at, place["longitude"], place["latitude"], row["exclusion_flags"] != 0)
    return found


def rows(table) -> dict:
    """The same of a table."""
    columns = (table["extra__id"], table["fixtime"], table.geometry.x, table.geometry.y, table["junk_status"])
    return {name: tuple(rest) for name, *rest in zip(*columns, strict=True)}


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, none of which is waited for."""
    found: list[float] = []
    monkeypatch.setattr(time, "sleep", found.append)
    return found
