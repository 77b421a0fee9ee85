"""Where task instances run, of all that says something of it, and what their Jobs are called."""

from __future__ import annotations

import json
import re

import pod_tasks
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecoflows.errors import EcoflowsError
from ecoflows.flows.execution.placement import (
    WORKERS,
    Placement,
    placement,
    refuse_unknown_instances,
    worker_count,
)
from ecoflows.flows.execution.pods.names import job_name, label_value
from ecoflows.flows.execution.settings import VARIABLE, ExecutionSettings
from ecoflows.resources import ContainerResources
from ecoflows.workflow.model import Workflow
from support import registry_of, workflow_of

SPEC = """
name: places
task-instance-defaults: {memory_escalation: 2}
workflow:
  - {id: plain, task: number, partial: {value: 1}}
  - id: own
    task: number
    partial: {value: 1}
    execution: process
    image: registry.example.org:5000/park/tasks@sha256:0123456789abcdef0123456789abcdef
    container_resources: {requests: {cpu: 2}}
    memory_escalation: 1.5
  - {id: none, task: exclaim}
"""


@pytest.fixture(scope="module")
def workflow() -> Workflow:
    import flow_tasks

    return workflow_of(SPEC, registry_of(pod_tasks, flow_tasks))


def test_the_spec_wins_over_the_task_and_the_deployment_over_both(workflow: Workflow) -> None:
    settings = ExecutionSettings.model_validate(
        {
            "mode": "pod",
            "image": "usual:1",
            "resources": {"limit_memory": "3Gi"},
            "instances": {"none": {"execution": "inline", "image": "special:1"}},
        }
    )
    plain, own, none = (placement(workflow.nodes[name], settings) for name in ("plain", "own", "none"))
    assert (plain.mode, plain.image, plain.escalation) == ("pod", "tasks:1", 2)
    assert plain.resources.limits.memory == "1Gi"
    assert (own.mode, own.escalation) == ("process", 1.5)
    assert own.image is not None
    assert own.image.startswith("registry.example.org:5000/park/tasks@")
    assert own.resources.as_kubernetes() == {"requests": {"cpu": "2"}}
    assert (none.mode, none.image) == ("inline", "special:1")
    assert none.resources.limits.memory == "3Gi"
    overriding = settings.model_copy(update={"override": True})
    assert placement(workflow.nodes["own"], overriding).mode == "pod"


def test_no_setting_changes_a_cache_key(workflow: Workflow) -> None:
    plain, own = (workflow.nodes[name].call({}) for name in ("plain", "own"))
    assert plain.key == own.key


def test_workers(workflow: Workflow) -> None:
    nodes = list(workflow.nodes.values())
    assert worker_count(nodes, ExecutionSettings()) == WORKERS
    assert worker_count(nodes, ExecutionSettings(mode="pod")) == max(WORKERS, 32)
    assert worker_count(nodes, ExecutionSettings(mode="pod", workers=3)) == 3


def test_memory_escalates_up_to_the_cap() -> None:
    resources = ContainerResources.model_validate({"request_memory": "100M", "limit_memory": "1Gi"})
    place = Placement("pod", None, resources, 2.0, "3Gi")
    assert place.resources_after(0) == resources
    assert place.resources_after(1).as_kubernetes() == {
        "requests": {"memory": "191Mi"},
        "limits": {"memory": "2048Mi"},
    }
    assert place.resources_after(2).limits.memory == "3072Mi"
    assert Placement("pod", None, resources, 2.0, "512Mi").resources_after(1).limits.memory == "1Gi"
    assert Placement("pod", None, resources).resources_after(3) == resources


def test_settings_travel_as_an_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = ExecutionSettings(mode="pod", image="park/tasks:1", memory_cap="8Gi", secrets=("er",))
    (text,) = settings.as_environment().values()
    assert json.loads(text) == {
        "mode": "pod",
        "image": "park/tasks:1",
        "memory_cap": "8Gi",
        "secrets": ["er"],
    }
    monkeypatch.setenv(VARIABLE, text)
    assert ExecutionSettings.from_environment() == settings
    monkeypatch.delenv(VARIABLE)
    assert ExecutionSettings.from_environment() == ExecutionSettings()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"mode": "pods"}', "mode: Input should be 'inline', 'process' or 'pod'"),
        ('{"image": "Park/Tasks"}', "an image's path is in lower case"),
        ('{"memory_cap": "lots"}', "'lots' is not a Kubernetes quantity"),
        ('{"pull_second": 3}', "pull_second: Extra inputs are not permitted"),
    ],
)
def test_settings_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, text: str, expected: str) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(EcoflowsError, match=f"{VARIABLE} is no execution settings: .*{re.escape(expected)}"):
        ExecutionSettings.from_environment()


def test_settings_of_an_instance_that_there_is_not(workflow: Workflow) -> None:
    settings = ExecutionSettings.model_validate({"instances": {"plane": {"execution": "pod"}}})
    with pytest.raises(EcoflowsError, match="no task instance 'plane'; did you mean 'plain'"):
        refuse_unknown_instances(workflow.nodes, settings)


@given(st.text(min_size=1))
def test_labels_are_valid_and_distinct(text: str) -> None:
    value = label_value(text)
    assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", value, re.ASCII)
    assert (value == text) or label_value(f"{text}.") != value


@given(st.text(), st.lists(st.text()))
def test_job_names_are_valid_and_stay(label: str, parts: list[str]) -> None:
    name = job_name(label, *parts)
    # A pod is called by its Job and five letters more.
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,55}[a-z0-9])?", name)
    assert name == job_name(label, *parts)
    assert name != job_name(label, *parts, "more")
