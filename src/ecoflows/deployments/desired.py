"""What a server should have of a deployment, from its entry in a ``prefect.yaml``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal

from prefect import Flow
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule
from prefect.exceptions import MissingFlowError, ScriptError
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ecoflows.deployments.entries import parameter_problems
from ecoflows.deployments.prefect_file import Entry, PrefectFile, part
from ecoflows.deployments.schedules import CRON_HINT, cron_problem, timezone_problem
from ecoflows.deployments.secrecy import CODE, secrets_in
from ecoflows.errors import Problem, ProblemError
from ecoflows.flows.build import parameter_names
from ecoflows.flows.deployed import workflow_of
from ecoflows.source import DataPath
from ecoflows.validation import problems_of
from ecoflows.workflow.params import bind

_OF_PREFECT_ALONE = ("build", "push", "triggers", "sla", "schedule", "version_type")


class _Pool(BaseModel):
    name: Annotated[str, Field(min_length=1)]
    work_queue_name: str | None = None
    job_variables: dict[str, Any] = Field(default_factory=dict)


class _Limit(BaseModel):
    limit: Annotated[int, Field(ge=1)]
    collision_strategy: Literal["ENQUEUE", "CANCEL_NEW"] = "ENQUEUE"
    grace_period_seconds: Annotated[int, Field(ge=60)] | None = None


class _Schedule(BaseModel):
    cron: str | None = None
    interval: Annotated[float, Field(gt=0)] | None = None
    rrule: str | None = None
    timezone: str | None = None
    anchor_date: str | None = None
    active: bool = True
    parameters: dict[str, Any] = Field(default_factory=dict)
    slug: str | None = None
    replaces: str | None = None
    day_or: bool = True


class _Shape(BaseModel):
    """An entry as far as it is acted upon; its keys were checked before."""

    model_config = ConfigDict(extra="allow")

    name: str
    description: str | None = None
    version: str | None = None
    tags: list[str] = Field(default_factory=list)
    entrypoint: Annotated[str, Field(pattern=r"^\S.*:\w+$")]
    parameters: dict[str, Any] = Field(default_factory=dict)
    enforce_parameter_schema: bool = True
    concurrency_limit: Annotated[int, Field(ge=1)] | _Limit | None = None
    paused: bool | None = None
    schedules: list[_Schedule] = Field(default_factory=list)
    work_pool: _Pool
    pull: list[dict[str, Any]] | None = None


@dataclass(frozen=True)
class Desired:
    """What a server should have of a deployment.

    Attributes:
        name: Its name.
        flow: The name of its flow.
        entry: Where it stands in the file.
        fields: What is compared and told, by names that people know.
    """

    name: str
    flow: str
    entry: Entry
    fields: Mapping[str, Any]

    @property
    def pool(self) -> str:
        """The work pool."""
        return str(self.fields["work pool"])


def left_alone(file: PrefectFile, entry: Entry) -> str | None:
    """Why an entry is one for ``prefect deploy``; ``None`` where it is not.

    Args:
        file: The file.
        entry: One of its deployments.
    """
    for key in _OF_PREFECT_ALONE:
        if entry.data.get(key):
            return f"it has '{key}', which 'prefect deploy' heeds"
    if _has_template(entry.data):
        return "it has {{ }}, which 'prefect deploy' fills in"
    if entry.project is None:
        top = file.source.data or {}
        if any(top.get(key) for key in ("build", "push")):
            return "the file has steps of 'prefect deploy'"
        if not isinstance(entry.data.get("pull", file.pull), list):
            return "it has no pull steps, which 'prefect deploy' makes up"
    return None


def _has_template(data: Any) -> bool:
    if isinstance(data, dict):
        return any(map(_has_template, data.values()))
    if isinstance(data, list):
        return any(map(_has_template, data))
    return isinstance(data, str) and "{{" in data


def desired(file: PrefectFile, entry: Entry) -> Desired:
    """What a server should have of a deployment; its flow is loaded for that.

    Args:
        file: The file.
        entry: One of its deployments.

    Raises:
        ProblemError: With all that is wrong with the entry, or with the spec of its flow.
    """
    try:
        shape = _Shape.model_validate(entry.data)
    except ValidationError as error:
        raise ProblemError(problems_of(error, file.source, entry.path, code="bad-deployment")) from error
    problems = [*_schedule_problems(file, entry, shape), *_secret_problems(file, entry, shape)]
    flow: Flow[..., Any] | None = None
    try:
        flow = _flow(file, entry, shape.entrypoint)
        _check_parameters(file, entry, shape, flow)
    except ProblemError as error:
        problems += error.problems
    if problems or flow is None:
        raise ProblemError(problems)
    form = json.loads(json.dumps(parameter_schema(flow).model_dump(exclude_unset=True), default=str))
    limit = shape.concurrency_limit
    fields: dict[str, Any] = {
        "version": shape.version or flow.version,
        "description": shape.description or flow.description,
        "entrypoint": shape.entrypoint,
        "tags": sorted(set(shape.tags)),
        "parameters": shape.parameters,
        "form": form,
        "checks parameters": shape.enforce_parameter_schema,
        "concurrency limit": limit.limit if isinstance(limit, _Limit) else limit,
        "at the limit": _options(limit),
        "schedules": [_schedule(one) for one in shape.schedules],
        "work pool": shape.work_pool.name,
        "job variables": shape.work_pool.job_variables,
        "pull steps": shape.pull if shape.pull is not None else file.pull,
    }
    if shape.work_pool.work_queue_name is not None:
        fields["work queue"] = shape.work_pool.work_queue_name
    if shape.paused is not None:
        fields["paused"] = shape.paused
    return Desired(entry.name, flow.name, entry, fields)


def _options(limit: Any) -> dict[str, Any] | None:
    if not isinstance(limit, _Limit):
        return None
    return limit.model_dump(include={"collision_strategy", "grace_period_seconds"}, exclude_none=True)


def _flow(file: PrefectFile, entry: Entry, entrypoint: str) -> Flow[..., Any]:
    at = (*entry.path, "entrypoint")
    hint = "paths are relative to the current folder; 'ecoflows deployment build' writes the modules"
    try:
        return load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False)
    except ScriptError as error:
        cause = error.user_exc
        if isinstance(cause, ProblemError):
            raise ProblemError(cause.problems) from error
        gone = isinstance(cause, FileNotFoundError)
        text = "there is no such file" if gone else f"{type(cause).__name__}: {cause}"
        message = f"the flow of '{entry.name}' cannot be loaded: {text}"
        raise ProblemError(
            [file.source.problem(at, "no-flow", message, hint=hint if gone else None)]
        ) from error
    except (MissingFlowError, FileNotFoundError, ModuleNotFoundError) as error:
        message = f"the flow of '{entry.name}' cannot be loaded: {error}"
        raise ProblemError([file.source.problem(at, "no-flow", message, hint=hint)]) from error


def _check_parameters(file: PrefectFile, entry: Entry, shape: _Shape, flow: Flow[..., Any]) -> None:
    """Check the parameters in the spec's own words, where the flow is of a spec."""
    workflow = workflow_of(flow)
    if workflow is None:
        return
    ids = {name: key for key, name in parameter_names(workflow).items()}
    at = (*entry.path, "parameters")
    given = part(file.source, at, ids) if shape.parameters else None
    problems = list(parameter_problems(workflow, given)) if given is not None else []
    try:
        bind(workflow, given, complete=any(one.active for one in shape.schedules))
    except ProblemError as error:
        problems += error.problems
    if problems:
        raise ProblemError(problems)


def _secret_problems(file: PrefectFile, entry: Entry, shape: _Shape) -> Iterator[Problem]:
    hint = "name a Kubernetes secret under 'secrets:' of the profile, or set it where the worker runs"
    at: DataPath = (*entry.path, "work_pool", "job_variables")
    variables = dict(shape.work_pool.job_variables)
    environment = variables.pop("env", None)
    for start, data, named in ((at, variables, False), ((*at, "env"), environment, True)):
        for path, why in secrets_in(data, variables=named):
            yield file.source.problem((*start, *path), CODE, why, hint=hint, side="key")


def _schedule_problems(file: PrefectFile, entry: Entry, shape: _Shape) -> Iterator[Problem]:
    for index, one in enumerate(shape.schedules):
        at = (*entry.path, "schedules", index)
        given = [name for name in ("cron", "interval", "rrule") if getattr(one, name) is not None]
        if len(given) != 1:
            message = "a schedule has one of 'cron', 'interval' and 'rrule'"
            yield file.source.problem(at, "bad-schedule", message)
        if one.cron is not None and (why := cron_problem(one.cron)):
            yield file.source.problem((*at, "cron"), "bad-cron", why, hint=CRON_HINT)
        if one.timezone is not None and (found := timezone_problem(one.timezone)):
            yield file.source.problem((*at, "timezone"), "bad-timezone", found[0], hint=found[1])
        if one.rrule is not None:
            try:
                RRuleSchedule(rrule=one.rrule)
            except ValidationError:
                message = f"'{one.rrule}' is no recurrence rule"
                yield file.source.problem((*at, "rrule"), "bad-schedule", message)


def _schedule(one: _Schedule) -> dict[str, Any]:
    """A schedule as it is compared, and as the server takes it."""
    when: CronSchedule | IntervalSchedule | RRuleSchedule
    if one.cron is not None:
        when = CronSchedule(cron=one.cron, timezone=one.timezone, day_or=one.day_or)
    elif one.interval is not None:
        when = IntervalSchedule.model_validate(
            {
                "interval": timedelta(seconds=one.interval),
                "timezone": one.timezone,
                **({"anchor_date": one.anchor_date} if one.anchor_date else {}),
            }
        )
    else:
        when = RRuleSchedule(rrule=one.rrule or "", timezone=one.timezone or "UTC")
    # Without one of its own an interval counts from the moment at which Prefect is asked.
    unsaid = set() if one.anchor_date else {"anchor_date"}
    found = {
        "schedule": when.model_dump(mode="json", exclude=unsaid),
        "active": one.active,
        "parameters": one.parameters,
        "slug": one.slug,
    }
    return {**found, "replaces": one.replaces} if one.replaces else found
