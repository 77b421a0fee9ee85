"""What compiled scripts and notebooks import: the steps of a workflow as calls, without Prefect.

They have the results, the cache keys and the skips of ``ecoflows run``: what one computed is a hit
for the other.
"""

from ecoflows.conditions import BUILT_IN
from ecoflows.scripting.environment import environment
from ecoflows.scripting.parameters import DEFAULT, REQUIRED, Parameters
from ecoflows.scripting.returned import Element, Returned, ReturnedElement
from ecoflows.scripting.run import Run
from ecoflows.scripting.starting import start
from ecoflows.scripting.steps import MappedStep, Step

any_dependency_skipped = BUILT_IN["any_dependency_skipped"]
any_is_empty_df = BUILT_IN["any_is_empty_df"]
never = BUILT_IN["never"]

__all__ = [
    "DEFAULT",
    "REQUIRED",
    "Element",
    "MappedStep",
    "Parameters",
    "Returned",
    "ReturnedElement",
    "Run",
    "Step",
    "any_dependency_skipped",
    "any_is_empty_df",
    "environment",
    "never",
    "start",
]
