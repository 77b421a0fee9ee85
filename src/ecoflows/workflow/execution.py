"""What every engine shares: which nodes run, and what a run may use of what is stored."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ecoflows.errors import NodeError, UsageError, did_you_mean
from ecoflows.fingerprint import code_digest
from ecoflows.runtime import Call, Freshness, Reuse, find_result
from ecoflows.store import Artifact, Result, Store
from ecoflows.workflow.collecting import collect
from ecoflows.workflow.elements import Spread, Unit, prepare
from ecoflows.workflow.lookup import Known, look_up
from ecoflows.workflow.model import Node, Workflow
from ecoflows.workflow.outcome import Outcome, Progress, State

_log = logging.getLogger("ecoflows")


@dataclass(frozen=True)
class Selection:
    """Which task instances a run is about.

    Attributes:
        chosen: The ids of those that run (or are reused).
        forced: The ids of those that run whatever is stored.
        offline: The ids of those that read from outside, and give their last result instead.
    """

    chosen: frozenset[str]
    forced: frozenset[str] = frozenset()
    offline: frozenset[str] = frozenset()


def select(
    workflow: Workflow,
    *,
    start: Sequence[str] = (),
    end: Sequence[str] = (),
    only: Sequence[str] = (),
    force: Sequence[str] = (),
    offline: bool = False,
) -> Selection:
    """Choose the part of a workflow to run.

    Args:
        workflow: The workflow.
        start: Run these and what depends on them; the rest gives its stored results.
        end: Run these and what they depend on.
        only: Run these alone.
        force: Run these even if they are cached.
        offline: Read nothing from outside: what did so before gives its last result.

    Returns:
        The selection; with nothing named, everything.

    Raises:
        UsageError: If an id does not exist, or nothing is left to run.
    """
    start, end, only, force = (
        _instances(workflow, option, names)
        for option, names in (("--from", start), ("--to", end), ("--only", only), ("--force", force))
    )
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
    outer = {name for name in chosen if offline and _reads(workflow.nodes[name])}
    both = sorted(outer.intersection(force))
    if both:
        raise UsageError(f"--force names '{both[0]}', which --offline keeps from reading")
    return Selection(frozenset(chosen), frozenset(force), frozenset(outer))


def _reads(node: Node) -> bool:
    return node.task.is_io and not node.mocked


def _instances(workflow: Workflow, option: str, names: Sequence[str]) -> list[str]:
    """The instances that an option names; the use of a fragment stands for all of its own."""
    found: list[str] = []
    for name in names:
        inside = workflow.instances_of(name)
        if not inside:
            hint = did_you_mean(name, workflow.nodes, what="task instances")
            raise UsageError(f"{option}: there is no task instance '{name}' in the spec; {hint}")
        found += inside
    return found


Listener = Callable[[str, Outcome | Progress | None], None]
"""Told of each task instance: its id with ``None`` when it starts, with its progress where it is
mapped, with its outcome at the end."""


def ignore(_name: str, _outcome: Outcome | Progress | None) -> None:
    """A listener that does not care."""


def usable(node: Node, call: Call, store: Store, freshness: Freshness) -> Result | None:
    """An earlier result that may stand in for a call; a damaged one is told and passed over.

    Args:
        node: The task instance.
        call: The call that it makes.
        store: Where results live.
        freshness: How old one may be.

    Raises:
        NodeError: If there is none, and none may be made.
    """
    found = find_result(call, store, freshness)
    if found.result is None and freshness.required:
        raise NodeError(f"'{call.label}': --offline, and no stored result is of use ({found.why.value})")
    if found.why is Reuse.DAMAGED:
        _log.warning("'%s' is computed again, its stored result cannot be used: %s", call.label, found.detail)
    if found.result is not None and call.element is None and call.workflow is not None:
        store.note_use(call.workflow, node.id, found.result)
    return found.result


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
        if node.id in self.selection.offline:
            return Freshness(required=True)
        return node.freshness

    def find(self, node: Node, call: Call) -> Result | None:
        """An earlier result that may stand in for a call; a damaged one is told and passed over."""
        return usable(node, call, self.store, self.freshness(node))

    def prepare(self, node: Node, outcomes: Mapping[str, Outcome]) -> Unit | Spread:
        """The calls that a node makes, once all that it depends on has come about.

        Raises:
            NodeError: If what it is mapped over cannot be gone over.
        """
        artifacts = {
            name: artifact for name in node.upstream if (artifact := outcomes[name].artifact) is not None
        }
        return prepare(node, artifacts, self.store, self.workflow.name)

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
            name: stored.get(name, Outcome(name, State.NOT_RUN))
            for name in self.workflow.nodes
            if name not in self.selection.chosen
        }

    def blocked(self, node: Node, outcomes: Mapping[str, Outcome]) -> Outcome | None:
        """The outcome of a node whose inputs did not come about; ``None`` where all did."""
        missing = [name for name in node.upstream if name in outcomes and outcomes[name].artifact is None]
        if not missing:
            return None
        roots = [name for name in missing if outcomes[name].state is State.FAILED] or missing
        return Outcome(node.id, State.NOT_RUN, error=f"needs '{roots[0]}', which did not complete")

    def _stored_inputs(self) -> dict[str, Outcome]:
        """The outcomes of the instances that the selection leaves out but needs."""
        needed = {name for chosen in self.selection.chosen for name in self.workflow.nodes[chosen].upstream}
        ahead = list(needed)
        while ahead:
            more = set(self.workflow.nodes[ahead.pop()].upstream) - needed
            needed |= more
            ahead += more
        found: dict[str, Artifact] = {}
        outcomes: dict[str, Outcome] = {}
        for name, node in self.workflow.nodes.items():
            if name in self.selection.chosen or name not in needed:
                continue
            anew = [above for above in node.upstream if above not in found]
            if anew:
                raise UsageError(
                    f"'{name}' lies between task instances that are to run, and '{anew[0]}' may give it "
                    "something new; name it with --only too"
                )
            known = look_up(node, found, self.store, self.workflow.name)
            gaps = node.map is not None and node.map.on_error == "skip"
            if known.artifact is None and not (gaps and len(known.missing) < len(known.found)):
                unit, why = known.missing[0]
                raise UsageError(
                    f"'{unit.label}' is needed, but has no stored result for its present code, arguments "
                    f"and inputs ({why.why}); run it too: leave out --from and --only"
                )
            outcomes[name] = self._stored(known)
            artifact = outcomes[name].artifact
            if artifact is not None:
                found[name] = artifact
        return outcomes

    def _stored(self, known: Known) -> Outcome:
        """The outcome of an instance that is not run, but gives what is stored for it.

        Elements of a map that failed before and may be left out are left out again.
        """
        name = known.work.node.id
        if known.skipped is not None:
            return Outcome(name, State.SKIPPED, error=known.skipped, skipped=known.artifact)
        if isinstance(known.work, Unit):
            return Outcome(name, State.CACHED, known.found[0][1].result)
        found = {unit.index: found.result for unit, found in known.found}
        elements = []
        for unit in known.work.units:
            result = found.get(unit.index)
            why = None if result else "skipped, or without a stored result"
            elements.append(Outcome(unit.label, State.CACHED if result else State.SKIPPED, result, error=why))
        return collect(known.work, elements, self.store, self.workflow.name)
