"""What the site holds: subjects in groups, their observations, patrols and events, all seeded.

Observations are computed from their number when they are asked for, so that a million need no memory.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

START = datetime(2024, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=15)
_SPACE = uuid.UUID("6f7ad3e4-8d5b-4a6e-9b43-0c8c70a1b6d2")

Row = dict[str, Any]


def identity(*parts: object) -> str:
    """The id of a thing, the same each time."""
    return str(uuid.uuid5(_SPACE, "/".join(map(str, parts))))


@dataclass(frozen=True)
class Site:
    """The data of a site.

    Attributes:
        subjects: How many subjects there are; each fourth is inactive, each fifth is a ranger.
        each: How many observations each has.
        patrols: How many patrols there are.
        events: How many events there are.
    """

    subjects: int = 5
    each: int = 40
    patrols: int = 6
    events: int = 30

    @cached_property
    def all_subjects(self) -> list[Row]:
        return [self._subject(number) for number in range(self.subjects)]

    def _subject(self, number: int) -> Row:
        ranger = number % 5 == 4
        return {
            "id": identity("subject", number),
            "name": f"{'Ranger' if ranger else 'Elephant'} {number}",
            "subject_type": "person" if ranger else "wildlife",
            "subject_subtype": "ranger" if ranger else "elephant",
            "common_name": None,
            "additional": {},
            "sex": ("male", "female")[number % 2] if not ranger else None,
            "is_active": number % 4 != 3,
            "hex": f"#{(number * 997) % 0xFFFFFF:06x}",
            "region": "Mara",
            "country": "Kenya",
            "created_at": "2023-06-01T09:00:00+03:00",
            "updated_at": "2024-01-01T09:00:00+03:00",
            "content_type": "observations.subject",
            "user": None,
        }

    @cached_property
    def groups(self) -> list[Row]:
        """The groups, flat: all, the elephants below it, a hidden one, an empty one."""
        everyone = [subject["id"] for subject in self.all_subjects]
        elephants = [found["id"] for found in self.all_subjects if found["subject_subtype"] == "elephant"]
        rows = [("All", everyone, True), ("Elephants", elephants, True), ("Secret", everyone[:1], False)]
        return [
            {"id": identity("group", name), "name": name, "is_visible": visible, "members": members}
            for name, members, visible in (*rows, ("Nobody", [], True))
        ]

    @cached_property
    def numbers(self) -> dict[str, int]:
        return {subject["id"]: number for number, subject in enumerate(self.all_subjects)}

    def observation(self, subject: int, index: int) -> Row:
        """One fix; each ninth is marked as wrong, times are in the zone of the park."""
        number = subject * self.each + index
        at = START + STEP * index
        return {
            "id": f"{number:08x}-0000-4000-8000-{number * 7919 % 0xFFFFFFFFFFFF:012x}",
            "location": {
                "longitude": round(35.0 + 0.2 * math.sin(number / 50.0) + subject * 0.01, 6),
                "latitude": round(-1.4 + 0.2 * math.cos(number / 70.0), 6),
            },
            "created_at": (at + timedelta(minutes=4)).isoformat(),
            "recorded_at": at.astimezone(_park()).isoformat(),
            "source": identity("source", subject),
            "exclusion_flags": 1 if index % 9 == 8 else 0,
            "observation_details": {"battery": round(3.3 + index % 7 / 10, 1)},
        }

    @cached_property
    def patrol_types(self) -> list[Row]:
        return [
            {"id": identity("patrol type", value), "value": value, "display": display, "is_active": True}
            for value, display in (("foot_patrol", "Foot Patrol"), ("vehicle_patrol", "Vehicle Patrol"))
        ]

    @cached_property
    def all_patrols(self) -> list[Row]:
        return [self._patrol(number) for number in range(self.patrols)]

    def _patrol(self, number: int) -> Row:
        rangers = [found for found in self.all_subjects if found["subject_subtype"] == "ranger"]
        leader = rangers[number % len(rangers)] if rangers and number % 5 != 3 else None
        start = START + timedelta(hours=1 + 2 * number)
        end = start + timedelta(hours=1, minutes=30)
        kind = self.patrol_types[number % 2]
        state = ("done", "done", "open", "cancelled")[number % 4]
        events = [
            self._event(1000 + number * 10 + at, start + timedelta(minutes=20 * at))
            for at in range(number % 3)
        ]
        return {
            "id": identity("patrol", number),
            "serial_number": 100 + number,
            "title": f"Patrol {number}" if number % 2 else None,
            "state": state,
            "priority": 0,
            "objective": None,
            "patrol_segments": [
                {
                    "id": identity("segment", number),
                    "patrol_type": kind["value"],
                    "leader": {**leader, "content_type": "observations.subject"} if leader else None,
                    "scheduled_start": None,
                    "time_range": {
                        "start_time": start.astimezone(_park()).isoformat(),
                        "end_time": None if state == "open" else end.astimezone(_park()).isoformat(),
                    },
                    "start_location": {"longitude": 35.1, "latitude": -1.4},
                    "end_location": None,
                    "events": events,
                }
            ],
        }

    @cached_property
    def event_types(self) -> list[Row]:
        kinds = (
            ("carcass_rep", "Carcass"),
            ("snare_rep", "Snare"),
            ("wildlife_sighting_rep", "Wildlife Sighting"),
        )
        return [
            {
                "id": identity("event type", value),
                "value": value,
                "display": display,
                "is_active": True,
                "ordernum": order,
                "default_priority": 100 * order,
                "category": {"value": "monitoring", "display": "Monitoring"},
            }
            for order, (value, display) in enumerate(kinds)
        ]

    @cached_property
    def all_events(self) -> list[Row]:
        return [self._event(number, START + timedelta(hours=number)) for number in range(self.events)]

    def _event(self, number: int, at: datetime) -> Row:
        kind = self.event_types[number % len(self.event_types)]
        nowhere = number % 10 == 9
        place = {"longitude": 35.0 + number % 17 * 0.01, "latitude": -1.5 + number % 13 * 0.01}
        return {
            "id": identity("event", number),
            "serial_number": 5000 + number,
            "time": at.astimezone(_park()).isoformat(),
            "event_type": kind["value"],
            "event_category": "monitoring",
            "priority": 100,
            "priority_label": "Green",
            "title": None,
            "state": ("new", "active", "resolved")[number % 3],
            "location": None if nowhere else place,
            "geojson": None
            if nowhere
            else {"type": "Feature", "geometry": {"type": "Point", "coordinates": list(place.values())}},
            "reported_by": None,
            "is_collection": False,
            "created_at": at.isoformat(),
            "updated_at": at.isoformat(),
            "event_details": {"species": ("elephant", "lion")[number % 2], "count": number % 4},
            "patrols": [],
            "patrol_segments": [],
        }


def _park() -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo("Africa/Nairobi")
