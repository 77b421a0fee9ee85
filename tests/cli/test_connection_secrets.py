"""Secrets of connections are looked for in everything that runs leave behind or show."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from earthranger_double import Double, Faults, serving
from earthranger_double.server import PASSWORD, TOKEN, USERNAME
from place import Place

SPEC = """\
name: secretive
cache_root: cache
workflow:
  - id: tracks
    task: get_subjectgroup_observations
    partial: {client: by-file, subject_group_name: Elephants, since: 2024-01-01, until: 2024-01-02}
  - id: events
    task: get_events
    execution: process
    partial: {client: by-environment, since: 2024-01-01, until: 2024-01-02}
  - id: kinds
    execution: process
    task: get_event_types
    partial: {client: by-block}
"""
WRONG = "refused-token-of-nobody-a91d"
DEBUG = {
    "PREFECT_LOGGING_LEVEL": "DEBUG",
    "PREFECT_LOGGING_ROOT_LEVEL": "DEBUG",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "DEBUG",
    "PREFECT_DEBUG_MODE": "true",
}
SECRETS = tuple(secret.encode() for secret in (TOKEN, PASSWORD, WRONG))


@contextmanager
def command_lines() -> Iterator[set[bytes]]:
    """The arguments of all processes that run meanwhile."""
    found: set[bytes] = set()
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.1):
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    found.add(file.read_bytes())
                except OSError:
                    continue

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


def with_connections(place: Place, double: Double) -> None:
    """Connections by all three sources."""
    place.variables["ECOFLOWS_CONNECTIONS_FILE"] = str(place.folder / "kept" / "connections.toml")
    prefix = "ECOFLOWS__CONNECTIONS__EARTHRANGER__BY_ENVIRONMENT__"
    place.variables |= {
        f"{prefix}SERVER": double.url,
        f"{prefix}USERNAME": USERNAME,
        f"{prefix}PASSWORD": PASSWORD,
    }
    for name, store, token in (
        ("by-file", "file", TOKEN),
        ("by-block", "prefect", TOKEN),
        ("wrong", "file", WRONG),
    ):
        fields = place.folder / "kept" / "fields.json"
        fields.parent.mkdir(exist_ok=True)
        fields.write_text(json.dumps({"server": double.url, "token": token}))
        given = (
            "--type",
            "earthranger",
            "--name",
            name,
            "--fields",
            f"@{fields}",
            "--store",
            store,
            "--replace",
        )
        make = place.run if store == "prefect" else place.call
        made = make("connections", "create", *given)
        assert made.returncode == 0, made.stderr
        fields.unlink()


def left_behind(*folders: Path) -> dict[Path, bytes]:
    """All files, without those that are to hold the secrets."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in files if path.parent.name != "kept"}


@pytest.mark.pods
def test_no_secret_is_anywhere(place: Place) -> None:
    place.write("secretive.yaml", SPEC)
    said: list[bytes] = []

    def run(*arguments: str, code: int, **variables: str) -> None:
        done = place.run(*arguments, **variables)
        assert done.returncode == code, done.stdout + done.stderr
        said.append((done.stdout + done.stderr).encode())

    def call(*arguments: str, code: int = 0) -> None:
        done = place.call(*arguments)
        assert done.returncode == code, done.stdout + done.stderr
        said.append((done.stdout + done.stderr).encode())

    with serving() as double, command_lines() as lines:
        with_connections(place, double)
        run("run", "secretive.yaml", "--verbose", code=0, **DEBUG)
        call("run", "secretive.yaml", "--engine", "sequential", "--outputs", "out")
        place.write("open.yaml", SPEC.replace("client: by-file, ", ""))
        double.faults = [Faults("403", path="activity/events", for_good=True)]
        run("run", "open.yaml", "--set", "tracks.client=wrong", "--verbose", code=3, **DEBUG)
        for target in ("script", "notebook", "airflow"):
            call("compile", "open.yaml", "--target", target, "--outpath", f"made/{target}.out")
        for command in (["list"], ["show", "by-file"], ["show", "by-block"], ["check", "wrong"]):
            call("connections", *command, code=command[-1] == "wrong")
        run("deployment", "build", "open.yaml", "--out", "made", "--pool", "park", code=0)
        call("get-params", "open.yaml", "--format", "json", "--outpath", "made/params.json")
        call("connections", "delete", "by-block")
    assert double.logins > 0
    shown = b"".join(said)
    assert b"by-file" in shown
    kept = (place.folder / "kept" / "connections.toml").read_bytes()
    assert kept.count(TOKEN.encode()) == kept.count(WRONG.encode()) == 1
    for secret in SECRETS:
        assert secret not in shown
        assert not [line for line in lines if secret in line]
        assert not [path for path, text in left_behind(place.folder, place.home).items() if secret in text]
