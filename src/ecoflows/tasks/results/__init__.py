"""Results that people look at: interactive maps and map images."""

from ecoflows.tasks.results.ecomap import draw_ecomap
from ecoflows.tasks.results.map_image import save_map_image

__all__ = ["draw_ecomap", "save_map_image"]
