"""One call of a task as JSON, made where neither the spec nor an engine is: what ``run-task`` runs.

A pod, and every target that starts one process per task instance, hands over an ``Invocation``.
From it comes the same node as from the spec, so that arguments, cache keys, skips and elements of
maps are what they are everywhere else.
"""

from ecoflows.invocation.describing import (
    described_arguments,
    described_map,
    described_options,
    described_unit,
)
from ecoflows.invocation.model import Answer, Elements, Invocation, MapCall
from ecoflows.invocation.performing import is_retryable, perform

__all__ = [
    "Answer",
    "Elements",
    "Invocation",
    "MapCall",
    "described_arguments",
    "described_map",
    "described_options",
    "described_unit",
    "is_retryable",
    "perform",
]
