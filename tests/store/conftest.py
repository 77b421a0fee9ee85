import itertools
import os
from collections.abc import Callable

import pytest

from ecoflows.store import Store

_numbers = itertools.count()


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
