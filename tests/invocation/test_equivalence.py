"""A workflow run by invocations alone gives what an engine gives, key by key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import map_tasks
from ecoflows.invocation import Invocation, described_unit, perform
from ecoflows.sequential import run_sequential
from ecoflows.store import Store
from ecoflows.workflow.elements import Unit, prepare
from ecoflows.workflow.execution import Run, select
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.outcome import State
from equivalent_specs import SPECS
from invocation.driver import run_apart
from support import registry_of, workflow_of


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    map_tasks.reset()


def workflow(name: str) -> Workflow:
    return workflow_of(f"name: {name}\nworkflow:\n{SPECS[name]}", registry_of(map_tasks))


@pytest.mark.parametrize("share", [1, 3])
@pytest.mark.parametrize("name", SPECS)
def test_invocations_give_what_the_sequential_engine_gives(name: str, share: int) -> None:
    if name == "failing elements":
        map_tasks.FAILING.add(2)
    job = workflow(name)
    expected = run_sequential(Run(job, Store("engine"), select(job))).outcomes
    found = run_apart(job, Store("apart"), share=share)
    assert {key: one.state for key, one in found.items()} == {key: one.state for key, one in expected.items()}
    for key, outcome in expected.items():
        assert found[key].key == (outcome.result.key if outcome.result else None), key
        assert (found[key].artifact and found[key].artifact.sha256) == (
            outcome.artifact and outcome.artifact.sha256
        ), key
    elements = {result.key for result in Store("engine").results()}
    assert {result.key for result in Store("apart").results()} == elements


@pytest.mark.parametrize("name", ["map", "mapvalues"])
def test_what_an_engine_computed_is_a_hit(name: str) -> None:
    job = workflow(name)
    run_sequential(Run(job, Store("cache"), select(job)))
    map_tasks.reset()
    found = run_apart(job, Store("cache"))
    assert {one.state.value for one in found.values()} == {"cached"}
    assert not map_tasks.CALLS


def test_what_invocations_computed_is_a_hit() -> None:
    job = workflow("mapvalues")
    run_apart(job, Store("cache"), share=2)
    map_tasks.reset()
    report = run_sequential(Run(job, Store("cache"), select(job)))
    assert {one.state.value for one in report.outcomes.values()} == {"cached"}
    assert not map_tasks.CALLS


@pytest.mark.parametrize("name", ["map", "mapvalues", "hostile", "skips"])
def test_each_call_of_an_engine_can_be_made_elsewhere(name: str) -> None:
    """Units go out as JSON, one by one, to a cache root that has their inputs alone."""
    job, store = workflow(name), Store("cache")
    outcomes = run_sequential(Run(job, store, select(job))).outcomes
    artifacts = {key: one.artifact for key, one in outcomes.items() if one.artifact is not None}
    made = 0
    for node in job.nodes.values():
        work = prepare(node, artifacts, store, job.name)
        for unit in (work,) if isinstance(work, Unit) else work.units:
            if unit.skip_reason() is not None:
                continue
            before = store.find_result(unit.call.key.key)
            assert before is not None
            store.delete_result(before.key)
            text = json.dumps(described_unit(unit, store.root), allow_nan=False)
            call = Invocation.model_validate_json(text)
            answer = perform(node.task.reference, call, store, where="test")
            after = store.find_result(before.key)
            assert (answer.state, answer.key) == (State.COMPLETED, before.key)
            assert after is not None
            assert (after.artifact, after.label, after.workflow) == (before.artifact, before.label, job.name)
            made += 1
    assert made >= 1


def test_a_call_may_be_asked_for_afresh() -> None:
    job, store = workflow("plain"), Store("cache")
    run_sequential(Run(job, store, select(job)))
    unit = prepare(job.nodes["a"], {}, store, job.name)
    assert isinstance(unit, Unit)
    for fresh, state in ((False, State.CACHED), (True, State.COMPLETED)):
        call = Invocation.model_validate(described_unit(unit, store.root, fresh=fresh))
        assert perform(unit.node.task.reference, call, store, where="test").state is state
