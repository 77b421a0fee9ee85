"""Whether what one task promises is what another needs: proved, refuted or unknown."""

from ecoflows.workflow.typecheck.edges import EdgeVerdict, check_edges, refutations, require_no_refuted
from ecoflows.workflow.typecheck.frames import compare_frames
from ecoflows.workflow.typecheck.verdict import Finding, Verdict, overall

__all__ = [
    "EdgeVerdict",
    "Finding",
    "Verdict",
    "check_edges",
    "compare_frames",
    "overall",
    "refutations",
    "require_no_refuted",
]
