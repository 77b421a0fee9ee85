"""``ecoflows run-task`` as a pod calls it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support import command_environment, ecoflows, write_package

TASKS = '''
"""Tasks of a test."""
import atexit
import os
import time
from typing import Annotated

from pydantic import Field

from ecoflows.decorators import distributed


@distributed
def numbers(count: Annotated[int, Field(ge=0)] = 3) -> list[int]:
    """Give numbers, and say so."""
    print("a line of the task's own")
    os.system("echo a line of a child process")
    return list(range(count))


@distributed
def talk(x: int) -> int:
    """Have a last word."""
    atexit.register(print, "bye")
    return x


@distributed
def square(x: int) -> int:
    """Square."""
    if x == 13:
        raise ValueError("no luck")
    if x == 14:
        raise ConnectionResetError("the line is dead")
    return x * x


@distributed
def wait(seconds: float) -> float:
    """Wait."""
    print("waiting", flush=True)
    try:
        time.sleep(seconds)
    except SystemExit:
        pass
    return seconds


@distributed
def leave(x: int) -> int:
    """End the process."""
    raise SystemExit(0)
'''


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    return write_package(tmp_path / "packages", "pods", {"tasks.py": TASKS})


def call(packages: Path, task: str, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    environment = {"ECOFLOWS_CALL": json.dumps({"cache_root": "cache", **more})}
    return ecoflows(
        "run-task", f"pods.tasks:{task}", *arguments, cwd=packages.parent, path=packages, **environment
    )


def test_one_line_of_json_is_all_of_its_output(packages: Path) -> None:
    done = call(packages, "numbers", "--answer", "answer.json", arguments={"count": 2})
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert (told["state"], told["length"], told["instance"]) == ("completed", 2, "numbers")
    assert Path(told["artifact"]["uri"]).read_text() == "[0,1]"
    assert "a line of the task's own" in done.stderr
    assert "a line of a child process" in done.stderr
    assert (packages.parent / "answer.json").read_text() == done.stdout


@pytest.mark.parametrize(
    ("task", "arguments", "code", "text"),
    [
        ("square", {"x": 2}, 0, ""),
        ("square", {"x": "many"}, 1, "the argument 'x': a whole number is expected"),
        ("square", {}, 1, "the argument 'x' of 'square' is missing"),
        ("square", {"x": 13}, 3, "ValueError: no luck"),
        ("square", {"x": 14}, 75, "ConnectionResetError: the line is dead"),
        ("leave", {"x": 1}, 3, "SystemExit: 0"),
    ],
)
def test_exit_codes_tell_failures_apart(
    packages: Path, task: str, arguments: dict[str, Any], code: int, text: str
) -> None:
    done = call(packages, task, arguments=arguments)
    assert done.returncode == code, done.stderr
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    if code in (3, 75):
        assert json.loads(done.stdout)["retryable"] is (code == 75)


def test_a_skip_has_an_exit_code_of_its_own(packages: Path) -> None:
    over = {"argnames": ["x"], "values": [1]}
    done = call(packages, "square", "--elements", "1", map=over, run="r")
    assert done.returncode == 99
    assert json.loads(done.stdout)["state"] == "skipped"


def test_a_map_element_by_element(packages: Path) -> None:
    over = {"argnames": ["x"], "values": {"$artifact": "numbers"}}
    run = {"run": "r1", "workflow": "w"}
    source = call(packages, "numbers", **run)
    assert json.loads(source.stdout)["length"] == 3
    for part in ("0", "1-2"):
        assert call(packages, "square", "--elements", part, map=over, **run).returncode == 0
    whole = json.loads(call(packages, "square", "--collect", map=over, **run).stdout)
    assert whole["state"] == "completed"
    assert whole["length"] == 3


def test_arguments_and_inputs_without_a_call(packages: Path, command: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(packages.parent)
    source = command("run-task", "map_tasks:table", "--cache-root", "cache")
    uri = json.loads(source.out)["artifact"]["uri"]
    Path("arguments.json").write_text('{"factor": 2}')
    words = ("run-task", "map_tasks:total", "--arguments", "arguments.json", "--cache-root", "cache")
    done = command(*words, "--input", f"df={uri}")
    assert done.code == 0, done.err
    assert Path(json.loads(done.out)["artifact"]["uri"]).read_text() == "6"


@pytest.mark.parametrize(
    ("call", "code", "text"),
    [
        ("{", 1, "ECOFLOWS_CALL:1:2: error[not-json]"),
        ("[1]", 1, "a JSON object is expected"),
        ('{"cache_root": "c", "wrokflow": 1}', 1, "wrokflow: Extra inputs are not permitted"),
        ('{"cache_root": "c", "cache": "sometimes"}', 1, "ECOFLOWS_CALL: error[bad-call]: cache"),
        ('{"cache_root": "c", "arguments": {"x": 1%s}}' % ("0" * 5000), 1, "more digits than are read"),
        ("", 2, "name a cache root"),
    ],
    ids=["cut", "list", "unknown", "value", "digits", "none"],
)
def test_a_call_that_is_none(command: Any, monkeypatch: Any, call: str, code: int, text: str) -> None:
    monkeypatch.setenv("ECOFLOWS_CALL", call)
    found = command("run-task", "map_tasks:square")
    assert found.code == code
    assert text in found.err


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--elements", "x"), "'x' names no elements"),
        (("--elements", "1", "--collect"), "two things"),
        (("--input", "df"), "not of the form ARG=URI"),
    ],
)
def test_wrong_usage(command: Any, options: tuple[str, ...], text: str) -> None:
    found = command("run-task", "map_tasks:square", "--cache-root", "c", *options)
    assert found.code == 2
    assert text in found.err


def test_it_imports_neither_prefect_nor_airflow_and_no_spec(packages: Path) -> None:
    code = (
        "import sys\n"
        "sys.argv = ['ecoflows', 'run-task', 'pods.tasks:square', '--cache-root', 'cache']\n"
        "from ecoflows.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0, end.code\n"
        "found = [name for name in ('prefect', 'airflow', 'geopandas', 'ruamel') if name in sys.modules]\n"
        "assert not found, found\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=packages.parent,
        env={"PYTHONPATH": str(packages), "ECOFLOWS_ARGUMENTS": '{"x": 3}', "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_several_calls_have_a_line_each(packages: Path) -> None:
    calls = [{"cache_root": "cache", "arguments": {"x": x}, "element": str(x)} for x in (2, 13, 3)]
    file = packages.parent / "calls.json"
    file.write_text(json.dumps(calls))
    done = ecoflows(
        "run-task", "pods.tasks:square", "--call", file.as_uri(), cwd=packages.parent, path=packages
    )
    assert done.returncode == 3, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["instance"], one["state"]) for one in told] == [
        ("square[2]", "completed"),
        ("square[13]", "failed"),
        ("square[3]", "completed"),
    ]
    calls[1]["arguments"]["x"] = 14
    file.write_text(json.dumps(calls))
    again = ecoflows("run-task", "pods.tasks:square", "--call", file, cwd=packages.parent, path=packages)
    assert again.returncode == 75
    assert [json.loads(line)["state"] for line in again.stdout.splitlines()] == ["cached", "failed", "cached"]


@pytest.mark.parametrize(
    ("calls", "options", "code", "text"),
    [
        ("[]", [], 1, "a JSON object is expected"),
        ("[1]", [], 1, "a JSON object is expected"),
        ('[{"cache_root": "cache", "argument": {}}]', [], 1, "[0]: error[bad-call]: argument"),
        ('[{"cache_root": "c"}, {"cache_root": "c"}]', ["--collect"], 2, "are about one call"),
        ('[{"cache_root": "c"}]', ["--input", "x=y"], 2, "have their own arguments"),
    ],
)
def test_several_calls_that_are_wrong(
    packages: Path, calls: str, options: list[str], code: int, text: str
) -> None:
    done = ecoflows(
        "run-task", "pods.tasks:square", *options, cwd=packages.parent, path=packages, ECOFLOWS_CALL=calls
    )
    assert done.returncode == code
    assert text in done.stderr


@pytest.mark.parametrize("arguments", ["null", "[1]", "3"])
def test_arguments_that_are_no_object(command: Any, monkeypatch: Any, arguments: str) -> None:
    monkeypatch.setenv("ECOFLOWS_CALL", f'{{"cache_root": "c", "arguments": {arguments}}}')
    found = command("run-task", "map_tasks:square", "--input", "x=y")
    assert found.code == 1
    assert "error[bad-call]: arguments: Input should be" in found.err


def test_the_answer_is_the_last_that_is_printed(packages: Path) -> None:
    done = call(packages, "talk", arguments={"x": 1})
    assert json.loads(done.stdout)["state"] == "completed"
    assert done.stderr.endswith("bye\n")


def test_a_call_that_the_network_withholds_may_come_another_time(packages: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    url = f"http://127.0.0.1:{port}/call.json"
    done = ecoflows("run-task", "pods.tasks:square", "--call", url, cwd=packages.parent, path=packages)
    assert done.returncode == 75, done.stderr
    assert "Traceback" not in done.stderr


def test_a_call_at_a_url_that_is_not_there(packages: Path) -> None:
    url = (packages.parent / "none.json").as_uri()
    done = ecoflows("run-task", "pods.tasks:square", "--call", url, cwd=packages.parent, path=packages)
    assert done.returncode == 1
    assert "none.json cannot be read: there is no such file" in done.stderr


def test_other_code_than_expected_is_refused_before_it_runs(packages: Path) -> None:
    done = call(packages, "numbers", arguments={"count": 2}, key="0" * 64)
    assert done.returncode == 1
    assert "'numbers' has another cache key here" in done.stderr
    assert "Install the same version of 'pods' in both" in done.stderr
    assert "a line of the task's own" not in done.stderr


def test_the_end_of_its_container_is_its_own(packages: Path) -> None:
    """It may be the first process of a container, which the system protects from signals."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ecoflows", "run-task", "pods.tasks:wait"],
        cwd=packages.parent,
        env=command_environment(
            path=packages, ECOFLOWS_CALL=json.dumps({"cache_root": "cache", "arguments": {"seconds": 60}})
        ),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "waiting\n"
    process.terminate()
    output, _ = process.communicate(timeout=20)
    assert (process.returncode, output) == (143, "")
