"""Targets: a workflow as the text of a program that runs it elsewhere.

A package adds one by the entry-point group ``ecoflows.targets``, whose value is a ``Target``.
"""

from ecoflows.targets.base import Compilation, Target
from ecoflows.targets.provenance import provenance

__all__ = ["Compilation", "Target", "provenance"]
