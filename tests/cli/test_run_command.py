"""``ecoflows run`` as its user runs it: in a process of its own."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from answer import Answer
from place import Place
from support import by_id

GATED = """\
name: gated
cache_root: cache
tasks:
  prepare: {rows: 100}
  wait_for_gate: {counts: prepare}
  total: {counts: wait_for_gate}
"""

RUN = ("run", "counting.yaml", "--params", "params.yaml")


@pytest.mark.parametrize("engine", ["prefect", "sequential"])
def test_json_report(place: Place, engine: str) -> None:
    report = place.json(*RUN, "--engine", engine, "--json")
    assert report["state"] == "completed"
    assert report["run"]["workflow"] == "counting"
    assert report["run"]["engine"] == engine
    nodes = by_id(report)
    assert list(nodes) == ["read_counts", "total", "divide"]
    assert all(
        set(node) == {"id", "task", "state", "key", "artifact", "seconds", "error"} for node in nodes.values()
    )
    assert {node["state"] for node in nodes.values()} == {"completed"}
    artifact = nodes["read_counts"]["artifact"]
    assert set(artifact) == {"uri", "sha256", "type", "rows", "mock"}
    assert (artifact["type"], artifact["rows"]) == ("dataframe", 3)
    assert Path(artifact["uri"]).read_bytes()[:4] == b"PAR1"
    assert Path(nodes["total"]["artifact"]["uri"]).read_text().strip() == "6"
    again = by_id(place.json(*RUN, "--engine", engine, "--json"))
    assert {name: node["state"] for name, node in again.items()} == {
        "read_counts": "completed",
        "total": "cached",
        "divide": "cached",
    }
    assert [node["key"] for node in again.values()] == [node["key"] for node in nodes.values()]


def test_engines_give_the_same_keys_and_artifacts(place: Place) -> None:
    one = by_id(place.json(*RUN, "--json", "--cache-root", "one"))
    two = by_id(place.json(*RUN, "--json", "--engine", "sequential", "--cache-root", "two"))
    for name in one:
        assert one[name]["key"] == two[name]["key"]
        assert one[name]["artifact"]["sha256"] == two[name]["artifact"]["sha256"]


def test_plain_output_names_states_results_and_the_ui(place: Place) -> None:
    done = place.run("run", "--spec", "counting.yaml", "--params", "params.yaml", "--outputs", "out")
    assert done.returncode == 0, done.stderr
    assert "Prefect UI: http://127.0.0.1:" in done.stderr
    assert "total: completed" in done.stderr
    assert "prefect." not in done.stderr  # its own log lines
    assert "counting: completed in" in done.stdout
    assert "total: out/total.json" in done.stdout
    assert (place.folder / "out" / "total.json").read_text().strip() == "6"
    assert max(map(len, done.stdout.splitlines())) <= 110
    assert "\x1b" not in done.stdout + done.stderr


def test_a_failing_task(place: Place) -> None:
    done = place.run(*RUN, "--set", "divide.by=0")
    assert done.returncode == 3
    assert "failed: 'divide': ZeroDivisionError: integer division or modulo by zero" in done.stderr
    assert "counts = what 'read_counts' returned  (counting.yaml:6:20)" in done.stderr
    assert "by = 0  (--set divide.by=0)" in done.stderr
    assert "Traceback" not in done.stderr
    resume = "ecoflows run counting.yaml --params params.yaml --set divide.by=0 --from divide"
    assert resume in done.stderr
    assert "total" in place.log
    failed = place.run(*RUN, "--set", "divide.by=0", "--from", "divide", "--verbose")
    assert failed.returncode == 3
    assert "in divide\n" in failed.stderr
    assert place.log.count("read_counts") == 1
    mended = by_id(place.json(*RUN, "--from", "divide", "--json"))
    assert {name: node["state"] for name, node in mended.items()} == {
        "read_counts": "cached",
        "total": "not_run",
        "divide": "completed",
    }
    assert place.log.count("read_counts") == 1


def test_a_frame_that_breaks_its_schema_is_told_in_short(place: Place) -> None:
    place.write(
        "lose.yaml", "{name: lose, cache_root: cache, tasks: {read_counts: , lose: {counts: read_counts}}}"
    )
    report = place.call_json("run", "lose.yaml", "--json", "--engine", "sequential")
    node = by_id(report)["lose"]
    assert (report["state"], node["state"], node["artifact"]) == ("failed", "failed", None)
    assert node["error"] == (
        "'lose', the return value: the table breaks CountsSchema:\n"
        "  - column animals fails greater_than_or_equal_to(0) in 3 of 3 rows: -1, -2, -3"
    )


def test_killed_in_the_middle_and_resumed(place: Place) -> None:
    place.write("gated.yaml", GATED)
    process = place.start("run", "gated.yaml", "--json")
    try:
        deadline = time.monotonic() + 120
        while "wait_for_gate" not in place.log:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()
    verified = place.run("cache", "verify", "--cache-root", "cache")
    assert verified.returncode == 0, verified.stdout
    place.open_gate()
    nodes = by_id(place.json("run", "gated.yaml", "--json"))
    assert {name: node["state"] for name, node in nodes.items()} == {
        "prepare": "cached",
        "wait_for_gate": "completed",
        "total": "completed",
    }
    assert place.log == ["prepare", "wait_for_gate", "wait_for_gate", "total"]


def test_interrupted_by_the_user(place: Place) -> None:
    place.write("gated.yaml", GATED)
    process = place.start("run", "gated.yaml", "--engine", "sequential")
    try:
        deadline = time.monotonic() + 120
        while "wait_for_gate" not in place.log:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in stderr


def test_interrupted_twice_leaves_at_once(place: Place) -> None:
    place.write("gated.yaml", GATED)
    process = place.start("run", "gated.yaml")
    try:
        deadline = time.monotonic() + 120
        while "wait_for_gate" not in place.log:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while "Ctrl-C again leaves at once" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130


def test_names_that_a_terminal_or_prefect_could_take_amiss(place: Place) -> None:
    ids = ("self", "wait_for", "_x", "model_dump", "schema", "a[/b]", "[bold]")
    instances = [f'  - {{id: "{name}", task: prepare}}' for name in ids]
    place.write("odd.yaml", 'name: "run [/2024]"\nworkflow:\n' + "\n".join(instances))
    params = "".join(f'"{name}": {{rows: 2}}\n' for name in ids)
    place.write("odd.params.yaml", params)
    done = place.run("run", "odd.yaml", "--params", "odd.params.yaml")
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    assert "run [/2024]: completed" in done.stdout
    assert "a[/b] " in done.stdout


def test_outputs_that_would_overwrite_each_other(place: Place) -> None:
    text = 'name: n\nworkflow:\n  - {id: "a/b", task: prepare, partial: {rows: 1}}\n'
    place.write("n.yaml", text + '  - {id: "a b", task: prepare, partial: {rows: 2}}\n')
    done = place.call("run", "n.yaml", "--engine", "sequential", "--outputs", "out")
    assert done.returncode == 0, done.stderr
    assert len([file for file in (place.folder / "out").iterdir() if file.name[0] != "."]) == 2
    blocked = place.call(*RUN, "--engine", "sequential", "--outputs", "params.yaml/out")
    assert blocked.returncode == 1
    assert "params.yaml/out for the outputs cannot be made" in blocked.stderr
    assert "Traceback" not in blocked.stderr


def test_resuming_keeps_the_options(place: Place) -> None:
    options = ("--set", "divide.by=0", "--outputs", "out", "--engine", "sequential", "--to", "divide")
    done = place.call(*RUN, *options)
    line = next(line for line in done.stderr.splitlines() if "to resume" in line)
    assert line.endswith(
        "ecoflows run counting.yaml --params params.yaml --outputs out --set divide.by=0 "
        "--to divide --from divide --engine sequential"
    )


def test_json_is_alone_on_stdout_whatever_a_task_prints(place: Place) -> None:
    module = place.folder / "packages" / "park" / "tasks.py"
    module.write_text(module.read_text().replace('print("a task may print")', 'os.system("echo shell")'))
    assert place.call_json(*RUN, "--engine", "sequential", "--json")["state"] == "completed"


def test_no_rows_are_told(place: Place) -> None:
    module = place.folder / "packages" / "park" / "tasks.py"
    module.write_text(module.read_text().replace("[start, start + 1, start + 2]", "pd.Series([], dtype=int)"))
    done = place.call(*RUN, "--engine", "sequential")
    assert "no rows came out of read_counts" in done.stderr


def test_a_proxy_does_not_come_between(place: Place) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        place.variables[name] = "http://127.0.0.1:9"
    done = place.run(*RUN)
    assert done.returncode == 0, done.stderr


def test_credentials_of_a_server_are_not_shown(place: Place) -> None:
    place.variables["PREFECT_API_URL"] = "http://user:hush@127.0.0.1:9/api"
    done = place.run(*RUN)
    assert "hush" not in done.stdout + done.stderr


def test_an_empty_cache_root(place: Place) -> None:
    done = place.call(*RUN, "--cache-root", "")
    assert done.returncode == 2
    assert "--cache-root is empty" in done.stderr


def test_a_task_that_exits_fails_and_the_run_goes_on(place: Place) -> None:
    module = place.folder / "packages" / "park" / "tasks.py"
    text = module.read_text().replace("    return float(", "    raise SystemExit(0)\n    return float(")
    module.write_text(text)
    nodes = by_id(place.call_json(*RUN, "--engine", "sequential", "--json"))
    assert nodes["divide"]["error"] == "'divide': SystemExit: 0"
    assert nodes["total"]["state"] == "completed"


def test_a_server_that_does_not_answer(place: Place) -> None:
    place.variables["PREFECT_API_URL"] = "http://127.0.0.1:9/api"
    done = place.run(*RUN)
    assert done.returncode == 1
    assert "PREFECT_API_URL=http://127.0.0.1:9/api does not answer" in done.stderr
    assert "Traceback" not in done.stderr
    assert place.log == []


def test_two_runs_at_the_same_moment(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Both on one cache root, with no server yet: one is started, both succeed."""
    place.home = tmp_path_factory.mktemp("another-home")
    try:
        processes = [place.start(*RUN, "--json") for _ in range(2)]
        ended = [process.communicate(timeout=240) for process in processes]
        assert [process.returncode for process in processes] == [0, 0], ended
        starts = sum("starting a local Prefect server" in stderr for _, stderr in ended)
        assert starts == 1
        assert place.run("cache", "verify", "--cache-root", "cache").returncode == 0
        status = place.run("server", "status")
        assert status.returncode == 0
        assert "http://127.0.0.1:" in status.stdout
    finally:
        stopped = place.run("server", "stop")
    assert "stopped http://127.0.0.1:" in stopped.stdout
    assert place.run("server", "status").returncode == 1
    assert "no local server was running" in place.run("server", "stop").stdout


def test_two_homes_start_a_server_each(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    """They never take each other's server for their own, though they look for the same port."""
    homes = [tmp_path_factory.mktemp("home") for _ in range(2)]
    try:
        starts = []
        for home in homes:
            place.home = home
            starts.append(place.start("server", "start"))
        told = [process.communicate(timeout=240) for process in starts]
        assert [process.returncode for process in starts] == [0, 0], told
        assert len({stdout for stdout, _ in told}) == 2
    finally:
        for home in homes:
            place.home = home
            place.run("server", "stop")


def test_a_server_in_use_is_not_stopped_by_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Answer]
) -> None:
    from ecoflows.flows import server

    monkeypatch.setenv("ECOFLOWS_HOME", str(tmp_path))
    with server.in_use():
        stopped = command("server", "stop")
        assert stopped.code == 1
        assert f"runs still use the server (process {os.getpid()})" in stopped.err
        assert command("server", "stop", "--force").code == 0
    assert command("server", "stop").code == 0


def test_the_mark_of_a_killed_run_is_not_heeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ecoflows.flows import server

    monkeypatch.setenv("ECOFLOWS_HOME", str(tmp_path))
    mark = tmp_path / "server" / "users" / "12345.lock"
    mark.parent.mkdir(parents=True)
    mark.touch()
    assert server.users() == []
    assert not mark.exists()


def test_nothing_runs_where_parameters_are_wrong(place: Place) -> None:
    place.write("params.yaml", "divide:\n  bye: 2\nread_counts:\n  start: -1\n")
    done = place.call(*RUN)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "params.yaml:2:3: error[unknown-parameter]: 'divide' has no parameter 'bye'" in done.stderr
    assert "params.yaml:4:10: error[wrong-type]" in done.stderr
    assert "the parameter 'by' of 'divide' is missing" in done.stderr
    assert place.log == []
    assert not (place.folder / "cache").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run",), "name a spec"),
        (("run", "a.yaml", "--spec", "b.yaml"), "two specs are named"),
        ((*RUN, "--from", "totl"), "there is no task instance 'totl' in the spec; did you mean 'total'?"),
        ((*RUN, "--only", "total", "--force", "divide"), "--force names 'divide'"),
        ((*RUN, "--from", "total", "--to", "divide"), "nothing lies between"),
        ((*RUN, "--from", "total"), "'read_counts' is needed, but has no stored result"),
        ((*RUN, "--engine", "spark"), "'spark' is not one of"),
    ],
)
def test_wrong_usage(place: Place, arguments: tuple[str, ...], message: str) -> None:
    engine = () if "--engine" in arguments or len(arguments) < 4 else ("--engine", "sequential")
    done = place.call(*arguments, *engine)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_cache_root_that_cannot_be_used(place: Place) -> None:
    place.write("blocked", "this is a file")
    done = place.call(*RUN, "--engine", "sequential", "--cache-root", "blocked/cache")
    assert done.returncode in (1, 3)
    assert "blocked" in done.stderr
    assert "Traceback" not in done.stderr


def test_only_and_to(place: Place) -> None:
    base = (*RUN, "--engine", "sequential", "--json")
    nodes = by_id(place.call_json(*base, "--to", "total"))
    assert {name: node["state"] for name, node in nodes.items()} == {
        "read_counts": "completed",
        "total": "completed",
        "divide": "not_run",
    }
    nodes = by_id(place.call_json(*base, "--only", "divide"))
    assert {name: node["state"] for name, node in nodes.items()} == {
        "read_counts": "cached",
        "total": "not_run",
        "divide": "completed",
    }
