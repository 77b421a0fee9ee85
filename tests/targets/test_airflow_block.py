"""The ``airflow:`` block of a spec; what is wrong with one is in ``bad_specs``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from airflow_programs import TASKS
from ecoflows.source import loads
from ecoflows.spec import Airflow, Spec, from_source
from ecoflows.spec.airflow import PRESETS
from ecoflows.spec.conversion import converted
from ecoflows.workflow.spec_schema import spec_schema

BLOCK = """
airflow:
  schedule: "0 5 * * *"  # every morning
  start_date: 2024-01-31
  catchup: true
  tags: [ecology, "${{ env.PARK }}"]
  secrets: [er]
  image: our-park/tasks:1.0
  namespace: park
  labels: {team: rangers}
"""
TASKS_OF = {"mapping": "tasks: {now: {}}", "instance": "workflow: [{id: now, task: now}]"}


def spec_of(text: str) -> Spec:
    return from_source(loads(text, "spec.yaml"))


@pytest.mark.parametrize("form", TASKS_OF)
def test_it_is_read_in_both_spellings(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARK", "Samburu")
    spec = spec_of(f"name: one\n{TASKS_OF[form]}{BLOCK}")
    assert spec.problems == ()
    assert spec.airflow == Airflow(
        schedule="0 5 * * *",
        start_date=datetime(2024, 1, 31, tzinfo=UTC),
        catchup=True,
        tags=("ecology", "Samburu"),
        secrets=("er",),
        image="our-park/tasks:1.0",
        namespace="park",
        labels={"team": "rangers"},
    )


@pytest.mark.parametrize("block", ["", "airflow:\n", "airflow: {}\n", "airflow: {schedule: null}\n"])
def test_without_it_nothing_is_scheduled(block: str) -> None:
    spec = spec_of(f"name: one\n{TASKS_OF['mapping']}\n{block}")
    assert (spec.problems, spec.airflow) == ((), Airflow())
    assert spec.airflow.schedule is None


@pytest.mark.parametrize(
    "schedule",
    [*PRESETS, "* * * * *", "*/5 0-6,12 1,15 jan-MAR 1-5", "5/15 23 31 12 sun", "0  5 *  * 7", "0 0 29 2 *"],
)
def test_schedules(schedule: str) -> None:
    found = Airflow.model_validate({"schedule": schedule}).schedule
    assert found == " ".join(schedule.split())


@pytest.mark.parametrize(
    "schedule",
    [
        *("", "daily", "@Daily", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *"),
        *("* * * 13 *", "* * * * 8", "5-1 * * * *", "*/0 * * * *", "a * * * *", "* * * feb-13 *"),
        *("1,,2 * * * *", "-1 * * * *", "\u0661 * * * *", "1- * * * *"),
    ],
)
def test_no_schedules(schedule: str) -> None:
    with pytest.raises(ValidationError):
        Airflow.model_validate({"schedule": schedule})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-31", datetime(2024, 1, 31, tzinfo=UTC)),
        ("2024-01-31 06:30", datetime(2024, 1, 31, 6, 30, tzinfo=UTC)),
        ("2024-01-31T06:30:00+03:00", datetime(2024, 1, 31, 6, 30, tzinfo=timezone(timedelta(hours=3)))),
        ("2024-01-31T06:30:00Z", datetime(2024, 1, 31, 6, 30, tzinfo=UTC)),
    ],
)
def test_start_dates(text: str, expected: datetime) -> None:
    found = Airflow.model_validate({"start_date": text}).start_date
    assert (found, found.utcoffset()) == (expected, expected.utcoffset())


def test_converted_it_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARK", "Samburu")
    text = converted(loads(f"name: one{BLOCK}{TASKS_OF['mapping']}\n", "spec.yaml"))
    assert BLOCK in text
    assert spec_of(text).airflow.tags == ("ecology", "Samburu")


@pytest.mark.parametrize(
    ("block", "fits"),
    [
        ({"schedule": "@daily", "start_date": "2024-01-31", "tags": ["a"], "labels": {"a": "b"}}, True),
        (None, True),
        ({"shedule": "@daily"}, False),
        ({"tags": "a"}, False),
        ({"catchup": "yes"}, False),
    ],
)
def test_an_editor_knows_it(block: Any, fits: bool) -> None:
    schema = spec_schema(TASKS)
    spec = {"name": "one", "tasks": {"now": {}}, "airflow": block}
    assert Draft202012Validator(schema).is_valid(spec) == fits
    described = schema["$defs"]["Airflow"]["properties"]
    assert all(part["description"] for part in described.values())
