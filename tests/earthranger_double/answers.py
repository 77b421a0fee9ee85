"""What each path of the API answers, with its filters really applied."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from earthranger_double.data import START, STEP, Row, Site

MOST = 10_000


class BadRequestError(Exception):
    """The query is not as the API wants it."""


@dataclass
class Answers:
    """The API over a site's data.

    Attributes:
        site: The data.
        cursors: Whether long replies come with cursors instead of numbered pages.
        most: How many rows a page has at most, whatever is asked for.
        root: What links start with; as behind a proxy, it need not be the server's own address.
        miscount: How many rows too many the count says.
    """

    site: Site
    cursors: bool = False
    most: int = MOST
    root: str = "http://inner.example.org"
    miscount: int = 0

    def of(self, path: str, query: dict[str, str]) -> Any:
        """The data of a reply; ``None`` where there is no such path."""
        known: dict[str, Callable[[dict[str, str]], Any]] = {
            "status": lambda _query: {"version": "2.110.1", "server_timezone": "Africa/Nairobi"},
            "user/me": lambda _query: {"username": "warden", "id": "1"},
            "subjectgroups": self._groups,
            "subjects": self._subjects,
            "observations": lambda query: self._paged(path, query, *self._observations(query)),
            "activity/patrols/types": lambda _query: self.site.patrol_types,
            "activity/events/eventtypes": lambda _query: self.site.event_types,
            "activity/patrols": lambda query: self._list(path, query, self._patrols(query)),
            "activity/events": lambda query: self._list(path, query, self._events(query)),
        }
        answer = known.get(path.strip("/"))
        return None if answer is None else answer(query)

    def _groups(self, query: dict[str, str]) -> list[Row]:
        found = []
        for group in self.site.groups:
            if not group["is_visible"] and not _yes(query.get("include_hidden")):
                continue
            if query.get("group_name") not in (None, group["name"]):
                continue
            members = [self.site.all_subjects[self.site.numbers[name]] for name in group["members"]]
            if not _yes(query.get("include_inactive")):
                members = [subject for subject in members if subject["is_active"]]
            plain = {key: value for key, value in group.items() if key != "members"}
            found.append({**plain, "subjects": members, "subgroups": []})
        return found

    def _subjects(self, query: dict[str, str]) -> list[Row]:
        found = self.site.all_subjects
        if "subject_group" in query:
            group = next((one for one in self.site.groups if one["id"] == query["subject_group"]), None)
            if group is None:
                raise BadRequestError("there is no such subject group")
            found = [self.site.all_subjects[self.site.numbers[name]] for name in group["members"]]
        return [one for one in found if one["is_active"] or _yes(query.get("include_inactive"))]

    def _observations(self, query: dict[str, str]) -> tuple[int, Callable[[int], Row]]:
        """How many there are, and each by its number."""
        wanted = query.get("subject_id") or query.get("subject_ids") or ""
        names = [name for name in wanted.split(",") if name] or list(self.site.numbers)
        subjects = [self.site.numbers[name] for name in names if name in self.site.numbers]
        if len(subjects) < len(names):
            raise BadRequestError("there is no such subject")
        details = _yes(query.get("include_details"))
        first = _index(query.get("since"), up=True) if "since" in query else 0
        last = _index(query.get("until"), up=False) if "until" in query else self.site.each - 1
        indexes = range(max(first, 0), min(last, self.site.each - 1) + 1)
        flags = query.get("filter", "0")
        kept: Sequence[int] = (
            indexes
            if flags == "null"
            else [at for at in indexes if at % 9 == 8]
            if flags == "1"
            else [at for at in indexes if at % 9 != 8]
        )

        def row(number: int) -> Row:
            found = self.site.observation(subjects[number // len(kept)], kept[number % len(kept)])
            return found if details else {k: v for k, v in found.items() if k != "observation_details"}

        return len(subjects) * len(kept), row

    def _patrols(self, query: dict[str, str]) -> list[Row]:
        wanted = _filter(query)
        lower, upper = _date_range(wanted)
        types = wanted.get("patrol_type") or []
        by_id = {kind["id"]: kind["value"] for kind in self.site.patrol_types}
        states = query.get("status", "").split(",") if query.get("status") else []
        found = []
        for patrol in self.site.all_patrols:
            (segment,) = patrol["patrol_segments"]
            start = datetime.fromisoformat(segment["time_range"]["start_time"])
            end = segment["time_range"]["end_time"]
            if (upper and start > upper) or (lower and end and datetime.fromisoformat(end) < lower):
                continue
            if types and segment["patrol_type"] not in [by_id.get(name) for name in types]:
                continue
            status = {"open": "active"}.get(patrol["state"], patrol["state"])
            if states and status not in states:
                continue
            found.append(patrol)
        return found

    def _events(self, query: dict[str, str]) -> list[Row]:
        wanted = _filter(query)
        lower, upper = _date_range(wanted)
        by_id = {kind["id"]: kind["value"] for kind in self.site.event_types}
        types = [by_id.get(name) for name in wanted.get("event_type") or []]
        found = []
        for event in self.site.all_events:
            at = datetime.fromisoformat(event["time"])
            if (
                (lower and at < lower)
                or (upper and at > upper)
                or (types and event["event_type"] not in types)
            ):
                continue
            details = _yes(query.get("include_details", "true"))
            found.append(event if details else {k: v for k, v in event.items() if k != "event_details"})
        return found

    def _list(self, path: str, query: dict[str, str], rows: list[Row]) -> Any:
        return self._paged(path, query, len(rows), rows.__getitem__)

    def _paged(self, path: str, query: dict[str, str], count: int, row: Callable[[int], Row]) -> Row:
        size = min(int(query.get("page_size", 25)), self.most)
        if size < 1:
            raise BadRequestError("page_size")
        if self.cursors and "page" not in query:
            return self._by_cursor(path, query, count, row, size)
        page = int(query.get("page", 1))
        start = (page - 1) * size
        if start >= max(count, 1):
            raise BadRequestError("Invalid page.")
        more = start + size < count
        return {
            "count": count + self.miscount,
            "next": self._link(path, {**query, "page": page + 1}) if more else None,
            "previous": self._link(path, {**query, "page": page - 1}) if page > 1 else None,
            "results": [row(number) for number in range(start, min(start + size, count))],
        }

    def _by_cursor(
        self, path: str, query: dict[str, str], count: int, row: Callable[[int], Row], size: int
    ) -> Row:
        start = int(base64.b64decode(query["cursor"]).decode().removeprefix("p=")) if "cursor" in query else 0
        end = start + size
        cursor = base64.b64encode(f"p={end}".encode()).decode()
        return {
            "next": self._link(path, {**query, "cursor": cursor}) if end < count else None,
            "previous": None,
            "results": [row(number) for number in range(start, min(end, count))],
        }

    def _link(self, path: str, query: dict[str, Any]) -> str:
        return f"{self.root}/api/v1.0/{path.strip('/')}/?{urlencode(query)}"


def _yes(value: str | None) -> bool:
    return (value or "").lower() in ("true", "1")


def _index(time: str | None, *, up: bool) -> int:
    steps = (datetime.fromisoformat(time or "") - START) / STEP
    return -(-steps // 1).__int__() if up else int(steps // 1)


def _filter(query: dict[str, str]) -> Row:
    try:
        found = json.loads(query.get("filter", "{}"))
    except ValueError as error:
        raise BadRequestError("filter is no JSON") from error
    return found or {}


def _date_range(wanted: Row) -> tuple[datetime | None, datetime | None]:
    found = wanted.get("date_range") or {}
    lower, upper = found.get("lower"), found.get("upper")
    return (
        datetime.fromisoformat(lower) if lower else None,
        datetime.fromisoformat(upper) if upper else None,
    )
