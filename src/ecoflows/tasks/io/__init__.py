"""Reading what others recorded."""

from ecoflows.tasks.io.observations import load_observations

__all__ = ["load_observations"]
