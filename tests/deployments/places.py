"""A project whose deployments are applied to a real server, and run by a real worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from answer import Answer
from support import command_environment

TASKS = '''
import os, time
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from ecoflows.annotations import AnyDataFrame
from ecoflows.decorators import distributed


@distributed
def count(
    animals: Annotated[int, Field(ge=1, description="How many animals.")],
    label: Annotated[str, Field(description="What they are.")] = "elephants",
    sex: Annotated[Literal["female", "male"], Field(description="Which of them.")] = "female",
) -> AnyDataFrame:
    """Count animals."""
    return pd.DataFrame({"animals": range(animals), "label": label})


@distributed
def total(counts: AnyDataFrame, seconds: Annotated[float, Field(ge=0)] = 0.0) -> int:
    """Add up, slowly if that is wanted."""
    time.sleep(seconds)
    assert os.environ["PARK_PASSWORD"]
    return int(counts["animals"].sum())


@distributed
def where(counts: AnyDataFrame) -> int:
    """Tell the process."""
    return os.getpid()


@distributed
def refuse(counts: AnyDataFrame) -> int:
    """Fail."""
    raise ValueError("the herd is gone")
'''
SPECS = {
    "herd.yaml": "name: herd\ntasks: {count: {}, total: {counts: count}, where: {counts: count}}\n",
    "lost.yaml": "name: lost\ntasks: {count: {animals: 1}, refuse: {counts: count}}\n",
}
PROFILES = {
    "local": "pool: park-local\ntype: process\ncache_root: cache\n",
    "children": "pool: park-local\ntype: process\ncache_root: children\nexecution: {mode: process}\n",
}
SECRET = "hunter2-in-the-environment"


class Project:
    """A project folder, and the command line in it."""

    def __init__(
        self, folder: Path, packages: Path, capsys: pytest.CaptureFixture[str] | None = None
    ) -> None:
        self.folder, self.packages, self.capsys = folder, packages, capsys
        self.log = folder / "prefect.log"

    def run(self, *arguments: str) -> Answer:
        """Run a command in this process."""
        from ecoflows.cli.main import main

        assert self.capsys is not None
        before = sys.argv
        sys.argv = ["ecoflows", *arguments]
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            sys.argv = before
        out, err = self.capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Answer(ended.value.code, out, err)

    def done(self, *arguments: str) -> Answer:
        """Run a command that has to succeed."""
        answer = self.run(*arguments)
        assert answer.code == 0, answer
        return answer

    def json(self, *arguments: str) -> Any:
        """What a command prints as JSON."""
        return json.loads(self.done(*arguments, "--json").out)

    def edit(self, old: str, new: str) -> None:
        """Change a text of the prefect.yaml."""
        file = self.folder / "deployments/prefect.yaml"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))


def prefect(*arguments: str, api: str, project: Project, **variables: str) -> subprocess.Popen[str]:
    """Start a command of Prefect's in the project's folder; what it writes is in ``prefect.log`` there."""
    environment = command_environment(
        path=project.packages,
        PREFECT_API_URL=api,
        DO_NOT_TRACK="1",
        PARK_PASSWORD=SECRET,
        PREFECT_HOME=str(project.folder / "prefect-home"),
        PREFECT_WORKER_QUERY_SECONDS="1",
        **variables,
    )
    with project.log.open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "prefect", *arguments],
            cwd=project.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def end(process: subprocess.Popen[str]) -> None:
    """End a process and all that it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=20)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def states(runs: Mapping[str, Any]) -> list[str]:
    """The states of the runs that a command has cancelled."""
    return [run["state"] for run in runs["runs"]]
