"""YAML files as plain data that remembers where everything stands."""

from ecoflows.source.dialect import flow_text
from ecoflows.source.model import DataPath, Mark, Origin, Side, Source
from ecoflows.source.reading import load, loads

__all__ = ["DataPath", "Mark", "Origin", "Side", "Source", "flow_text", "load", "loads"]
