"""What every engine shares: which nodes run, what became of each, the report of a run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ecoflows.errors import StoreError, UsageError, did_you_mean
from ecoflows.fingerprint import code_digest
from ecoflows.runtime import Call, Freshness, Reuse, find_result
from ecoflows.store import Artifact, Result, Store
from ecoflows.workflow.model import Node, Workflow

_log = logging.getLogger("ecoflows")


class State(StrEnum):
    """What became of a task instance in a run."""

    COMPLETED = "completed"
    CACHED = "cached"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT_RUN = "not_run"


@dataclass(frozen=True)
class Outcome:
    """What became of one task instance.

    Attributes:
        id: The instance.
        state: Its state.
        result: What it gave, new or reused.
        seconds: How long it took in this run.
        error: Why it failed or did not run.
        exception: The error itself, where it failed.
    """

    id: str
    state: State
    result: Result | None = None
    seconds: float = 0.0
    error: str | None = None
    exception: BaseException | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Selection:
    """Which task instances a run is about.

    Attributes:
        chosen: The ids of those that run (or are reused).
        forced: The ids of those that run whatever is stored.
    """

    chosen: frozenset[str]
    forced: frozenset[str] = frozenset()


def select(
    workflow: Workflow,
    *,
    start: Sequence[str] = (),
    end: Sequence[str] = (),
    only: Sequence[str] = (),
    force: Sequence[str] = (),
) -> Selection:
    """Choose the part of a workflow to run.

    Args:
        workflow: The workflow.
        start: Run these and what depends on them; the rest gives its stored results.
        end: Run these and what they depend on.
        only: Run these alone.
        force: Run these even if they are cached.

    Returns:
        The selection; with nothing named, everything.

    Raises:
        UsageError: If an id does not exist, or nothing is left to run.
    """
    for option, names in (("--from", start), ("--to", end), ("--only", only), ("--force", force)):
        for name in names:
            if name not in workflow.nodes:
                hint = did_you_mean(name, workflow.nodes, what="task instances")
                raise UsageError(f"{option}: there is no task instance '{name}' in the spec; {hint}")
    chosen = set(workflow.nodes)
    if start:
        chosen &= {found for name in start for found in (name, *workflow.descendants(name))}
    if end:
        chosen &= {found for name in end for found in (name, *workflow.ancestors(name))}
    if only:
        chosen &= set(only)
    if not chosen:
        raise UsageError("nothing lies between what --from, --to and --only name")
    outside = sorted(set(force) - chosen)
    if outside:
        raise UsageError(f"--force names '{outside[0]}', which --from, --to or --only leave out")
    return Selection(frozenset(chosen), frozenset(force))


Listener = Callable[[str, Outcome | None], None]
"""Told of each task instance: its id with ``None`` when it starts, with its outcome at the end."""


def ignore(_name: str, _outcome: Outcome | None) -> None:
    """A listener that does not care."""


@dataclass(frozen=True)
class Run:
    """One run to be made by an engine.

    Attributes:
        workflow: The workflow, every argument bound.
        store: Where results live.
        selection: Which of its task instances are run.
        listener: Told of progress, from any thread.
    """

    workflow: Workflow
    store: Store
    selection: Selection
    listener: Listener = ignore

    def freshness(self, node: Node) -> Freshness:
        """How old a node's result may be in this run."""
        if node.id in self.selection.forced:
            return Freshness(reuse=False, reason=Reuse.FORCED)
        return node.freshness

    def find(self, node: Node, call: Call) -> Result | None:
        """An earlier result that may stand in for a call; a damaged one is told and passed over."""
        found = find_result(call, self.store, self.freshness(node))
        if found.why is Reuse.DAMAGED:
            _log.warning(
                "'%s' is computed again, its stored result cannot be used: %s", node.id, found.detail
            )
        if found.result is not None:
            try:
                self.store.mark_latest(self.workflow.name, node.id, found.result.key)
            except StoreError as error:  # a shared cache root may be there to read only
                _log.warning("'%s' is reused, but its use cannot be noted: %s", node.id, error)
        return found.result

    def given(self) -> dict[str, Outcome]:
        """The outcomes of the instances that the selection leaves out, known before the run.

        Raises:
            UsageError: If it needs one that has no sound stored result.
        """
        for name in self.selection.chosen:
            # Taken now, while the files are what this process has loaded: an edit during a long
            # run would else give old results the new code's keys.
            code_digest(self.workflow.nodes[name].task.function)
        stored = self._stored_inputs()
        return {
            name: Outcome(name, State.CACHED, stored[name])
            if name in stored
            else Outcome(name, State.NOT_RUN)
            for name in self.workflow.nodes
            if name not in self.selection.chosen
        }

    def blocked(self, node: Node, outcomes: Mapping[str, Outcome]) -> Outcome | None:
        """The outcome of a node whose inputs did not come about; ``None`` where all did."""
        missing = [name for name in node.upstream if name in outcomes and outcomes[name].result is None]
        if not missing:
            return None
        roots = [name for name in missing if outcomes[name].state is State.FAILED] or missing
        return Outcome(node.id, State.NOT_RUN, error=f"needs '{roots[0]}', which did not complete")

    def _stored_inputs(self) -> dict[str, Result]:
        """The results of the instances that the selection leaves out but needs."""
        needed = {name for chosen in self.selection.chosen for name in self.workflow.ancestors(chosen)}
        found: dict[str, Result] = {}
        for name, node in self.workflow.nodes.items():
            if name in self.selection.chosen or name not in needed:
                continue
            artifacts = {key: result.artifact for key, result in found.items()}
            anew = [above for above in node.upstream if above not in artifacts]
            if anew:
                raise UsageError(
                    f"'{name}' lies between task instances that are to run, and '{anew[0]}' may give it "
                    "something new; name it with --only too"
                )
            stored = find_result(node.call(artifacts, self.workflow.name), self.store)
            if stored.result is None:
                raise UsageError(
                    f"'{name}' is needed, but has no stored result for its present code, arguments and "
                    f"inputs ({stored.why}); run it too: leave out --from and --only"
                )
            found[name] = stored.result
        return found


@dataclass(frozen=True)
class Report:
    """What became of a run.

    Attributes:
        outcomes: One per task instance, in the workflow's order.
        seconds: How long the run took.
        engine: Which engine made it.
        id: The engine's own id of the run, if any.
        name: The engine's own name of the run, if any.
        url: Where the run can be watched, if anywhere.
    """

    outcomes: Mapping[str, Outcome]
    seconds: float
    engine: str
    id: str | None = None
    name: str | None = None
    url: str | None = None

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The instances that failed."""
        return tuple(outcome for outcome in self.outcomes.values() if outcome.state is State.FAILED)

    def as_json(self, run: Run) -> dict[str, Any]:
        """The report as the command line's JSON shows it."""
        return {
            "run": {
                "id": self.id,
                "name": self.name,
                "workflow": run.workflow.name,
                "engine": self.engine,
                "cache_root": run.store.root,
                "url": self.url,
                "seconds": round(self.seconds, 3),
            },
            "state": "failed" if self.failed else "completed",
            "nodes": [_node_json(run, outcome) for outcome in self.outcomes.values()],
        }


def _node_json(run: Run, outcome: Outcome) -> dict[str, Any]:
    result = outcome.result
    return {
        "id": outcome.id,
        "task": run.workflow.nodes[outcome.id].task.name,
        "state": outcome.state.value,
        "key": result.key if result else None,
        "artifact": artifact_json(run.store, result.artifact) if result else None,
        "seconds": round(outcome.seconds, 3),
        "error": outcome.error,
    }


def artifact_json(store: Store, artifact: Artifact) -> dict[str, Any]:
    """An artifact as the command line's JSON shows it."""
    return {
        "uri": store.uri(artifact),
        "sha256": artifact.sha256,
        "type": artifact.type,
        "rows": artifact.rows,
    }
