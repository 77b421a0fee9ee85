"""A cache root in object storage, served by moto on the loopback interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import flow_tasks
from ecoflows.workflow.report import Report

SPEC = """
name: remote
tasks:
  read_numbers:
  scale: {numbers: read_numbers, k: 3}
  mean: {numbers: scale}
"""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="park")
    yield "park"
    server.stop()


def test_results_in_s3_are_reused(bucket: str, run_flow: Callable[..., Report]) -> None:
    flow_tasks.calls.clear()
    root = f"s3://{bucket}/cache"
    first = run_flow(SPEC, root=root)
    assert {outcome.state.value for outcome in first.outcomes.values()} == {"completed"}
    second = run_flow(SPEC, root=root)
    assert [outcome.state.value for outcome in second.outcomes.values()] == ["completed", "cached", "cached"]
    assert flow_tasks.calls == {"read_numbers": 2, "scale": 1, "mean": 1}
