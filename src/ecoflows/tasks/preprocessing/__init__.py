"""From raw fixes to clean relocations to trajectories."""

from ecoflows.tasks.preprocessing.relocations import Coordinate, process_relocations
from ecoflows.tasks.preprocessing.trajectory import relocations_to_trajectory

__all__ = ["Coordinate", "process_relocations", "relocations_to_trajectory"]
