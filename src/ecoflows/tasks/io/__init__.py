"""Reading what others recorded."""

from ecoflows.tasks.io.databases import read_postgis, read_sql
from ecoflows.tasks.io.earthranger import (
    get_event_types,
    get_events,
    get_patrol_events,
    get_patrol_observations,
    get_subjectgroup_observations,
)
from ecoflows.tasks.io.observations import load_observations
from ecoflows.tasks.io.tables import load_dataframe, load_geodataframe

__all__ = [
    "get_event_types",
    "get_events",
    "get_patrol_events",
    "get_patrol_observations",
    "get_subjectgroup_observations",
    "load_dataframe",
    "load_geodataframe",
    "load_observations",
    "read_postgis",
    "read_sql",
]
