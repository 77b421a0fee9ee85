"""The shape of a spec: both spellings load to one model, and strings stop here.

Nothing in this package knows which tasks exist; meaning comes with ``workflow.resolve``.
"""

from ecoflows.spec.airflow import Airflow
from ecoflows.spec.expressions import EnvironmentText, Reference, Word, references
from ecoflows.spec.model import Instance, MapOver, Spec
from ecoflows.spec.options import CacheTtl, Options, parse_duration
from ecoflows.spec.reading import from_source, load

__all__ = [
    "Airflow",
    "CacheTtl",
    "EnvironmentText",
    "Instance",
    "MapOver",
    "Options",
    "Reference",
    "Spec",
    "Word",
    "from_source",
    "load",
    "parse_duration",
    "references",
]
