"""Run a workflow in every way there is, and compare what came out of it, node by node."""

from ecoflows.verification.comparing import Comparison, NodeComparison, compare
from ecoflows.verification.model import Found, Subject
from ecoflows.verification.ways import WAYS

__all__ = ["WAYS", "Comparison", "Found", "NodeComparison", "Subject", "compare"]
