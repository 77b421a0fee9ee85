"""``ecoflows deployment run``: start a run of a deployment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.exceptions import MissingFlowError, ScriptError
from prefect.flows import load_flow_from_entrypoint

from ecoflows.deployments.deployed import Deployed
from ecoflows.deployments.entries import parameter_problems, version
from ecoflows.deployments.refusals import told
from ecoflows.deployments.secrecy import unseen
from ecoflows.errors import Problem, ProblemError, did_you_mean, in_order
from ecoflows.flows.build import parameter_names
from ecoflows.flows.deployed import workflow_of
from ecoflows.source import Source, loads
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.params import bind


@dataclass(frozen=True)
class Started:
    """A flow run that was started.

    Attributes:
        id: Its id.
        name: Its name.
        note: How its parameters were checked, where not by the spec.
    """

    id: UUID
    name: str
    note: str | None = None


def start(deployed: Deployed, params: Source | None, overrides: Sequence[str]) -> Started:
    """Start a run of a deployment.

    Args:
        deployed: The deployment.
        params: The params file, if there is one.
        overrides: ``ID.arg=VALUE`` texts that win over it.

    Returns:
        The flow run.

    Raises:
        ProblemError: If the parameters do not fit the spec, where that is at hand.
        RefusedError: If the server refuses them.
    """
    own = deployed.data.parameters
    workflow, note = _workflow(deployed)
    given: Mapping[str, Any] = (
        _unchecked(deployed, params, overrides)
        if workflow is None
        else _checked(workflow, own, params, overrides)
    )
    # The server puts a run's sections in the place of the deployment's: what is not given must stay.
    parameters = {
        name: {**_mapping(own.get(name)), **value} if isinstance(value, Mapping) else value
        for name, value in given.items()
    }
    with told(f"'{deployed.name}' cannot be run"):
        found = deployed.client.create_flow_run_from_deployment(deployed.id, parameters=parameters)
    return Started(found.id, found.name, note)


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _workflow(deployed: Deployed) -> tuple[Workflow | None, str | None]:
    """The workflow of a deployment where its spec is at hand, as it was when it was deployed."""
    try:
        flow: Flow[..., Any] = load_flow_from_entrypoint(
            deployed.data.entrypoint or "", use_placeholder_flow=False
        )
    except (ScriptError, MissingFlowError, OSError, ImportError, ValueError):
        return None, "its spec is not at hand: the server alone checks the parameters"
    workflow = workflow_of(flow)
    if workflow is None or flow.name != deployed.flow:
        return None, None
    if version(workflow) != deployed.data.version:
        note = (
            f"the spec here is another version ({version(workflow)}) than the one deployed "
            f"({deployed.data.version}): the server alone checks the parameters"
        )
        return None, note
    return workflow, None


def _checked(
    workflow: Workflow, own: Mapping[str, Any], params: Source | None, overrides: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """What is given, checked together with what the deployment has."""
    problems = list(parameter_problems(workflow, params)) if params is not None else []
    names = parameter_names(workflow)
    try:
        bound = bind(workflow, params, overrides, complete=False)
    except ProblemError as error:
        raise ProblemError(unseen(in_order([*problems, *error.problems]))) from error
    given = {
        names[key]: {
            name: value for name, value in node.arguments.items() if name not in workflow.nodes[key].arguments
        }
        for key, node in bound.nodes.items()
        if key in names
    }
    ids = {name: key for key, name in names.items()}
    whole = {
        ids.get(name, name): {**_mapping(own.get(name)), **given.get(name, {})}
        for name in dict.fromkeys([*own, *given])
    }
    try:
        bind(workflow, Source("the run's parameters", data=whole))
    except ProblemError as error:
        problems += error.problems
    if problems:
        raise ProblemError(unseen(in_order(problems)))
    return {name: section for name, section in given.items() if section}


def _unchecked(deployed: Deployed, params: Source | None, overrides: Sequence[str]) -> dict[str, Any]:
    """What is given where no spec is at hand: only the names are looked at, the server checks the rest."""
    form = deployed.data.parameter_openapi_schema or {}
    known = form.get("properties") or {}
    source = params if params is not None else Source("params", data={})
    data = source.data if source.data is not None else {}
    if not isinstance(data, dict):
        raise ProblemError([source.problem((), "not-a-mapping", "a params file is a mapping")])
    problems: list[Problem] = []
    found: dict[str, Any] = {}

    def known_name(key: str, place: Problem) -> str:
        name = key if key in known else _flow_name(key)
        if name not in known:
            hint = did_you_mean(name, known, what="its parameters")
            problems.append(replace(place, message=f"the deployment has no parameter '{key}'", hint=hint))
        return name

    for key, value in data.items():
        found[known_name(str(key), source.problem((key,), "unknown-parameter", "", side="key"))] = value
    for text in overrides:
        place = Problem("unknown-parameter", "", f"--set {text}")
        target, equals, value = text.partition("=")
        instance, dot, argument = target.strip().rpartition(".")
        if not (equals and argument):
            hint = "write for example --set load_observations.path=fixes.csv"
            message = "this is not of the form ID.argument=VALUE"
            problems.append(replace(place, code="bad-override", message=message, hint=hint))
            continue
        read = loads(value, f"--set {text}").data
        name = known_name(instance if dot else argument, place)
        found[name] = {**_mapping(found.get(name)), argument: read} if dot else read
    if problems:
        raise ProblemError(in_order(problems))
    return found


def _flow_name(instance: str) -> str:
    """What a flow calls the section of a task instance, in all but rare cases."""
    return "".join(char if char.isalnum() or char == "_" else "_" for char in instance)
