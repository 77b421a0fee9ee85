"""All rows of a query, page by page, and that none is missing at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ecoflows.errors import ConnectionFailedError

if TYPE_CHECKING:
    from ecoflows.connections.earthranger.client import EarthRanger

Page = list[dict[str, Any]]


class RowsMissingError(ConnectionFailedError):
    """Raised where other rows came than the site counts; it may be right the next time."""


class Query:
    """The pages of a query; going over it makes the requests, and each that fails is repeated alone.

    Sites number their pages and count the rows, or give a cursor to the next page and may not count.
    Both give a link to the next page, which is followed as it is.

    Attributes:
        count: How many rows the site says there are, as of the last page; ``None`` where it does not.
        first_count: The same as of the first page.
        read: How many rows came.
    """

    def __init__(self, client: EarthRanger, path: str, params: Mapping[str, Any]) -> None:
        self._client, self._path, self._params = client, path, dict(params)
        self.count: int | None = None
        self.first_count: int | None = None
        self.read = 0

    def __iter__(self) -> Iterator[Page]:
        """The pages.

        Raises:
            ConnectionFailedError: If the site fails or refuses, or if rows are missing at the end.
        """
        self.count, self.first_count, self.read = None, None, 0
        found = self._client.get(self._path, self._params)
        if isinstance(found, list):  # some things come whole
            self.count = self.first_count = self.read = len(found)
            yield found
            return
        seen: set[str] = set()
        while True:
            rows, link = self._taken(found)
            yield rows
            if not link:
                break
            if link in seen:
                raise self._client.failed(f"the pages of '{self._path}' go in a circle")
            seen.add(link)
            try:
                found = self._client.get_url(self._client.own(link))
            except Exception as error:
                of = f" of {self.count:,}" if self.count is not None else ""
                error.add_note(f"{self.read:,}{of} rows of '{self._path}' had been read")
                raise
        self._require_all()

    def _taken(self, found: Any) -> tuple[Page, str | None]:
        rows = found.get("results") if isinstance(found, dict) else None
        if not isinstance(rows, list):
            raise self._client.failed(f"'{self._path}' answers otherwise than EarthRanger's API does")
        if isinstance(count := found.get("count"), int):
            self.count = count
            self.first_count = count if self.first_count is None else self.first_count
        self.read += len(rows)
        link = found.get("next")
        return rows, str(link) if link else None

    def _require_all(self) -> None:
        if self.count is None and self.read:
            self.count = self._counted()
        if self.count is None or self.count == self.read:
            return
        changed = self.first_count is not None and self.first_count != self.count
        why = (
            f"{self.first_count:,} before and {self.count:,} after: they changed while they were read"
            if changed
            else f"{self.count:,}: some were lost or came twice on the way"
        )
        raise RowsMissingError(
            str(
                self._client.failed(
                    f"{self.read:,} rows of '{self._path}' came, the site counts {why}; run it again"
                )
            )
        )

    def _counted(self) -> int | None:
        """How many rows there are where the pages do not say: sites count for those who ask for numbers."""
        found = self._client.get(self._path, {**self._params, "page": 1, "page_size": 1})
        count = found.get("count") if isinstance(found, dict) else None
        return count if isinstance(count, int) else None
