"""Kubernetes quantities, requests and limits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ecoflows.resources import (
    ContainerResources,
    check_image_name,
    checked_image_name,
    parse_quantity,
    times_memory,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("1", 1),
        ("1.", 1),
        (".5", Fraction(1, 2)),
        ("250m", Fraction(1, 4)),
        ("100n", Fraction(1, 10**7)),
        ("2k", 2000),
        ("1Ki", 1024),
        ("1.5Gi", 1536 * 1024**2),
        ("2e3", 2000),
        ("2E3", 2000),
        ("2E", 2 * 10**18),
        ("2e-3", Fraction(2, 1000)),
        ("7Ei", 7 * 2**60),
    ],
)
def test_quantities(text: str, value: Fraction | int) -> None:
    assert parse_quantity(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-1",
        "+1",
        "1 Gi",
        "1gi",
        "1K",
        "1mi",
        "1.2.3",
        "1e",
        "one",
        "\uff11",
        "1Gi\n",
        "nan",
        "inf",
        "1e999",
    ],
)
def test_what_kubernetes_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="quantity"):
        parse_quantity(text)


@pytest.mark.parametrize("text", ["1e30", "8Ei", "99999999999999999999"])
def test_more_than_kubernetes_counts(text: str) -> None:
    with pytest.raises(ValueError, match="more than"):
        parse_quantity(text)


@given(st.text(alphabet="0123456789.eEinumkKMGTP+-", max_size=12))
def test_any_text_is_a_quantity_or_a_value_error(text: str) -> None:
    try:
        value = parse_quantity(text)
    except ValueError:
        return
    assert 0 <= value < 2**63


def test_nested_and_flat_keys_are_one_thing() -> None:
    nested = ContainerResources.model_validate(
        {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": 2, "memory": "2Gi"}}
    )
    flat = ContainerResources.model_validate(
        {"request_cpu": "500m", "request_memory": "1Gi", "limit_cpu": 2, "limit_memory": "2Gi"}
    )
    mixed = ContainerResources.model_validate(
        {"requests": {"cpu": "500m"}, "request_memory": "1Gi", "limit_cpu": "2", "limit_memory": "2Gi"}
    )
    assert nested == flat == mixed
    assert hash(nested) == hash(flat)
    assert flat.as_kubernetes() == {
        "requests": {"cpu": "500m", "memory": "1Gi"},
        "limits": {"cpu": "2", "memory": "2Gi"},
    }
    assert str(flat) == "requests cpu 500m, memory 1Gi; limits cpu 2, memory 2Gi"


def test_what_is_not_set_is_left_out() -> None:
    assert ContainerResources().as_kubernetes() == {}
    assert str(ContainerResources()) == ""
    assert ContainerResources.model_validate({"request_cpu": 1}).as_kubernetes() == {"requests": {"cpu": "1"}}


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"request_cpu": "2", "limit_cpu": "1"}, "the cpu request 2 is above the cpu limit 1"),
        ({"request_memory": "1Gi", "limit_memory": "1000Mi"}, "memory request 1Gi is above"),
        ({"request_cpu": "1", "requests": {"cpu": "1"}}, "'request_cpu' and 'requests' both give cpu"),
        ({"memory": "1Gi"}, "unknown key 'memory'; did you mean"),
        ({1: 2}, "unknown key '1'"),
        ({"requests": {"memory": "512m"}}, "did you mean 512Mi"),
        ({"requests": {"cpu": "0.0001"}}, "finer than a thousandth"),
        ({"requests": {"cpu": "1e-30"}}, "finer than a thousandth"),
        ({"requests": {"memory": 1.5}}, "not a whole number of bytes"),
        ({"requests": {"cpu": True}}, "valid string"),
        ({"requests": {"gpu": 1}}, "Extra inputs"),
        ({"requests": {"cpu": float("nan")}}, "not a Kubernetes quantity"),
        ({"requests": None}, "ResourceAmounts"),
        ([], "ContainerResources"),
    ],
)
def test_what_is_refused(given_: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ContainerResources.model_validate(given_)


def test_equal_amounts_written_differently_are_within_each_other() -> None:
    ContainerResources.model_validate({"request_memory": "1Gi", "limit_memory": "1024Mi"})
    ContainerResources.model_validate({"request_cpu": "1000m", "limit_cpu": 1})


@pytest.mark.parametrize(
    "text",
    [
        "tasks",
        "tasks:1.0",
        "our-park/tasks:1.0",
        "registry.example.org:5000/park/group/tasks_of__ours:2024-01-31",
        "localhost/tasks",
        "[::1]:5000/tasks",
        "tasks@sha256:" + "0" * 64,
        "Registry.example.org/tasks:Latest_1",
        "a" * 255,
    ],
)
def test_names_of_images(text: str) -> None:
    assert check_image_name(text) is None
    assert checked_image_name(text) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "a registry refuses it"),
        ("Our-Park/Tasks", "an image's path is in lower case"),
        ("tasks:", "a registry refuses it"),
        ("tasks:1.0\n", "a registry refuses it"),
        ("tasks:" + "1" * 129, "a registry refuses it"),
        ("https://registry.example.org/tasks", "a registry refuses it"),
        ("park//tasks", "a registry refuses it"),
        ("-tasks", "a registry refuses it"),
        ("tasks@sha256:abc", "a registry refuses it"),
        ("t\u00e4sks", "a registry refuses it"),
        ("a" * 256, "more than 255 characters"),
    ],
)
def test_what_is_no_name_of_an_image(text: str, why: str) -> None:
    wrong = check_image_name(text)
    assert wrong is not None
    assert why in wrong
    assert "write for example" in wrong
    with pytest.raises(ValueError, match="names no image"):
        checked_image_name(text)


@pytest.mark.parametrize(
    ("amount", "factor", "most", "expected"),
    [
        ("512Mi", 2, None, "1024Mi"),
        ("100M", 1.5, None, "144Mi"),
        ("1Gi", 4, "2Gi", "2048Mi"),
        ("4Gi", 2, "2Gi", "4Gi"),
        ("1Gi", 1, None, "1Gi"),
    ],
)
def test_several_times_the_memory(amount: str, factor: float, most: str | None, expected: str) -> None:
    assert times_memory(amount, factor, most) == expected


def test_the_schema_takes_what_is_taken() -> None:
    import jsonschema

    schema = ContainerResources.model_json_schema()
    for taken in (
        {"request_memory": "1Gi", "limit_cpu": 2},
        {"requests": {"cpu": 0.5, "memory": "1Mi"}, "limits": {"memory": 2_000_000}},
    ):
        ContainerResources.model_validate(taken)
        jsonschema.validate(taken, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"limit_mem": "1Gi"}, schema)
