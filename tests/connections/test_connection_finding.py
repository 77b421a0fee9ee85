"""Connections by name: from the environment, from the file, from both."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

import radio
from ecoflows.connections.finding import find_connection, known
from ecoflows.connections.known import known_names
from ecoflows.connections.sources.environment import variable
from ecoflows.connections.sources.file import ConnectionsFile
from ecoflows.errors import ConnectionSettingsError, NodeError
from ecoflows.runtime import Call, run_node
from ecoflows.store import Store

SECRET = "s3cr3t-of-the-station"


def test_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOFLOWS__CONNECTIONS__RADIO__MEP_DEV__STATION", "mara")
    monkeypatch.setenv("ECOFLOWS__CONNECTIONS__RADIO__MEP_DEV__TOKEN", SECRET)
    found = find_connection("radio", "mep-dev")
    assert isinstance(found, radio.RadioConnection)
    assert found.station == "mara"
    assert found.secrets() == (SECRET,)
    assert SECRET not in repr(found)
    assert SECRET not in repr(known())


def test_fields_of_the_environment_win_over_those_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    ConnectionsFile().put("radio", "north", {"station": "mara", "token": "old", "channel": 7})
    monkeypatch.setenv(variable("radio", "north", "token"), SECRET)
    (one,) = known("radio")
    assert one.origins == {"station": "file", "token": "environment", "channel": "file"}
    found = find_connection("radio", "NORTH")
    assert isinstance(found, radio.RadioConnection)
    assert (found.station, found.channel, found.secrets()) == ("mara", 7, (SECRET,))


def test_the_file_is_its_owners_alone(machine: Path) -> None:
    file = ConnectionsFile()
    file.put("radio", "north", {"station": "mara", "token": SECRET})
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    file.path.write_text(f"# by hand\n{file.path.read_text()}")
    file.put("radio", "South", {"station": "tsavo", "token": SECRET})
    assert file.path.read_text().startswith("# by hand\n")
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert known_names("radio") == ("north", "South")
    assert file.remove("radio", "south")
    assert not file.remove("radio", "south")
    assert known_names("radio") == ("north",)
    assert not [path for path in machine.iterdir() if SECRET in path.read_text() and path != file.path]
    file.path.chmod(0o640)
    with pytest.raises(ConnectionSettingsError, match=r"mode 0640.*chmod 600"):
        find_connection("radio", "north")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("radio = 1", "table of connections"),
        ("[radio]\nnorth = 1", r"\[radio.north\] is to be a table"),
        ("[radio.a_b]\n[radio.A-b]", "'a_b' and 'A-b' are one name"),
        ("[radio.'a b']", "'a b' is no name of a connection"),
        ("[radio", "it is not TOML"),
    ],
)
def test_a_file_that_is_wrong(text: str, message: str) -> None:
    file = ConnectionsFile()
    file.path.touch(mode=0o600)
    file.path.write_text(text)
    with pytest.raises(ConnectionSettingsError, match=message):
        known("radio")
    assert known_names("radio") == ()


def test_settings_that_are_wrong_are_told_without_values() -> None:
    file = ConnectionsFile()
    file.put("radio", "north", {"token": SECRET, "chanel": SECRET, "channel": SECRET})
    with pytest.raises(ConnectionSettingsError) as raised:
        find_connection("radio", "north")
    text = str(raised.value)
    assert "'station' is missing; set ECOFLOWS__CONNECTIONS__RADIO__NORTH__STATION" in text
    assert "'chanel' (file) is no setting of it; did you mean 'channel'?" in text
    assert SECRET not in text
    assert raised.value.__cause__ is None
    file.put("radio", "north", {"station": "mara", "token": SECRET, "username": "ranger"})
    with pytest.raises(ConnectionSettingsError, match="give 'token', or 'username' and 'password', not both"):
        find_connection("radio", "north")


def test_a_name_that_is_not_known_names_those_that_are() -> None:
    file = ConnectionsFile()
    for name in ("north", "south"):
        file.put("radio", name, {"station": name, "token": SECRET})
    with pytest.raises(ConnectionSettingsError, match=r"did you mean 'north'. known are north, south;"):
        find_connection("radio", "nort")


def test_a_task_gets_the_client_of_a_name(tmp_path: Path) -> None:
    ConnectionsFile().put("radio", "north", {"station": "mara", "token": SECRET})
    store = Store(str(tmp_path / "cache"))
    radio.CLOSED.clear()
    result = run_node(Call(radio.listen, {"client": "north"}), store)
    assert store.load(result.artifact) == "mara"
    assert radio.CLOSED == ["mara"]
    assert result.arguments["client"] == "north"
    with pytest.raises(NodeError, match="too loud"):
        run_node(Call(radio.listen, {"client": "north", "loud": True}), store)
    assert radio.CLOSED == ["mara", "mara"]
    with pytest.raises(NodeError, match=r"the argument 'client': .*known are north"):
        run_node(Call(radio.listen, {"client": "west"}), store)
    found = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert found
    assert not any(SECRET.encode() in path.read_bytes() for path in found)


def test_a_form_shows_a_text_with_the_known_names() -> None:
    parameter = radio.listen.parameters["client"]
    assert parameter.adapter.json_schema() == {"type": "string", "minLength": 1}
    ConnectionsFile().put("radio", "north", {"station": "mara", "token": SECRET})
    assert parameter.adapter.json_schema() == {"type": "string", "minLength": 1, "examples": ["north"]}
