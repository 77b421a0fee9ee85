"""Compiled DAGs as data: read with stand-ins for Airflow's classes, and run without Airflow."""

from __future__ import annotations

import io
import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Self

from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from ruamel.yaml import YAML

import map_tasks
import sample_tasks
from ecoflows import registry, spec
from ecoflows.invocation import Answer, Elements, Invocation, perform
from ecoflows.sequential import run_sequential
from ecoflows.store import Store
from ecoflows.targets import Compilation
from ecoflows.targets.airflow import AIRFLOW
from ecoflows.workflow.execution import Run, select
from ecoflows.workflow.model import Workflow
from ecoflows.workflow.outcome import State
from ecoflows.workflow.resolve import resolve
from support import registry_of, workflow_of

TASKS = registry_of(map_tasks, sample_tasks)
Given = Mapping[str, Mapping[str, Any]]

PARK = """
name: park
cache_root: s3://park/cache
task-instance-defaults: {retry_delay_seconds: 5}
airflow:
  schedule: 30 6 * * MON-FRI
  start_date: 2024-01-31T06:00:00+03:00
  tags: [ecology, ecology, "{{ 7*7 }}"]
  secrets: [earthranger, er.backup]
  image: our-park/tasks:1.0
  namespace: park
  labels: {team: rangers, example.org/cost: ""}
workflow:
  - {id: table, task: table, partial: {rows: 7}, retries: 2}
  - type: task-group
    title: Groups of rows
    tasks:
      - {id: split, task: split, partial: {df: "${{ workflow.table.return }}"}}
      - type: task-group
        title: table
        tasks:
          - id: totals
            name: The sum of each
            task: total
            timeout_seconds: 30
            mapvalues: {argnames: df, argvalues: "${{ workflow.split.return }}", concurrency: 2, batch: 2}
  - {id: labels, task: label, map: {argnames: [view, data], argvalues: "${{ workflow.totals.return }}"}}
  - id: odd-ones.out
    task: square
    map: {argnames: x, argvalues: [1, 2, 3, 4, 5], batch: 2}
    skipif: {conditions: [any_is_odd]}
    timeout_seconds: 2.5
  - {id: given, task: numbers, partial: {count: 4}}
  - id: some-fail
    task: give_up
    map: {argnames: x, argvalues: "${{ workflow.given.return }}", on_error: skip}
  - {id: sum, task: add_up, partial: {values: "${{ workflow.some-fail.return }}"}}
  - {id: few, task: keep_above, partial: {df: "${{ workflow.table.return }}", least: 100}}
  - id: lost
    task: split
    partial: {df: "${{ workflow.few.return }}"}
    skipif: {conditions: [any_is_empty_df]}
  - {id: lost-totals, task: total, mapvalues: {argnames: df, argvalues: "${{ workflow.lost.return }}"}}
  - {id: none, task: numbers, partial: {count: 0}}
  - {id: nothing, task: square, map: {argnames: x, argvalues: "${{ workflow.none.return }}"}}
  - {id: gap, task: or_zero, partial: {value: "${{ workflow.sum.return }}"}, skipif: {conditions: [never]}}
  - {id: power, task: power}
"""
"""Everything that a DAG can have: maps of all kinds, skips, groups, a block of its own."""

HOSTILE_TEXTS = [
    "{{ 7*7 }}",
    "{% raw %}{# c #}{% if x %}",
    "{{{ }}} {{{{% %}",
    "$(HOME) ${HOME} $HOME $(TOKEN) `id`",
    "'\"\\ \\n \n\t\r\u2028 </script> \U0001f418 \u202e %s %(x)s",
    "x.json",
    "x.sh",
    "\\u007b \\",
]


def hostile() -> Workflow:
    """A workflow whose texts try to become code, as constants and as titles."""
    document = {
        "name": "hostile",
        "airflow": {"tags": ["{{ 7*7 }} $(HOME)"], "secrets": ["earthranger"]},
        "workflow": [
            {
                "id": "const",
                "name": '{{ 7*7 }}\n$(HOME) """ \'',
                "task": "anything",
                "partial": {"value": HOSTILE_TEXTS},
            },
            {"id": "keys", "task": "anything", "partial": {"value": dict.fromkeys(HOSTILE_TEXTS, 1)}},
            {
                "id": "numbers",
                "task": "anything",
                "partial": {"value": [float("nan"), float("inf"), -0.0, 2**80, None, True, {"$tuple": [1]}]},
            },
            {"id": "open", "name": "open.md", "task": "anything"},
            {
                "type": "task-group",
                "title": "{% raw %} $(HOME).md",
                "tasks": [
                    {
                        "id": "mapped",
                        "task": "anything",
                        "map": {"argnames": "value", "argvalues": HOSTILE_TEXTS},
                    }
                ],
            },
        ],
    }
    text = io.StringIO()
    yaml = YAML(typ="safe")
    yaml.dump(document, text)
    return workflow_of(text.getvalue(), TASKS)


def park(namespace: str = "park") -> Workflow:
    """The workflow of ``PARK``, with its pods in a namespace."""
    return workflow_of(PARK.replace("namespace: park", f"namespace: {namespace}"), TASKS)


def specs_of_the_repository(root: Path) -> list[Path]:
    """The specs that come with it."""
    return sorted(file for file in (root / "specs").glob("*.yaml") if ".params" not in file.name)


def installed(file: Path) -> Workflow:
    """The workflow of a spec over the installed tasks."""
    return resolve(spec.load(file), registry.installed())[0]


def compiled(workflow: Workflow, given: Given | None = None, root: str = "cache", **options: str) -> str:
    """The text of a DAG."""
    return AIRFLOW.render(Compilation(workflow, given or {}, root, options))


@dataclass(eq=False)
class Made:
    """What a stand-in was called with, such as an operator."""

    kind: str
    positional: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)
    expanded: dict[str, Any] | None = None
    after: list[Made] = field(default_factory=list)
    function: Any = None

    @property
    def output(self) -> Made:
        return self

    def expand(self, **keywords: Any) -> Made:
        self.expanded = keywords
        self.after += [value for value in keywords.values() if isinstance(value, Made)]
        return self

    def __rshift__(self, other: Made) -> Made:
        other.after.append(self)
        return other

    def __rrshift__(self, others: list[Made]) -> Made:
        self.after += others
        return self

    def __getitem__(self, name: str) -> Any:
        return self.keywords[name]


@dataclass
class Program:
    """A compiled DAG.

    Attributes:
        dag: What the DAG was made with.
        tasks: Its tasks by id, in the order of the file.
        groups: Its groups by id.
        module: The names of the file.
    """

    dag: Made
    tasks: dict[str, Made]
    groups: dict[str, Made]
    module: dict[str, Any]

    @property
    def params(self) -> dict[str, Made]:
        """The parameters by name."""
        found: dict[str, Made] = self.dag["params"]
        return found

    def defaults(self) -> dict[str, Any]:
        """The values of all parameters that have one."""
        return {name: one.positional[0] for name, one in self.params.items() if one.positional}

    def call(self, task: str, params: Mapping[str, Any], run: str = "run", conf: Any = None) -> str:
        """The call of a task as Airflow renders it."""
        keywords = self.tasks[task].keywords
        text = (keywords.get("env_vars") or keywords["env"])["ECOFLOWS_CALL"]
        return rendered(text, params, run, conf)


def rendered(text: str, params: Mapping[str, Any], run: str = "run", conf: Any = None) -> str:
    """A template as Airflow renders it, whose environment is sandboxed and knows no undefined names."""
    environment = SandboxedEnvironment(undefined=StrictUndefined, cache_size=0, extensions=["jinja2.ext.do"])
    dag_run = type("DagRun", (), {"conf": conf})()
    return environment.from_string(text).render(params=params, run_id=run, dag_run=dag_run)


def read(text: str) -> Program:
    """Execute the text of a DAG with stand-ins for what it imports."""
    made: list[Made] = []

    class Operator:
        def __init_subclass__(cls) -> None:
            cls.kind = cls.__name__

        def __new__(cls, **keywords: Any) -> Any:
            made.append(Made(cls.__name__, (), keywords))
            return made[-1]

        @classmethod
        def partial(cls, **keywords: Any) -> Made:
            return cls(**keywords)

    class KubernetesPodOperator(Operator):
        pass

    class BashOperator(Operator):
        pass

    class DAG(Made):
        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    def dag(**keywords: Any) -> DAG:
        return DAG("DAG", (), keywords)

    def task(**usual: Any) -> Any:
        def decorated(function: Any) -> Any:
            def override(**keywords: Any) -> Any:
                def called(*values: Any) -> Made:
                    above = [value for value in values if isinstance(value, Made)]
                    made.append(Made("task", values, {**usual, **keywords}, None, above, function))
                    return made[-1]

                return called

            decorated.override = override
            return decorated

        return decorated

    def simply(kind: str) -> Any:
        return lambda *positional, **keywords: Made(kind, positional, keywords)

    class Models(ModuleType):
        def __getattr__(self, name: str) -> Any:
            return simply(name)

    sdk = {"DAG": dag, "Param": simply("Param"), "TaskGroup": simply("TaskGroup"), "task": task}
    modules = {
        "airflow": {},
        "airflow.sdk": sdk,
        "airflow.providers": {},
        "airflow.providers.standard": {},
        "airflow.providers.standard.operators": {},
        "airflow.providers.standard.operators.bash": {"BashOperator": BashOperator},
        "airflow.providers.cncf": {},
        "airflow.providers.cncf.kubernetes": {},
        "airflow.providers.cncf.kubernetes.operators": {},
        "airflow.providers.cncf.kubernetes.operators.pod": {"KubernetesPodOperator": KubernetesPodOperator},
        "kubernetes": {},
        "kubernetes.client": {"models": Models("models")},
    }
    found: dict[str, Any] = {}
    with _standing_in(modules):
        exec(compile(text, "dag.py", "exec"), found)
    tasks = {one.keywords["task_id"]: one for one in made}
    assert len(tasks) == len(made)
    return Program(found["dag"], tasks, found.get("groups", {}), found)


@contextmanager
def _standing_in(modules: Mapping[str, Mapping[str, Any]]) -> Iterator[None]:
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name in modules}
    for name, content in modules.items():
        sys.modules[name] = ModuleType(name)
        vars(sys.modules[name]).update(content)
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]
        sys.modules.update(kept)


def run(program: Program, root: Path, conf: Mapping[str, Any] | None = None) -> dict[str, Answer | None]:
    """Run a DAG in this process: what each task answered, as far as Airflow would have run it.

    Tasks are run in the order of the file, which has each after those that it needs.
    """
    params = {**program.defaults(), **(conf or {}), "cache_root": str(root)}
    store = Store(root)
    answers: dict[str, Answer | None] = {}
    shared: dict[Made, list[Any]] = {}
    for name, task in program.tasks.items():
        if task.kind == "task" and not task.positional:
            task.function()  # what only waits
            continue
        if task.kind == "task":
            source, batch, command = task.positional
            answer = answers[source.keywords["task_id"]]
            told = answer.as_json(store) if answer and answer.state is not State.SKIPPED else None
            text = json.dumps(told) if told and isinstance(command, str) else told
            shared[task] = task.function(text, batch, command)
            continue
        mapped = task.expanded and next(iter(task.expanded.values()))
        lines = shared[mapped] if isinstance(mapped, Made) else mapped
        if lines is None:
            lines = [task.keywords.get("arguments") or task.keywords["bash_command"]]
        call = Invocation.model_validate_json(program.call(name, params, conf=conf or {}))
        answers[name] = None
        for line in lines:
            answers[name] = _ran(line, call, store)
    return answers


def _ran(line: Any, call: Invocation, store: Store) -> Answer:
    words = line if isinstance(line, list) else shlex.split(line)[1:]
    assert words[0] == "run-task"
    elements = Elements.parse(words[words.index("--elements") + 1]) if "--elements" in words else None
    return perform(words[1], call, store, where="call", elements=elements, whole="--collect" in words)


def sequentially(workflow: Workflow, root: Path, given: Given | None = None) -> dict[str, tuple[Any, ...]]:
    """State, key and digest of each instance, as the sequential engine has them."""
    store = Store(root)
    bound = workflow.with_arguments(given or {}, {})
    report = run_sequential(Run(bound, store, select(bound)))
    return {
        name: (
            found.state,
            found.result.key if found.result else None,
            found.artifact.sha256 if found.artifact else None,
        )
        for name, found in report.outcomes.items()
    }
