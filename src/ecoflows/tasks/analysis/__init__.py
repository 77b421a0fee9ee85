"""What the movement says: where animals spend their time."""

from ecoflows.tasks.analysis.time_density import calculate_time_density

__all__ = ["calculate_time_density"]
