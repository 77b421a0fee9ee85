"""Stored values and results under a cache root: files that other tools read, never pickles."""

from ecoflows.store.model import Artifact, Result
from ecoflows.store.store import Store

__all__ = ["Artifact", "Result", "Store"]
