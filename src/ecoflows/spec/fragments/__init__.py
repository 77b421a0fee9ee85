"""Fragments: pieces of specs that other specs use, replaced by their instances before anything is read."""

from ecoflows.spec.fragments.expansion import expanded

__all__ = ["expanded"]
