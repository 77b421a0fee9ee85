"""From the mapping form of a spec to its instance form, comments included."""

from ecoflows.spec.conversion.converting import converted

__all__ = ["converted"]
