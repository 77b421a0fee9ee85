# Compiled from spec.yaml.
# Do not edit: compile the spec again. Runs on Airflow 2.10+ and 3.x.

from __future__ import annotations

from datetime import datetime

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s

try:  # Airflow 3
    from airflow.sdk import DAG, Param, TaskGroup
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.models.param import Param
    from airflow.utils.task_group import TaskGroup


AS_JSON = "{% macro json(value) %}{{ value | tojson | replace('$', '\\\\u0024') | replace('{{', '{\\\\u007b') | replace('{%', '{\\\\u0025') | replace('{#', '{\\\\u0023') }}{% endmacro %}"

POD = {
    "kubernetes_conn_id": "kubernetes_default",
    "cmds": ["ecoflows"],
    "labels": {"app.kubernetes.io/managed-by": "ecoflows", "app.kubernetes.io/part-of": "hostile"},
    "env_from": [k8s.V1EnvFromSource(secret_ref=k8s.V1SecretEnvSource(name="earthranger"))],
    "security_context": k8s.V1PodSecurityContext(
        run_as_non_root=True,
        run_as_user=1000,
        run_as_group=1000,
        fs_group=1000,
        seccomp_profile=k8s.V1SeccompProfile(type="RuntimeDefault"),
    ),
    "container_security_context": k8s.V1SecurityContext(
        allow_privilege_escalation=False,
        capabilities=k8s.V1Capabilities(drop=["ALL"]),
    ),
    "startup_timeout_seconds": 600,
    "get_logs": True,
    "log_events_on_failure": True,
    "on_finish_action": "delete_pod",
    "skip_on_exit_code": 99,
}

with DAG(
    dag_id="hostile",
    description="hostile, compiled by ecoflows",
    doc_md="Compiled from spec.yaml.\n",
    schedule=None,
    start_date=datetime.fromisoformat("2024-01-01T00:00:00+00:00"),
    catchup=False,
    max_active_runs=1,
    tags=["{{ 7*7 }} $(HOME)"],
    params={
        "open__value": Param(schema={"title": "value", "section": "open.md"}),
        "cache_root": Param(
            "cache",
            description="Where results live: a URL.",
            schema={"type": "string", "minLength": 1, "title": "cache_root", "section": "ecoflows"},
        ),
    },
) as dag:
    groups = {}
    groups["raw_HOME_md"] = TaskGroup(
        group_id="raw_HOME_md",
        tooltip="{% raw %} $(HOME).md",
        prefix_group_id=False,
    )

    const = KubernetesPodOperator(
        **POD,
        task_id="const",
        task_display_name="{{ 7*7 }}\n$(HOME) \x22\x22\x22 \x27",
        doc_md="Give what is given.",
        trigger_rule="none_failed",
        retries=0,
        name="const",
        image="our/tasks:1",
        arguments=["run-task", "map_tasks:anything"],
        do_xcom_push=False,
        env_vars={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "hostile"'
                ', "instance": "const"'
                ', "arguments": {"value": ["\\u007b\\u007b 7*7 }}", "\\u007b% raw %}\\u007b# c #}\\u007b% if x %}", "\\u007b\\u007b\\u007b }}} \\u007b\\u007b\\u007b\\u007b% %}", "\\u0024(HOME) \\u0024\\u007bHOME} \\u0024HOME \\u0024(TOKEN) `id`", "\'\\"\\\\ \\\\n \\n\\t\\r\\u2028 </script> \\ud83d\\udc18 \\u202e %s %(x)s", "x.json", "x.sh", "\\\\u007b \\\\"]}'
                ', "known": ["open__value", "cache_root"]'
                ', "given": {{ json((dag_run.conf or {}) | list) }}'
                " }"
            )
        },
    )

    keys = KubernetesPodOperator(
        **POD,
        task_id="keys",
        task_display_name="keys",
        doc_md="Give what is given.",
        trigger_rule="none_failed",
        retries=0,
        name="keys",
        image="our/tasks:1",
        arguments=["run-task", "map_tasks:anything"],
        do_xcom_push=False,
        env_vars={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "hostile"'
                ', "instance": "keys"'
                ', "arguments": {"value": {"\\u0024dict": [["\\u0024(HOME) \\u0024\\u007bHOME} \\u0024HOME \\u0024(TOKEN) `id`", 1], ["\'\\"\\\\ \\\\n \\n\\t\\r\\u2028 </script> \\ud83d\\udc18 \\u202e %s %(x)s", 1], ["\\\\u007b \\\\", 1], ["x.json", 1], ["x.sh", 1], ["\\u007b% raw %}\\u007b# c #}\\u007b% if x %}", 1], ["\\u007b\\u007b 7*7 }}", 1], ["\\u007b\\u007b\\u007b }}} \\u007b\\u007b\\u007b\\u007b% %}", 1]]}}'
                ', "known": ["open__value", "cache_root"]'
                ', "given": {{ json((dag_run.conf or {}) | list) }}'
                " }"
            )
        },
    )

    numbers = KubernetesPodOperator(
        **POD,
        task_id="numbers",
        task_display_name="numbers",
        doc_md="Give what is given.",
        trigger_rule="none_failed",
        retries=0,
        name="numbers",
        image="our/tasks:1",
        arguments=["run-task", "map_tasks:anything"],
        do_xcom_push=False,
        env_vars={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "hostile"'
                ', "instance": "numbers"'
                ', "arguments": {"value": [{"\\u0024float": "nan"}, {"\\u0024float": "inf"}, -0.0, {"\\u0024int": "0x100000000000000000000"}, null, true, {"\\u0024dict": [["\\u0024tuple", [1]]]}]}'
                ', "known": ["open__value", "cache_root"]'
                ', "given": {{ json((dag_run.conf or {}) | list) }}'
                " }"
            )
        },
    )

    open_ = KubernetesPodOperator(
        **POD,
        task_id="open",
        task_display_name="open.md",
        doc_md="Give what is given.",
        trigger_rule="none_failed",
        retries=0,
        name="open",
        image="our/tasks:1",
        arguments=["run-task", "map_tasks:anything"],
        do_xcom_push=False,
        env_vars={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "hostile"'
                ', "instance": "open"'
                ', "parameters": { '
                "\"value\": {{ json(params['open__value']) }}"
                " }"
                ', "known": ["open__value", "cache_root"]'
                ', "given": {{ json((dag_run.conf or {}) | list) }}'
                " }"
            )
        },
    )

    mapped_call = AS_JSON + (
        "{ \"cache_root\": {{ json(params['cache_root']) }}"
        ', "run": {{ json(run_id) }}'
        ', "workflow": "hostile"'
        ', "instance": "mapped"'
        ', "map": {"argnames": ["value"], "values": ["\\u007b\\u007b 7*7 }}", "\\u007b% raw %}\\u007b# c #}\\u007b% if x %}", "\\u007b\\u007b\\u007b }}} \\u007b\\u007b\\u007b\\u007b% %}", "\\u0024(HOME) \\u0024\\u007bHOME} \\u0024HOME \\u0024(TOKEN) `id`", "\'\\"\\\\ \\\\n \\n\\t\\r\\u2028 </script> \\ud83d\\udc18 \\u202e %s %(x)s", "x.json", "x.sh", "\\\\u007b \\\\"], "keyed": false, "on_error": "fail"}'
        ', "known": ["open__value", "cache_root"]'
        ', "given": {{ json((dag_run.conf or {}) | list) }}'
        " }"
    )
    mapped = KubernetesPodOperator.partial(
        **POD,
        task_id="mapped",
        task_display_name="mapped",
        doc_md="Give what is given.",
        task_group=groups["raw_HOME_md"],
        trigger_rule="none_failed",
        retries=0,
        name="mapped",
        image="our/tasks:1",
        do_xcom_push=False,
        env_vars={"ECOFLOWS_CALL": mapped_call},
    ).expand(
        arguments=[
            ["run-task", "map_tasks:anything", "--elements", "0-0"],
            ["run-task", "map_tasks:anything", "--elements", "1-1"],
            ["run-task", "map_tasks:anything", "--elements", "2-2"],
            ["run-task", "map_tasks:anything", "--elements", "3-3"],
            ["run-task", "map_tasks:anything", "--elements", "4-4"],
            ["run-task", "map_tasks:anything", "--elements", "5-5"],
            ["run-task", "map_tasks:anything", "--elements", "6-6"],
            ["run-task", "map_tasks:anything", "--elements", "7-7"],
        ]
    )
    mapped_collect = KubernetesPodOperator(
        **POD,
        task_id="mapped.collect",
        task_display_name="mapped: all elements",
        doc_md="Give what is given.",
        task_group=groups["raw_HOME_md"],
        trigger_rule="none_failed",
        retries=0,
        name="mapped",
        image="our/tasks:1",
        arguments=["run-task", "map_tasks:anything", "--collect"],
        do_xcom_push=False,
        env_vars={"ECOFLOWS_CALL": mapped_call},
    )

    mapped >> mapped_collect
