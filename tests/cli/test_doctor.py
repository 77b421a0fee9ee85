"""``ecoflows doctor``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from answer import Answer
from ecoflows import doctor
from ecoflows.doctor.model import Finding, Subject, error, ok


@pytest.fixture
def findings(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """What is found; the test says."""
    found: list[Finding] = []
    monkeypatch.setattr(doctor, "examine", lambda _subject: iter(found))
    return found


def test_all_is_well(command: Callable[..., Answer], findings: list[Finding]) -> None:
    findings += [ok("python", "Python 3.11")]
    answer = command("doctor")
    assert answer.code == 0
    assert answer.out == "ok       python          Python 3.11\n1 ok\n"


def test_errors_come_with_their_fix(command: Callable[..., Answer], findings: list[Finding]) -> None:
    findings += [ok("python", "Python 3.11"), error("secret", "there is no secret 'park'", "make it")]
    answer = command("doctor")
    assert answer.code == 1
    assert answer.out.splitlines()[1:] == [
        "error    secret          there is no secret 'park'",
        "                         = make it",
        "1 ok, 1 error",
    ]


def test_json(command: Callable[..., Answer], findings: list[Finding]) -> None:
    findings += [error("secret", "there is no secret 'park'", "make it")]
    answer = command("doctor", "--json")
    assert answer.code == 1
    assert json.loads(answer.out) == {
        "ok": False,
        "checks": [
            {"name": "secret", "state": "error", "found": "there is no secret 'park'", "fix": "make it"}
        ],
    }


def test_the_profile_is_read(
    command: Callable[..., Answer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Subject] = []
    monkeypatch.setattr(doctor, "examine", lambda subject: seen.append(subject) or iter(()))
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "park.yaml").write_text("pool: park\n")
    assert command("doctor", "--profile", "park", "--out", str(tmp_path)).code == 0
    assert seen[0].environment is not None
    assert seen[0].environment.profile.pool == "park"
    assert seen[0].environment.out == tmp_path


def test_an_unknown_profile(command: Callable[..., Answer], tmp_path: Path) -> None:
    answer = command("doctor", "--profile", "park", "--out", str(tmp_path))
    assert answer.code == 1
    assert "unknown-profile" in answer.err
