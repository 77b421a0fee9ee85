"""Connections in the blocks of a Prefect server, and servers that cannot be asked."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from ecoflows.connections.finding import find_connection
from ecoflows.connections.types import connection_type
from ecoflows.flows.connection_blocks import block_source
from ecoflows.flows.connection_blocks.block_source import PrefectBlocks
from ecoflows.flows.connection_blocks.block_types import block_name, block_type
from ecoflows.flows.connection_blocks.server_url import api_url


@pytest.fixture(autouse=True)
def no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a file of connections."""
    monkeypatch.setenv("ECOFLOWS_CONNECTIONS_FILE", str(tmp_path / "connections.toml"))


def test_a_type_has_the_fields_of_its_connection_and_hides_the_secret_ones() -> None:
    kind = block_type("earthranger")
    assert (kind.__name__, kind.get_block_type_slug()) == ("EarthRangerConnection", "earthrangerconnection")
    schema = kind.model_json_schema()
    fields = connection_type("earthranger").model_fields
    assert list(schema["properties"]) == list(fields)
    assert schema["secret_fields"] == ["token", "password"]
    assert schema["properties"]["server"]["description"] == fields["server"].description
    made = kind(server="mara.pamdas.org", token="secret-of-mara")
    assert "secret-of-mara" not in repr(made)


def test_names_of_blocks() -> None:
    assert [block_name(name) for name in ("Mara", "MEP_Dev", "a-b")] == ["mara", "mep-dev", "a-b"]


def test_what_the_form_left_empty_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    data = {"server": "mara.pamdas.org", "token": "secret-of-mara", "username": "", "password": None}
    document = SimpleNamespace(name="mara-north", data=data)

    @contextmanager
    def client(_url: str) -> Any:
        yield SimpleNamespace(read_block_documents_by_type=lambda *_a, **_k: [document])

    monkeypatch.setattr(block_source, "_client", client)
    monkeypatch.setattr(block_source, "api_url", lambda: "http://127.0.0.1:1/api")
    (found,) = PrefectBlocks().every("earthranger")
    assert dict(found.fields) == {"server": "mara.pamdas.org", "token": "secret-of-mara"}
    assert "secret-of-mara" not in repr(found)
    assert find_connection("earthranger", "mara_north").secrets() == ("secret-of-mara",)


def test_a_server_that_does_not_answer_hides_its_blocks_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    @contextmanager
    def client(_url: str) -> Any:
        raise httpx.ConnectError("no")
        yield

    monkeypatch.setattr(block_source, "_client", client)
    monkeypatch.setattr(block_source, "api_url", lambda: "http://user:pass-of-the-server@127.0.0.1:1/api")
    prefix = "ECOFLOWS__CONNECTIONS__EARTHRANGER__MARA__"
    monkeypatch.setenv(f"{prefix}SERVER", "mara.pamdas.org")
    monkeypatch.setenv(f"{prefix}TOKEN", "secret-of-mara")
    log = logging.getLogger("ecoflows")
    monkeypatch.setattr(log, "handlers", [*log.handlers, caplog.handler])  # Prefect keeps it to itself
    with caplog.at_level(logging.WARNING, "ecoflows"):
        assert find_connection("earthranger", "mara").secrets() == ("secret-of-mara",)
    assert "kept by the Prefect server at http://127.0.0.1:1/api are not seen: ConnectError" in caplog.text
    assert "pass-of-the-server" not in caplog.text


def test_the_server_is_the_configured_one_or_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    monkeypatch.setenv("ECOFLOWS_HOME", str(tmp_path))
    with temporary_settings({PREFECT_API_URL: "http://prefect.example.org/api"}):
        assert api_url() == "http://prefect.example.org/api"
    with temporary_settings({PREFECT_API_URL: None}):
        assert api_url() is None
