"""YAML files as plain data that remembers where everything stands."""

from ecoflows.source.dialect import flow_text
from ecoflows.source.model import DataPath, Mark, Side, Source
from ecoflows.source.reading import load, loads

__all__ = ["DataPath", "Mark", "Side", "Source", "flow_text", "load", "loads"]
