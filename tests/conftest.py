"""Fixtures that tests of several folders use."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest


class Answer(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Runs the command line in this process, over the tasks of ``sample_tasks``."""
    import sample_tasks
    from support import registry_of

    from ecoflows import registry
    from ecoflows.cli.main import main

    monkeypatch.setattr(registry, "installed", lambda: registry_of(sample_tasks))
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: str) -> Answer:
        monkeypatch.setattr("sys.argv", ["ecoflows", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Answer(ended.value.code, out, err)

    return run
