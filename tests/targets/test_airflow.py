"""The Airflow target: golden files, the structure of DAGs, and what Airflow or Kubernetes would refuse.

``UPDATE_EXPECTED=1 pytest tests/targets`` writes the golden files anew; read every change.
"""

from __future__ import annotations

import textwrap
import types
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import map_tasks
from airflow_programs import TASKS, compiled, hostile, installed, park, read, run, sequentially
from compiling import HOSTILE as REFUSED
from compiling import check_golden, lint
from ecoflows import spec
from ecoflows.cli.common import Exit
from ecoflows.decorators import distributed
from ecoflows.errors import Problem, ProblemError, UsageError
from ecoflows.targets import Compilation
from ecoflows.targets.airflow import AIRFLOW
from ecoflows.targets.airflow.operators import SKIPPED_EXIT
from ecoflows.targets.installed import find_target
from ecoflows.targets.provenance import is_sealed, sealed
from ecoflows.workflow.resolve import resolve
from support import ROOT, registry_of, workflow_of

GIVEN = {"power": {"x": 3}}
SPECS = {
    "time_density": lambda: installed(ROOT / "specs" / "time_density.yaml"),
    "density_by_subject": lambda: installed(ROOT / "specs" / "density_by_subject.yaml"),
    "park": park,
    "hostile": hostile,
}


def text_of(name: str, **options: str) -> str:
    workflow = SPECS[name]()
    given, image = (GIVEN, {}) if name == "park" else (None, {"image": "our/tasks:1"})
    return compiled(workflow, given, workflow.cache_root or "cache", **image, **options)


@pytest.mark.parametrize("name", SPECS)
def test_golden(name: str) -> None:
    text = text_of(name)
    check_golden(text, f"{name}.airflow.py")
    assert text_of(name) == text
    assert lint(text) == ""
    assert is_sealed(sealed(text, "x"))
    assert "ecoflows" not in {line.split()[1].partition(".")[0] for line in imports(text)}


def test_golden_with_commands() -> None:
    check_golden(text_of("park", operator="bash"), "park.bash.airflow.py")
    assert lint(text_of("density_by_subject", operator="bash")) == ""


def imports(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip().startswith(("import ", "from "))]


def test_it_is_found_by_its_names() -> None:
    assert find_target("airflow") is AIRFLOW
    assert find_target("airflow-kubernetes.jinja2") is AIRFLOW


def test_an_unknown_operator_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no operator 'bsh'; did you mean 'bash'"):
        text_of("time_density", operator="bsh")


@pytest.mark.parametrize("operator", ["kubernetes", "bash"])
@pytest.mark.parametrize(
    ("name", "given"), [("park", GIVEN), ("hostile", {"open": {"value": [1, "{{ x }}"]}})]
)
def test_run_without_airflow_it_gives_what_a_sequential_run_gives(
    name: str, given: dict[str, Any], operator: str, tmp_path: Path
) -> None:
    workflow = SPECS[name]()
    program = read(compiled(workflow, given, operator=operator))
    answers = run(program, tmp_path / "dag")
    found = {}
    for node in workflow.nodes.values():
        answer = answers[f"{node.id}.collect" if node.map else node.id]
        assert answer is not None
        found[node.id] = (answer.state, answer.key, answer.artifact.sha256 if answer.artifact else None)
    assert found == sequentially(workflow, tmp_path / "sequential", given)


def test_pods() -> None:
    program = read(text_of("park"))
    pods = [task for task in program.tasks.values() if task.kind == "KubernetesPodOperator"]
    # Without maps over what another instance returns, and one that waits for elements that may fail.
    assert len(pods) == len(program.tasks) - 6
    for task in pods:
        assert (task["cmds"], task["namespace"], task["image"]) == (
            ["ecoflows"],
            "park",
            "our-park/tasks:1.0",
        )
        assert task["skip_on_exit_code"] == SKIPPED_EXIT == Exit.SKIPPED
        assert task["on_finish_action"] == "delete_pod"
        assert task["labels"] == {
            "app.kubernetes.io/managed-by": "ecoflows",
            "app.kubernetes.io/part-of": "park",
            "team": "rangers",
            "example.org/cost": "",
        }
        assert [one["secret_ref"]["name"] for one in task["env_from"]] == ["earthranger", "er.backup"]
        pod, container = task["security_context"], task["container_security_context"]
        assert (pod["run_as_non_root"], pod["seccomp_profile"]["type"]) == (True, "RuntimeDefault")
        assert container["allow_privilege_escalation"] is False
        assert container["capabilities"]["drop"] == ["ALL"]
    assert program.tasks["odd-ones.out"]["name"] == "odd-ones-out"


def test_dag() -> None:
    dag = read(text_of("park")).dag
    zone = timezone(timedelta(hours=3))
    assert dag["dag_id"] == "park"
    assert (dag["schedule"], dag["catchup"], dag["max_active_runs"]) == ("30 6 * * MON-FRI", False, 1)
    assert (dag["start_date"], dag["start_date"].tzinfo) == (datetime(2024, 1, 31, 6, tzinfo=zone), zone)
    assert dag["tags"] == ["ecology", "{{ 7*7 }}"]
    plain = read(text_of("time_density")).dag
    assert (plain["schedule"], "tags" in plain.keywords) == (None, False)


def test_edges_and_groups() -> None:
    program = read(text_of("park"))
    above = {name: {one["task_id"] for one in task.after} for name, task in program.tasks.items()}
    assert above["split"] == {"table"}
    assert above["totals.elements"] == {"split"}
    assert above["totals"] == {"totals.elements", "split"}
    assert above["totals.collect"] == {"totals"}
    assert above["labels.elements"] == {"totals.collect"}
    assert above["sum"] == {"some-fail.collect"}
    assert above["some-fail.ended"] == {"some-fail"}
    assert above["some-fail.collect"] == {"given", "some-fail.elements", "some-fail.ended"}
    groups = program.groups
    assert {name: one["tooltip"] for name, one in groups.items()} == {
        "Groups_of_rows": "Groups of rows",
        "table_2": "table",  # a task has the name already
    }
    assert groups["table_2"]["parent_group"] is groups["Groups_of_rows"]
    assert not any(one["prefix_group_id"] for one in groups.values())
    inside = {
        name for name, task in program.tasks.items() if task.keywords.get("task_group") is groups["table_2"]
    }
    assert inside == {"totals", "totals.elements", "totals.collect"}


def test_maps() -> None:
    tasks = read(text_of("park")).tasks
    reference = "map_tasks:total"
    assert tasks["totals"]["max_active_tis_per_dagrun"] == 2
    assert tasks["totals"].expanded == {"arguments": tasks["totals.elements"]}
    assert tasks["totals.elements"].positional[1:] == (2, ["run-task", reference])
    assert tasks["totals.collect"]["arguments"][:3] == ["run-task", reference, "--collect"]
    assert tasks["odd-ones.out"].expanded == {
        "arguments": [
            ["run-task", "map_tasks:square", "--elements", found] for found in ("0-1", "2-3", "4-4")
        ]
    }
    rules = {name: task["trigger_rule"] for name, task in tasks.items()}
    assert {name for name, rule in rules.items() if rule != "none_failed"} == {"some-fail.ended"}
    assert rules["some-fail.ended"] == "all_done"


def test_only_what_is_mapped_over_pushes_its_answer() -> None:
    tasks = read(text_of("park")).tasks
    pushing = {name for name, task in tasks.items() if task.keywords.get("do_xcom_push")}
    assert pushing == {"split", "totals.collect", "given", "lost", "none"}
    answer = "/airflow/xcom/return.json"
    assert {name for name, task in tasks.items() if answer in task.keywords.get("arguments", [])} == pushing


@pytest.mark.parametrize(
    ("length", "batch", "shares"),
    [(0, 2, []), (1, 2, ["0-0"]), (2, 2, ["0-0", "1-1"]), (5, 2, ["0-1", "2-3", "4-4"])],
)
def test_elements_are_shared_out_when_their_number_is_known(
    length: int, batch: int, shares: list[str]
) -> None:
    for operator in ("kubernetes", "bash"):
        task = read(text_of("park", operator=operator)).tasks["totals.elements"]
        if operator == "bash":
            found = task.function(f'{{"length": {length}}}', batch, "ecoflows run-task a:b")
            assert found == [f"ecoflows run-task a:b --elements {share}" for share in shares]
            assert task.function(None, batch, "ecoflows run-task a:b") == []
        else:
            found = task.function({"length": length}, batch, ["run-task", "a:b"])
            assert found == [["run-task", "a:b", "--elements", share] for share in shares]
            assert task.function(None, batch, ["run-task", "a:b"]) == []


def test_retries_and_time_limits() -> None:
    tasks = read(text_of("park")).tasks
    assert (tasks["table"]["retries"], tasks["table"]["retry_delay"]) == (2, timedelta(seconds=5))
    assert tasks["few"]["retries"] == 0
    assert "execution_timeout" not in tasks["table"].keywords
    # One pod runs up to two elements of 30 s, and may take 600 s to start.
    assert tasks["totals"]["execution_timeout"] == timedelta(seconds=660)
    assert tasks["totals"]["active_deadline_seconds"] == 660
    assert tasks["odd-ones.out"]["active_deadline_seconds"] == 605
    assert "active_deadline_seconds" not in tasks["totals.collect"].keywords
    program = read(text_of("park"))
    assert '"timeout_seconds": 30.0' in program.call("totals", program.defaults())


def test_images_and_resources(tmp_path: Path) -> None:
    def heavy(x: int = 1) -> int:
        """Need much."""
        return x

    def light(x: int = 1) -> int:
        """Need little."""
        return x

    module = types.ModuleType("heavy_tasks")
    resources = {"requests": {"cpu": "250m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}}
    module.heavy = distributed(image="toy/io:1.0", container_resources=resources)(heavy)  # type: ignore[attr-defined]
    module.light = distributed(light)  # type: ignore[attr-defined]
    workflow = workflow_of(
        """
        name: two
        airflow: {image: "the/specs:1"}
        tasks: {heavy: {}, light: {}}
        """,
        registry_of(module),
    )
    tasks = read(compiled(workflow)).tasks
    assert tasks["heavy"]["image"] == "toy/io:1.0"
    amounts = tasks["heavy"]["container_resources"]
    assert (amounts["requests"], amounts["limits"]) == (resources["requests"], resources["limits"])
    assert tasks["light"]["image"] == "the/specs:1"
    assert "container_resources" not in tasks["light"].keywords
    assert read(compiled(workflow, image="the/options:1")).tasks["light"]["image"] == "the/options:1"
    bare = workflow_of("name: one\ntasks: {light: {}}", registry_of(module))
    assert read(compiled(bare)).tasks["light"]["image"].startswith("ecoflows:")


def test_a_command_is_never_the_name_of_a_file() -> None:
    def shell(x: int = 1) -> int:
        """Be called like a script."""
        return x

    shell.__qualname__ = "Tools.sh"
    module = types.ModuleType("tools")
    module.shell = distributed(shell)  # type: ignore[attr-defined]
    workflow = workflow_of("name: one\ntasks: {shell: {}}", registry_of(module))
    line = read(compiled(workflow, operator="bash")).tasks["shell"]["bash_command"]
    assert line.split() == ["ecoflows", "run-task", f"{shell.__module__}:Tools.sh"]
    assert not line.endswith((".sh", ".bash"))


def test_a_mock_says_so() -> None:
    workflow = installed(ROOT / "specs" / "time_density.yaml")
    nodes = dict(workflow.nodes)
    nodes["load_observations"] = replace(nodes["load_observations"], mocked=True)
    text = compiled(replace(workflow, nodes=nodes))
    assert "# MOCK: packaged examples stand in for what load_observations would return." in text
    program = read(text)
    assert program.dag["description"].startswith("MOCK")
    assert not [name for name in program.params if name.startswith("load_observations")]
    assert '"mock": true' in program.call("load_observations", program.defaults(), conf={})


def refusals(text: str, given: dict[str, Any] | None = None, **options: str) -> list[Problem]:
    with pytest.raises(ProblemError) as refused:
        compiled(workflow_of(text, TASKS), given, **options)
    return list(refused.value.problems)


def test_everything_that_is_refused_is_told_at_once() -> None:
    text = textwrap.dedent(
        f"""\
        name: my park
        task-instance-defaults: {{retry_delay_seconds: [1, 2]}}
        airflow:
          schedule: "@daily"
          tags: [{"x" * 101}]
          secrets: [ER_TOKEN]
          namespace: a.b
          labels: {{"-x": "no good", dag_id: x, ok: y.json, team: ".x"}}
          image: Park
        workflow:
          - {{id: a task, task: now, retries: 2}}
          - {{id: m, task: square, map: {{argnames: x, argvalues: [1]}}, retries: 1}}
          - {{id: m.collect, task: now, image: a/b.json}}
          - {{id: {"y" * 201}, task: now, retry_delay_seconds: [3, 4], retries: 2}}
          - {{id: power, task: power}}
        """
    )
    found = {(problem.line, problem.col, problem.code) for problem in refusals(text, image="a b")}
    assert found == {
        (None, None, "bad-image"),
        (1, 7, "bad-dag-id"),
        (2, 47, "retry-delays"),
        (5, 10, "bad-tag"),
        (6, 13, "bad-secret"),
        (7, 14, "bad-namespace"),
        (8, 12, "bad-label"),
        (8, 18, "bad-label"),
        (8, 29, "bad-label"),
        (8, 58, "bad-label"),
        (9, 10, "bad-image"),
        (11, 10, "bad-task-id"),
        (13, 10, "bad-task-id"),
        (14, 10, "bad-task-id"),
        (14, 245, "retry-delays"),
        (15, 10, "missing-parameter"),
    }
    messages = {problem.code: problem for problem in refusals(text)}
    assert messages["bad-dag-id"].hint == "write for example 'my_park'"
    assert "the parameter 'x' of 'power' has no value" in messages["missing-parameter"].message
    assert "--params" in str(messages["missing-parameter"].hint)


def test_a_required_parameter_is_asked_for_where_nothing_schedules() -> None:
    text = "name: one\nworkflow: [{id: power, task: power}]"
    assert read(compiled(workflow_of(text, TASKS))).params["power__x"].positional == ()
    scheduled = f"{text}\nairflow: {{schedule: '@daily'}}"
    assert [problem.code for problem in refusals(scheduled)] == ["missing-parameter"]
    assert read(compiled(workflow_of(scheduled, TASKS), GIVEN)).params["power__x"].positional == (3,)


def test_ids_of_a_spec_that_cannot_be_those_of_airflow() -> None:
    workflow, _ = resolve(spec.load(REFUSED), registry_of(map_tasks))
    with pytest.raises(ProblemError) as refused:
        compiled(workflow)
    codes = [problem.code for problem in refused.value.problems]
    assert sorted(codes) == ["bad-dag-id", "bad-task-id", "bad-task-id", "retry-delays"]


def test_a_call_that_no_environment_carries() -> None:
    text = f"name: one\nworkflow: [{{id: big, task: anything, partial: {{value: {'x' * 100_001}}}}}]"
    (problem,) = refusals(text)
    assert (problem.code, problem.line) == ("too-large", 2)


def test_pauses_that_never_differ_are_carried() -> None:
    text = "name: one\nworkflow: [{id: now, task: now, retries: 1, retry_delay_seconds: [3, 4]}]"
    assert read(compiled(workflow_of(text, TASKS))).tasks["now"]["retry_delay"] == timedelta(seconds=3)


@pytest.mark.parametrize(
    ("root", "operator", "warned"),
    [
        ("cache", "kubernetes", True),
        ("/data/cache", "kubernetes", True),
        ("file:///data", "kubernetes", True),
        ("simplecache::file:///data", "kubernetes", True),
        ("s3://park/cache", "kubernetes", False),
        ("cache", "bash", False),
    ],
)
def test_folders_that_pods_do_not_share_are_warned_of(root: str, operator: str, warned: bool) -> None:
    assert AIRFLOW.warnings is not None
    for of_spec, line in ((f"cache_root: {root}", 2), ("", None)):
        workflow = workflow_of(f"name: one\n{of_spec}\ntasks: {{now: {{}}}}", TASKS)
        options = {"operator": operator, "image": "park/tasks:1"}
        found = AIRFLOW.warnings(Compilation(workflow, {}, root, options))
        told = [(problem.code, problem.severity, problem.line) for problem in found]
        assert told == ([("local-cache-root", "warning", line)] if warned else [])


def test_an_image_that_is_only_supposed_is_warned_of() -> None:
    assert AIRFLOW.warnings is not None
    text = "name: one\n%stasks: {now: {}}"
    for block, options, warned in (
        ("", {}, True),
        ("", {"image": "park/tasks:1"}, False),
        ("", {"operator": "bash"}, False),
        ("airflow: {image: park/tasks:1}\n", {}, False),
    ):
        found = AIRFLOW.warnings(
            Compilation(workflow_of(text % block, TASKS), {}, "s3://park/cache", options)
        )
        assert [(one.code, one.line) for one in found] == ([("no-image", 1)] if warned else [])
        assert all("1 task instance, which run in 'ecoflows:" in one.message for one in found)


def test_head_and_comments_stay_comments() -> None:
    workflow = park()
    source = replace(workflow.source, name='a"""\n$(X)\x0b\u2028\udc80.yaml')
    text = compiled(replace(workflow, source=source), {"power": {"x": 2**70}})
    read(text)
    lines = text.encode("utf-8").decode().splitlines()
    assert lines[0].startswith("# Compiled by ecoflows ")
    assert f"    # x is fixed: no form carries {2**70}" in lines


def test_variables_hide_nothing_and_collide_with_nothing() -> None:
    ids = [
        "DAG",
        "dag",
        "timedelta",
        "class",
        "print",
        "a.b",
        "a-b",
        "a_b",
        "2nd",
        "POD",
        "groups",
        "m",
        "m_call",
        "AS_JSON",
    ]
    tasks = "\n".join(
        f"  - {{id: '{name}', task: anything, partial: {{value: 1}}}}" for name in ids if name != "m"
    )
    mapped = "  - {id: m, task: square, map: {argnames: x, argvalues: [1]}}"
    workflow = workflow_of(f"name: names\nworkflow:\n{tasks}\n{mapped}\n", TASKS)
    assert set(read(compiled(workflow)).tasks) == {*ids, "m", "m.collect"}
