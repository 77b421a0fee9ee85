"""A machine that knows no connection yet, and a type of them."""

from __future__ import annotations

from pathlib import Path

import pytest

import radio
from ecoflows.connections import finding, types


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of its connections."""
    monkeypatch.setenv("ECOFLOWS_CONNECTIONS_FILE", str(tmp_path / "connections.toml"))
    known = types.connection_type
    monkeypatch.setattr(
        finding,
        "connection_type",
        lambda name: radio.RadioConnection if name == "radio" else known(name),
    )
    return tmp_path
