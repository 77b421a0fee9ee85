# Compiled from spec.yaml.
# Do not edit: compile the spec again. Runs on Airflow 2.10+ and 3.x.

from __future__ import annotations

import json
from datetime import datetime, timedelta

try:  # Airflow 3
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:  # Airflow 2
    from airflow.operators.bash import BashOperator

try:  # Airflow 3
    from airflow.sdk import DAG, Param, TaskGroup, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task
    from airflow.models.param import Param
    from airflow.utils.task_group import TaskGroup


AS_JSON = "{% macro json(value) %}{{ value | tojson | replace('$', '\\\\u0024') | replace('{{', '{\\\\u007b') | replace('{%', '{\\\\u0025') | replace('{#', '{\\\\u0023') }}{% endmacro %}"


@task(trigger_rule="none_failed")
def share_out(answer, batch, command):
    """Give a command for each element of a list, or for several where there are many."""
    length = (json.loads(answer) if answer else {}).get(
        "length"
    ) or 0  # what was skipped has no answer
    size = 1 if length <= batch else batch
    firsts = range(0, length, size)
    return [f"{command} --elements {first}-{min(first + size, length) - 1}" for first in firsts]


@task(trigger_rule="all_done")
def ended():
    """Be done once all elements of a map ended, however they did."""


with DAG(
    dag_id="park",
    description="park, compiled by ecoflows",
    doc_md="Compiled from spec.yaml.\n",
    schedule="30 6 * * MON-FRI",
    start_date=datetime.fromisoformat("2024-01-31T06:00:00+03:00"),
    catchup=False,
    max_active_runs=1,
    tags=["ecology", "{{ 7*7 }}"],
    params={
        "split__column": Param(
            "group",
            schema={"title": "column", "type": "string", "section": "split"},
        ),
        "totals__factor": Param(
            1,
            schema={"title": "factor", "type": "integer", "section": "The sum of each"},
        ),
        "given__offset": Param(
            0,
            schema={"title": "offset", "type": "integer", "section": "given"},
        ),
        "lost__column": Param(
            "group",
            schema={"title": "column", "type": "string", "section": "lost"},
        ),
        "lost_totals__factor": Param(
            1,
            schema={"title": "factor", "type": "integer", "section": "lost-totals"},
        ),
        "none__offset": Param(
            0,
            schema={"title": "offset", "type": "integer", "section": "none"},
        ),
        "power__x": Param(
            3,
            schema={"title": "x", "type": "integer", "section": "power"},
        ),
        "power__exponent": Param(
            1,
            schema={"title": "exponent", "type": "integer", "section": "power"},
        ),
        "cache_root": Param(
            "s3://park/cache",
            description="Where results live: a URL.",
            schema={"type": "string", "minLength": 1, "title": "cache_root", "section": "ecoflows"},
        ),
    },
) as dag:
    groups = {}
    groups["Groups_of_rows"] = TaskGroup(
        group_id="Groups_of_rows",
        tooltip="Groups of rows",
        prefix_group_id=False,
    )
    groups["table_2"] = TaskGroup(
        group_id="table_2",
        tooltip="table",
        prefix_group_id=False,
        parent_group=groups["Groups_of_rows"],
    )

    table = BashOperator(
        task_id="table",
        task_display_name="table",
        doc_md="Give a table.",
        trigger_rule="none_failed",
        retries=2,
        retry_delay=timedelta(seconds=5.0),
        bash_command="ecoflows run-task map_tasks:table",
        do_xcom_push=False,
        cwd=".",
        skip_on_exit_code=99,
        env={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "park"'
                ', "instance": "table"'
                ', "arguments": {"rows": 7}'
                ', "known": ["split__column", "totals__factor", "given__offset", "lost__column", "lost_totals__factor", "none__offset", "power__x", "power__exponent", "cache_root"]'
                ', "given": {{ json((dag_run.conf or {}) | list) }}'
                " }"
            )
        },
        append_env=True,
    )

    split = BashOperator(
        task_id="split",
        task_display_name="split",
        doc_md="Give a table per value of a column.",
        task_group=groups["Groups_of_rows"],
        trigger_rule="none_failed",
        retries=0,
        bash_command="ecoflows run-task map_tasks:split",
        do_xcom_push=True,
        cwd=".",
        skip_on_exit_code=99,
        env={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "park"'
                ', "instance": "split"'
                ', "arguments": {"df": {"\\u0024artifact": "table"}}'
                ', "parameters": { '
                "\"column\": {{ json(params['split__column']) }}"
                " }"
                " }"
            )
        },
        append_env=True,
    )

    totals_call = AS_JSON + (
        "{ \"cache_root\": {{ json(params['cache_root']) }}"
        ', "run": {{ json(run_id) }}'
        ', "workflow": "park"'
        ', "instance": "totals"'
        ', "timeout_seconds": 30.0'
        ', "map": {"argnames": ["df"], "values": {"\\u0024artifact": "split"}, "keyed": true, "on_error": "fail"}'
        ', "parameters": { '
        "\"factor\": {{ json(params['totals__factor']) }}"
        " }"
        " }"
    )
    totals_elements = share_out.override(
        task_id="totals.elements",
        task_group=groups["table_2"],
        task_display_name="The sum of each: elements",
    )(
        split.output,
        2,
        "ecoflows run-task map_tasks:total",
    )
    totals = BashOperator.partial(
        task_id="totals",
        task_display_name="The sum of each",
        doc_md="Add up.",
        task_group=groups["table_2"],
        trigger_rule="none_failed",
        retries=0,
        max_active_tis_per_dagrun=2,
        execution_timeout=timedelta(seconds=660),
        do_xcom_push=False,
        cwd=".",
        skip_on_exit_code=99,
        env={"ECOFLOWS_CALL": totals_call},
        append_env=True,
    ).expand(bash_command=totals_elements)
    totals_collect = BashOperator(
        task_id="totals.collect",
        task_display_name="The sum of each: all elements",
        doc_md="Add up.",
        task_group=groups["table_2"],
        trigger_rule="none_failed",
        retries=0,
        bash_command="ecoflows run-task map_tasks:total --collect",
        do_xcom_push=True,
        cwd=".",
        skip_on_exit_code=99,
        env={"ECOFLOWS_CALL": totals_call},
        append_env=True,
    )

    labels_call = AS_JSON + (
        "{ \"cache_root\": {{ json(params['cache_root']) }}"
        ', "run": {{ json(run_id) }}'
        ', "workflow": "park"'
        ', "instance": "labels"'
        ', "map": {"argnames": ["view", "data"], "values": {"\\u0024artifact": "totals"}, "keyed": false, "on_error": "fail"}'
        " }"
    )
    labels_elements = share_out.override(
        task_id="labels.elements",
        task_display_name="labels: elements",
    )(
        totals_collect.output,
        100,
        "ecoflows run-task map_tasks:label",
    )
    labels = BashOperator.partial(
        task_id="labels",
        task_display_name="labels",
        doc_md="Name a value.",
        trigger_rule="none_failed",
        retries=0,
        do_xcom_push=False,
        cwd=".",
        skip_on_exit_code=99,
        env={"ECOFLOWS_CALL": labels_call},
        append_env=True,
    ).expand(bash_command=labels_elements)
    labels_collect = BashOperator(
        task_id="labels.collect",
        task_display_name="labels: all elements",
        doc_md="Name a value.",
        trigger_rule="none_failed",
        retries=0,
        bash_command="ecoflows run-task map_tasks:label --collect",
        do_xcom_push=False,
        cwd=".",
        skip_on_exit_code=99,
        env={"ECOFLOWS_CALL": labels_call},
        append_env=True,
    )

    odd_ones_out_call = AS_JSON + (
        "{ \"cache_root\": {{ json(params['cache_root']) }}"
        ', "run": {{ json(run_id) }}'
        ', "workflow": "park"'
        ', "instance": "odd-ones.out"'
        ', "timeout_seconds": 2.5'
        ', "skipif": ["map_tasks:any_is_odd"]'
        ', "map": {"argnames": ["x"], "values": [1, 2, 3, 4, 5], "keyed": false, "on_error": "fail"}'
        ', "known": ["split__column", "totals__factor", "given__offset", "lost__column", "lost_totals__factor", "none__offset", "power__x", "power__exponent", "cache_root"]'
        ', "given": {{ json((dag_run.conf or {}) | list) }}'
        " }"
    )
    odd_ones_out = BashOperator.partial(
        task_id="odd-ones.out",
        task_display_name="odd-ones.out",
        doc_md="Square a number.",
        trigger_rule="none_failed",
        retries=0,
        execution_timeout=timedelta(seconds=605),
        do_xcom_push=False,
        cwd=".",
        skip_on_exit_code=99,
        env={"ECOFLOWS_CALL": odd_ones_out_call},
        append_env=True,
    ).expand(
        bash_command=[
            "ecoflows run-task map_tasks:square --elements 0-1",
            "ecoflows run-task map_tasks:square --elements 2-3",
            "ecoflows run-task map_tasks:square --elements 4-4",
        ]
    )
    odd_ones_out_collect = BashOperator(
        task_id="odd-ones.out.collect",
        task_display_name="odd-ones.out: all elements",
        doc_md="Square a number.",
        trigger_rule="none_failed",
        retries=0,
        bash_command="ecoflows run-task map_tasks:square --collect",
        do_xcom_push=False,
        cwd=".",
        skip_on_exit_code=99,
        env={"ECOFLOWS_CALL": odd_ones_out_call},
        append_env=True,
    )

    given = BashOperator(
        task_id="given",
        task_display_name="given",
        doc_md="Give whole numbers.",
        trigger_rule="none_failed",
        retries=0,
        bash_command="ecoflows run-task map_tasks:numbers",
        do_xcom_push=True,
        cwd=".",
        skip_on_exit_code=99,
        env={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "park"'
                ', "instance": "given"'
                ', "arguments": {"count": 4}'
                ', "parameters": { '
                "\"offset\": {{ json(params['given__offset']) }}"
                " }"
                ', "known": ["split__column", "totals__factor", "given__offset", "lost__column", "lost_totals__factor", "none__offset", "power__x", "power__exponent", "cache_root"]'
                ', "given": {{ json((dag_run.conf or {}) | list) }}'
                " }"
            )
        },
        append_env=True,
    )

    some_fail_call = AS_JSON + (
        "{ \"cache_root\": {{ json(params['cache_root']) }}"
        ', "run": {{ json(run_id) }}'
        ', "workflow": "park"'
        ', "instance": "some-fail"'
        ', "map": {"argnames": ["x"], "values": {"\\u0024artifact": "given"}, "keyed": false, "on_error": "skip"}'
        " }"
    )
    some_fail_elements = share_out.override(
        task_id="some-fail.elements",
        task_display_name="some-fail: elements",
    )(
        given.output,
        100,
        "ecoflows run-task map_tasks:give_up",
    )
    some_fail = BashOperator.partial(
        task_id="some-fail",
        task_display_name="some-fail",
        doc_md="Raise what no task should.",
        trigger_rule="none_failed",
        retries=0,
        do_xcom_push=False,
        cwd=".",
        skip_on_exit_code=99,
        env={"ECOFLOWS_CALL": some_fail_call},
        append_env=True,
    ).expand(bash_command=some_fail_elements)
    some_fail_ended = ended.override(
        task_id="some-fail.ended",
        task_display_name="some-fail: ended",
    )()
    some_fail_collect = BashOperator(
        task_id="some-fail.collect",
        task_display_name="some-fail: all elements",
        doc_md="Raise what no task should.",
        trigger_rule="none_failed",
        retries=0,
        bash_command="ecoflows run-task map_tasks:give_up --collect",
        do_xcom_push=False,
        cwd=".",
        skip_on_exit_code=99,
        env={"ECOFLOWS_CALL": some_fail_call},
        append_env=True,
    )

    sum_ = BashOperator(
        task_id="sum",
        task_display_name="sum",
        doc_md="Add numbers.",
        trigger_rule="none_failed",
        retries=0,
        bash_command="ecoflows run-task map_tasks:add_up",
        do_xcom_push=False,
        cwd=".",
        skip_on_exit_code=99,
        env={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "park"'
                ', "instance": "sum"'
                ', "arguments": {"values": {"\\u0024artifact": "some-fail"}}'
                " }"
            )
        },
        append_env=True,
    )

    few = BashOperator(
        task_id="few",
        task_display_name="few",
        doc_md="Drop rows.",
        trigger_rule="none_failed",
        retries=0,
        bash_command="ecoflows run-task map_tasks:keep_above",
        do_xcom_push=False,
        cwd=".",
        skip_on_exit_code=99,
        env={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "park"'
                ', "instance": "few"'
                ', "arguments": {"df": {"\\u0024artifact": "table"}, "least": 100}'
                " }"
            )
        },
        append_env=True,
    )

    lost = BashOperator(
        task_id="lost",
        task_display_name="lost",
        doc_md="Give a table per value of a column.",
        trigger_rule="none_failed",
        retries=0,
        bash_command="ecoflows run-task map_tasks:split",
        do_xcom_push=True,
        cwd=".",
        skip_on_exit_code=99,
        env={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "park"'
                ', "instance": "lost"'
                ', "skipif": ["any_is_empty_df"]'
                ', "arguments": {"df": {"\\u0024artifact": "few"}}'
                ', "parameters": { '
                "\"column\": {{ json(params['lost__column']) }}"
                " }"
                " }"
            )
        },
        append_env=True,
    )

    lost_totals_call = AS_JSON + (
        "{ \"cache_root\": {{ json(params['cache_root']) }}"
        ', "run": {{ json(run_id) }}'
        ', "workflow": "park"'
        ', "instance": "lost-totals"'
        ', "map": {"argnames": ["df"], "values": {"\\u0024artifact": "lost"}, "keyed": true, "on_error": "fail"}'
        ', "parameters": { '
        "\"factor\": {{ json(params['lost_totals__factor']) }}"
        " }"
        " }"
    )
    lost_totals_elements = share_out.override(
        task_id="lost-totals.elements",
        task_display_name="lost-totals: elements",
    )(
        lost.output,
        100,
        "ecoflows run-task map_tasks:total",
    )
    lost_totals = BashOperator.partial(
        task_id="lost-totals",
        task_display_name="lost-totals",
        doc_md="Add up.",
        trigger_rule="none_failed",
        retries=0,
        do_xcom_push=False,
        cwd=".",
        skip_on_exit_code=99,
        env={"ECOFLOWS_CALL": lost_totals_call},
        append_env=True,
    ).expand(bash_command=lost_totals_elements)
    lost_totals_collect = BashOperator(
        task_id="lost-totals.collect",
        task_display_name="lost-totals: all elements",
        doc_md="Add up.",
        trigger_rule="none_failed",
        retries=0,
        bash_command="ecoflows run-task map_tasks:total --collect",
        do_xcom_push=False,
        cwd=".",
        skip_on_exit_code=99,
        env={"ECOFLOWS_CALL": lost_totals_call},
        append_env=True,
    )

    none = BashOperator(
        task_id="none",
        task_display_name="none",
        doc_md="Give whole numbers.",
        trigger_rule="none_failed",
        retries=0,
        bash_command="ecoflows run-task map_tasks:numbers",
        do_xcom_push=True,
        cwd=".",
        skip_on_exit_code=99,
        env={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "park"'
                ', "instance": "none"'
                ', "arguments": {"count": 0}'
                ', "parameters": { '
                "\"offset\": {{ json(params['none__offset']) }}"
                " }"
                ', "known": ["split__column", "totals__factor", "given__offset", "lost__column", "lost_totals__factor", "none__offset", "power__x", "power__exponent", "cache_root"]'
                ', "given": {{ json((dag_run.conf or {}) | list) }}'
                " }"
            )
        },
        append_env=True,
    )

    nothing_call = AS_JSON + (
        "{ \"cache_root\": {{ json(params['cache_root']) }}"
        ', "run": {{ json(run_id) }}'
        ', "workflow": "park"'
        ', "instance": "nothing"'
        ', "map": {"argnames": ["x"], "values": {"\\u0024artifact": "none"}, "keyed": false, "on_error": "fail"}'
        " }"
    )
    nothing_elements = share_out.override(
        task_id="nothing.elements",
        task_display_name="nothing: elements",
    )(
        none.output,
        100,
        "ecoflows run-task map_tasks:square",
    )
    nothing = BashOperator.partial(
        task_id="nothing",
        task_display_name="nothing",
        doc_md="Square a number.",
        trigger_rule="none_failed",
        retries=0,
        do_xcom_push=False,
        cwd=".",
        skip_on_exit_code=99,
        env={"ECOFLOWS_CALL": nothing_call},
        append_env=True,
    ).expand(bash_command=nothing_elements)
    nothing_collect = BashOperator(
        task_id="nothing.collect",
        task_display_name="nothing: all elements",
        doc_md="Square a number.",
        trigger_rule="none_failed",
        retries=0,
        bash_command="ecoflows run-task map_tasks:square --collect",
        do_xcom_push=False,
        cwd=".",
        skip_on_exit_code=99,
        env={"ECOFLOWS_CALL": nothing_call},
        append_env=True,
    )

    gap = BashOperator(
        task_id="gap",
        task_display_name="gap",
        doc_md="Make up for what was skipped.",
        trigger_rule="none_failed",
        retries=0,
        bash_command="ecoflows run-task map_tasks:or_zero",
        do_xcom_push=False,
        cwd=".",
        skip_on_exit_code=99,
        env={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "park"'
                ', "instance": "gap"'
                ', "skipif": ["never"]'
                ', "arguments": {"value": {"\\u0024artifact": "sum"}}'
                " }"
            )
        },
        append_env=True,
    )

    power = BashOperator(
        task_id="power",
        task_display_name="power",
        doc_md="Raise a number.",
        trigger_rule="none_failed",
        retries=0,
        bash_command="ecoflows run-task map_tasks:power",
        do_xcom_push=False,
        cwd=".",
        skip_on_exit_code=99,
        env={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "park"'
                ', "instance": "power"'
                ', "parameters": { '
                "\"x\": {{ json(params['power__x']) }}, "
                "\"exponent\": {{ json(params['power__exponent']) }}"
                " }"
                ', "known": ["split__column", "totals__factor", "given__offset", "lost__column", "lost_totals__factor", "none__offset", "power__x", "power__exponent", "cache_root"]'
                ', "given": {{ json((dag_run.conf or {}) | list) }}'
                " }"
            )
        },
        append_env=True,
    )

    table >> split
    split >> totals
    totals >> totals_collect
    totals_collect >> labels
    labels >> labels_collect
    odd_ones_out >> odd_ones_out_collect
    given >> some_fail
    some_fail >> some_fail_ended
    [given, some_fail_elements, some_fail_ended] >> some_fail_collect
    some_fail_collect >> sum_
    table >> few
    few >> lost
    lost >> lost_totals
    lost_totals >> lost_totals_collect
    none >> nothing
    nothing >> nothing_collect
    sum_ >> gap
