"""Reading from EarthRanger."""

from ecoflows.tasks.io.earthranger.events import get_event_types as get_event_types
from ecoflows.tasks.io.earthranger.events import get_events as get_events
from ecoflows.tasks.io.earthranger.observations import (
    get_subjectgroup_observations as get_subjectgroup_observations,
)
from ecoflows.tasks.io.earthranger.patrols import get_patrol_events as get_patrol_events
from ecoflows.tasks.io.earthranger.patrols import get_patrol_observations as get_patrol_observations
