"""What is verified, and what one way of running it gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ecoflows.workflow.model import Workflow

RunState = Literal["completed", "failed", "unavailable"]


@dataclass(frozen=True)
class Subject:
    """A workflow to be run in several ways on the same inputs.

    Attributes:
        workflow: The workflow, its parameters open.
        bound: The same workflow with every argument bound.
        folder: Where compiled programs, cache roots and logs may be put.
    """

    workflow: Workflow
    bound: Workflow
    folder: Path

    @property
    def given(self) -> Mapping[str, Mapping[str, Any]]:
        """What the params file adds to the spec."""
        return {
            name: {
                key: value
                for key, value in node.arguments.items()
                if key not in self.workflow.nodes[name].arguments
            }
            for name, node in self.bound.nodes.items()
        }

    def cache_root(self, way: str) -> str:
        """The cache root of one way, which no other has written to.

        Args:
            way: Its name.
        """
        return str(self.folder / way / "cache")

    def place(self, way: str) -> Path:
        """The folder of one way, made if it is not there.

        Args:
            way: Its name.
        """
        folder = self.folder / way
        folder.mkdir(parents=True, exist_ok=True)
        return folder


@dataclass(frozen=True)
class Found:
    """What one way of running a workflow gave.

    Attributes:
        state: ``completed``, ``failed``, or ``unavailable`` where this machine cannot run it.
        digests: The digest of what each node gave; of what did not come about there is none.
        reason: Why it failed or is not available.
        seconds: How long it took.
    """

    state: RunState
    digests: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None
    seconds: float = 0.0
