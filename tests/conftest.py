"""Fixtures that tests of several folders use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from answer import Answer

# How long an example takes says more about the machine, which several workers share, than about the code.
settings.register_profile("ecoflows", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ecoflows")

_S3_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1",
}


@pytest.fixture(scope="session")
def s3_bucket() -> Iterator[str]:
    """A bucket on a local server that speaks S3, set in the environment as users do."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    before = dict(os.environ)
    os.environ.update(_S3_ENVIRONMENT, AWS_ENDPOINT_URL=f"http://{host}:{port}")
    try:
        client = boto3.client("s3")
        client.create_bucket(Bucket="ecoflows-tests")
        client.close()
        yield "ecoflows-tests"
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.stop()


@pytest.fixture(scope="session")
def server_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An ecoflows home for local servers; one that a test started is stopped at the end."""
    from ecoflows.flows.server import stop_server

    home = tmp_path_factory.mktemp("home")
    patch = pytest.MonkeyPatch()
    patch.setenv("ECOFLOWS_HOME", str(home))
    yield home
    os.environ["ECOFLOWS_HOME"] = str(home)
    stop_server()
    patch.undo()


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Runs the command line in this process, over the tasks of ``sample_tasks`` and ``map_tasks``."""
    import map_tasks
    import sample_tasks
    from ecoflows import registry
    from ecoflows.cli.main import main
    from support import registry_of

    monkeypatch.setattr(registry, "installed", lambda: registry_of(sample_tasks, map_tasks))
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: str) -> Answer:
        monkeypatch.setattr("sys.argv", ["ecoflows", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Answer(ended.value.code, out, err)

    return run
