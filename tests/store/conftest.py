import itertools
import os
from collections.abc import Callable, Iterator

import pytest

from ecoflows.store import Store

_numbers = itertools.count()

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


@pytest.fixture
def reopen(request, tmp_path) -> Callable[[], Store]:
    """Opens the test's cache root afresh, as another process would."""
    kind = getattr(request, "param", "local")
    if kind == "memory":
        root = f"memory://ecoflows-{os.getpid()}-{next(_numbers)}/root"
    elif kind == "s3":
        root = f"s3://{request.getfixturevalue('s3_bucket')}/tests/{next(_numbers)}"
    else:
        root = str(tmp_path / "cache")
    return lambda **options: Store(root, **options)


@pytest.fixture
def store(reopen) -> Store:
    return reopen()
