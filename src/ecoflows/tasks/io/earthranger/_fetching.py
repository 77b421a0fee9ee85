"""Observations of many subjects at once, each page a small Arrow table as soon as it is there."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ecoflows.connections.earthranger import EarthRanger
from ecoflows.connections.earthranger.paging import Page, Query, RowsMissingError
from ecoflows.errors import ConnectionFailedError
from ecoflows.progress import Meter, metered

_log = logging.getLogger("ecoflows")
_TRIES = 3

FLAGS: dict[str, int | str] = {
    "clean": 0,
    "manual": 1,
    "automatic": 2,
    "manual_and_automatic": 3,
    "all": "null",
}
"""What EarthRanger calls the choices of fixes by their marks."""


@dataclass(frozen=True)
class Wanted:
    """The observations of one subject in a span of time.

    Attributes:
        subject: The subject's id.
        since: The first moment.
        until: The last moment.
    """

    subject: str
    since: datetime
    until: datetime

    def params(self, flags: int | str, *, details: bool) -> dict[str, Any]:
        """The query for them.

        Args:
            flags: Which fixes, by their marks.
            details: Whether what the collar said besides is asked for.
        """
        return {
            "subject_id": self.subject,
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "filter": flags,
            "include_details": details,
        }


def fetch(client: EarthRanger, wanted: Sequence[Wanted], *, choice: str, details: bool) -> list[Any]:
    """The observations of several subjects.

    Args:
        client: The site.
        wanted: Whose, and when.
        choice: Which fixes, one of ``FLAGS``.
        details: Whether what the collar said besides is read.

    Returns:
        One Arrow table for each of ``wanted``, in its order, and an empty one: ``id``, ``source``,
        ``fixtime``, ``created_at``, ``longitude``, ``latitude``, ``exclusion_flags`` and, with details,
        ``observation_details`` (JSON).

    Raises:
        ConnectionFailedError: If the site fails or refuses, or if rows are missing.
    """
    failed = threading.Event()
    with metered("observations") as meter, ThreadPoolExecutor(client.connection.tcp_limit) as pool:

        def convert(page: Page) -> Any:
            if failed.is_set():
                raise ConnectionFailedError("another request failed")  # which is the one that is told
            return _arrow(page, details=details)

        def one(item: Wanted) -> Any:
            query = client.pages("observations", item.params(FLAGS[choice], details=details))
            try:
                return whole(query, convert, meter)
            except BaseException:
                failed.set()
                raise

        futures = [pool.submit(one, item) for item in wanted]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            # The first to fail is told; those after it may have been stopped by it.
            broken = [future for future in done if future.exception() is not None]
            tables = [future.result() for future in (broken or futures)]
        finally:
            failed.set()
            pool.shutdown(wait=True, cancel_futures=True)
    # One more without rows, for the columns where nothing was wanted.
    return [_joined(parts) for parts in (*tables, [_arrow([], details=details)])]


def whole(query: Query, convert: Callable[[Page], Any], meter: Meter) -> list[Any]:
    """All pages of a query, converted one by one; read anew where the data changed meanwhile.

    Args:
        query: The query.
        convert: Makes something small of a page.
        meter: Told of the rows.

    Raises:
        ConnectionFailedError: If the site fails or refuses, or if rows are missing each time.
    """
    for attempt in range(1, _TRIES + 1):
        parts = []
        expected = 0
        try:
            for page in query:
                if query.count is not None and query.count > expected:
                    meter.expect(query.count - expected)
                    expected = query.count
                parts.append(convert(page))
                meter.advance(len(page))
        except RowsMissingError as error:
            if attempt == _TRIES:
                raise
            _log.warning("%s; reading them again", error)
            meter.advance(-query.read)
        else:
            return parts
    raise AssertionError("unreachable")


def _arrow(page: Page, *, details: bool) -> Any:
    import pandas as pd
    import pyarrow as pa

    def column(name: str) -> list[Any]:
        return [row.get(name) for row in page]

    places = [row.get("location") or {} for row in page]
    columns = {
        "id": pa.array(column("id"), pa.string()),
        "source": pa.array(column("source"), pa.string()).dictionary_encode(),
        "fixtime": _times(pd, pa, column("recorded_at")),
        "created_at": _times(pd, pa, column("created_at")),
        "longitude": pa.array([place.get("longitude") for place in places], pa.float64()),
        "latitude": pa.array([place.get("latitude") for place in places], pa.float64()),
        "exclusion_flags": pa.array([row.get("exclusion_flags") or 0 for row in page], pa.int64()),
    }
    if details:
        texts = [json.dumps(row.get("observation_details") or {}) for row in page]
        columns["observation_details"] = pa.array(texts, pa.string())
    return pa.table(columns)


def _times(pd: Any, pa: Any, texts: Iterable[str | None]) -> Any:
    parsed = pd.to_datetime(list(texts), utc=True, format="ISO8601")
    return pa.array(parsed.as_unit("us"), pa.timestamp("us", "UTC"))


def _joined(parts: list[Any]) -> Any:
    import pyarrow as pa

    return pa.concat_tables(parts).unify_dictionaries()
