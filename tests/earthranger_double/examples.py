"""The packaged examples of the EarthRanger tasks: what they return from a small site."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from earthranger_double.data import START, Site
from earthranger_double.server import TOKEN, serving
from ecoflows.connections.earthranger import EarthRangerConnection
from ecoflows.tasks.io import (
    get_event_types,
    get_events,
    get_patrol_events,
    get_patrol_observations,
    get_subjectgroup_observations,
)

SITE = Site(subjects=5, each=192, patrols=12, events=40)


def examples() -> Iterator[tuple[Any, Any]]:
    """Each task with an example of what it returns."""
    ends = {"since": START, "until": START + timedelta(days=2)}
    with serving(SITE) as double, EarthRangerConnection(server=double.url, token=TOKEN).connect() as client:
        yield (
            get_subjectgroup_observations,
            get_subjectgroup_observations.function(client=client, subject_group_name="Elephants", **ends),
        )
        yield (
            get_patrol_observations,
            get_patrol_observations.function(client=client, include_patrol_details=True, **ends),
        )
        yield get_patrol_events, get_patrol_events.function(client=client, **ends)
        yield get_events, get_events.function(client=client, **ends)
        yield get_event_types, get_event_types.function(client=client)
