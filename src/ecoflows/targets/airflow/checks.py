"""What Airflow or Kubernetes would refuse, told when compiling, each at its place in the spec."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecoflows.errors import Problem, SerializationError
from ecoflows.resources import check_image_name
from ecoflows.source import DataPath, Side
from ecoflows.spec.expressions import has_expression
from ecoflows.targets.airflow.calls import MAX_LENGTH, call_template
from ecoflows.targets.airflow.grammar import (
    DNS_LABEL,
    DNS_NAME,
    label_key_problem,
    label_value_problem,
)
from ecoflows.targets.airflow.names import as_identifier
from ecoflows.targets.airflow.steps import Plan, Step
from ecoflows.workflow.model import Node

_KEY = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_MAX_DAG_ID = 250
_MAX_TASK_ID = 200
_MAX_TAG = 100


def problems_of(plan: Plan) -> list[Problem]:
    """Everything that speaks against a DAG.

    Args:
        plan: The DAG.
    """
    check = _Check(plan)
    return [*check.dag(), *check.block(), *check.ids(), *check.steps()]


def warnings_of(plan: Plan) -> list[Problem]:
    """What its user should know of a DAG that can be made.

    Args:
        plan: The DAG.
    """
    return [*_of_the_image(plan), *_of_the_cache_root(plan)] if plan.operator == "kubernetes" else []


def _of_the_image(plan: Plan) -> list[Problem]:
    if plan.compilation.options.get("image") or plan.airflow.image:
        return []
    own = [step.node.id for step in plan.steps.values() if step.node.image is None]
    if not own:
        return []
    count = f"{len(own)} task instance{'s' if len(own) > 1 else ''}"
    message = f"no image is named for {count}, which run in '{plan.image}'"
    hint = "name one that the cluster can pull: --image IMAGE, or image: in the airflow block"
    source = plan.compilation.workflow.source
    return [source.problem(("name",), "no-image", message, hint=hint, severity="warning")]


def _of_the_cache_root(plan: Plan) -> list[Problem]:
    root = plan.compilation.cache_root
    scheme, has_scheme, _ = root.partition("://")
    is_local = not has_scheme or scheme.rpartition("::")[2] in ("file", "local", "memory")
    is_local = is_local and not has_expression(scheme)
    if not is_local:
        return []
    source = plan.compilation.workflow.source
    message = f"the pods of a DAG do not share the folder '{root}'"
    hint = "name one that all of them reach: --cache-root s3://bucket/prefix"
    if root != plan.compilation.workflow.cache_root:
        return [Problem("local-cache-root", message, severity="warning", hint=hint)]
    return [source.problem(("cache_root",), "local-cache-root", message, hint=hint, severity="warning")]


class _Check:
    """Checks one DAG."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.workflow = plan.compilation.workflow
        self.source = self.workflow.source

    def dag(self) -> Iterator[Problem]:
        """What is wrong with the DAG's own id."""
        name = self.workflow.name
        path: DataPath = ("name",) if ("name",) in self.source.values else ("id",)
        if not _KEY.fullmatch(name):
            message = f"a DAG cannot be called '{name}': Airflow takes letters, digits, '-', '_' and '.'"
            yield self._problem(path, "bad-dag-id", message, f"write for example '{as_identifier(name)}'")
        elif len(name) > _MAX_DAG_ID:
            message = f"this name has {len(name)} characters, and Airflow takes {_MAX_DAG_ID} for a DAG"
            yield self._problem(path, "bad-dag-id", message, "give the spec a shorter name")

    def block(self) -> Iterator[Problem]:
        """What is wrong with what the spec says of its DAG."""
        block = self.plan.airflow
        for index, tag in enumerate(block.tags):
            if len(tag) > _MAX_TAG:
                message = f"this tag has {len(tag)} characters, and Airflow takes {_MAX_TAG}"
                yield self._problem(("airflow", "tags", index), "bad-tag", message, "shorten it")
        for index, secret in enumerate(block.secrets):
            if not DNS_NAME.fullmatch(secret):
                message = f"'{secret}' is no name of a Kubernetes secret"
                hint = "its name has lower-case letters, digits, '-' and '.'; its values stay in the cluster"
                yield self._problem(("airflow", "secrets", index), "bad-secret", message, hint)
        if block.namespace is not None and not DNS_LABEL.fullmatch(block.namespace):
            message = f"'{block.namespace}' is no name of a Kubernetes namespace"
            hint = "it has lower-case letters, digits and '-', and at most 63 of them"
            yield self._problem(("airflow", "namespace"), "bad-namespace", message, hint)
        for key, value in block.labels.items():
            path = ("airflow", "labels", key)
            if wrong := label_key_problem(key):
                yield self._problem(
                    path, "bad-label", f"'{key}' is no key of a label: {wrong[0]}", wrong[1], "key"
                )
            if wrong := label_value_problem(value):
                yield self._problem(
                    path, "bad-label", f"'{value}' is no value of a label: {wrong[0]}", wrong[1]
                )
        yield from self._images()

    def _images(self) -> Iterator[Problem]:
        option = self.plan.compilation.options.get("image")
        if option is not None and (wrong := check_image_name(option)):
            yield Problem("bad-image", wrong, f"--image {option}")
        block = self.plan.airflow.image
        if block is not None and (wrong := check_image_name(block)):
            yield self._problem(("airflow", "image"), "bad-image", wrong, None)
        for step in self.plan.steps.values():
            node = step.node
            if node.image is None or not (wrong := check_image_name(node.image)):
                continue
            if node.options.image is not None:
                yield self._problem(self._option(node, "image"), "bad-image", wrong, None)
            else:
                hint = f"mend it in @distributed(image=...) at {node.task.location}"
                yield self._at(node, "bad-image", f"the task '{node.task.name}': {wrong}", hint)

    def ids(self) -> Iterator[Problem]:
        """What is wrong with the ids of tasks."""
        owners: dict[str, Step] = {}
        for step in self.plan.steps.values():
            name = step.node.id
            if not _KEY.fullmatch(name):
                message = (
                    f"a task of Airflow cannot be called '{name}': it takes letters, digits, '-', '_' and '.'"
                )
                yield self._at(
                    step.node, "bad-task-id", message, f"write for example '{as_identifier(name)}'"
                )
                continue
            longest = max(step.task_ids, key=len)
            if len(longest) > _MAX_TASK_ID:
                message = (
                    f"the id '{longest[:40]}...' has {len(longest)} characters; {_MAX_TASK_ID} are allowed"
                )
                yield self._at(step.node, "bad-task-id", message, "give it a shorter id")
            for task_id in step.task_ids:
                other = owners.setdefault(task_id, step)
                if other is not step:
                    mapped, clash = (step, other) if task_id != step.node.id else (other, step)
                    message = (
                        f"the map '{mapped.node.id}' has a task '{task_id}' of its own in Airflow, "
                        "and this instance has the same id"
                    )
                    yield self._at(clash.node, "bad-task-id", message, "give one of them another id")

    def steps(self) -> Iterator[Problem]:
        """What is wrong with single task instances."""
        for step in self.plan.steps.values():
            yield from self._retries(step.node)
            yield from self._required(step.node)
            try:
                length = sum(map(len, call_template(step, self.plan)))
            except SerializationError as error:
                yield self._at(step.node, "bad-value", f"what '{step.node.id}' is given: {error}", None)
                continue
            if length > MAX_LENGTH:
                message = (
                    f"what '{step.node.id}' is given takes {length:,} characters, and one variable of the "
                    f"environment carries {MAX_LENGTH:,}"
                )
                hint = "let a task read it from a file, and connect what that returns"
                yield self._at(step.node, "too-large", message, hint)

    def _retries(self, node: Node) -> Iterator[Problem]:
        delays = node.options.retry_delay_seconds
        if isinstance(delays, tuple) and len(set(delays[: node.options.retries])) > 1:
            message = "Airflow waits equally long before each retry, and these pauses differ"
            hint = f"write one pause, such as {delays[0]:g}"
            yield self._problem(self._option(node, "retry_delay_seconds"), "retry-delays", message, hint)
        if node.options.retries and node.options.memory_escalation is not None:
            message = "Airflow asks for the same memory in each attempt"
            hint = "raise container_resources instead"
            yield self._problem(self._option(node, "memory_escalation"), "memory-escalation", message, hint)

    def _required(self, node: Node) -> Iterator[Problem]:
        if self.plan.airflow.schedule is None:
            return
        for argument, found in self.plan.parameters.by_node.get(node.id, {}).items():
            if found.required:
                message = f"the parameter '{argument}' of '{node.id}' has no value, and a schedule gives none"
                hint = "give it in a params file (--params), or take 'schedule' out"
                yield self._at(node, "missing-parameter", message, hint)

    def _option(self, node: Node, name: str) -> DataPath:
        """Where an option of an instance is written."""
        own = (*node.path, name)
        return own if own in self.source.values else ("task-instance-defaults", name)

    def _at(self, node: Node, code: str, message: str, hint: str | None) -> Problem:
        """A problem at an instance's id."""
        if node.path[:1] == ("tasks",):
            return self._problem(node.path, code, message, hint, "key")
        return self._problem((*node.path, "id"), code, message, hint)

    def _problem(
        self, path: DataPath, code: str, message: str, hint: str | None, side: Side = "value"
    ) -> Problem:
        return self.source.problem(path, code, message, hint=hint, side=side)
