"""What the doctor finds on a real Prefect server, and what the command prints."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from answer import Answer
from cluster_questions import Api
from ecoflows.deployments.pools import put_pool
from ecoflows.deployments.templates import SHIPPED
from ecoflows.doctor import Finding, Health, Subject
from ecoflows.doctor.server import _version, check_server
from support import ROOT

Subjects = Callable[..., Subject]

POD_PROFILE = "{pool: doctor-pods, image: 'flows:1', namespace: park}"


@pytest.fixture
def server(server_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The API of the local server, in a project's folder."""
    from ecoflows.flows.server import ensure_server

    assert server_home.is_dir()
    monkeypatch.chdir(tmp_path)
    return ensure_server().api_url


def examined(subject: Subject, server: str) -> list[Finding]:
    """What is found with the server's address in the environment."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: server}):
        return list(check_server(subject))


def named(findings: list[Finding], name: str) -> list[tuple[str, str, str | None]]:
    return [(one.health.value, one.found, one.fix) for one in findings if one.name == name]


def made(name: str, text: str, subject: Subjects, server: str) -> Subject:
    """Make the pool of a profile, as its own command does."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    found = subject(text)
    assert found.environment is not None
    with temporary_settings({PREFECT_API_URL: server}):
        put_pool(name, None, found.environment.source.name, found.environment.out)
    return found


def test_a_server_that_does_not_run_is_no_error_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOFLOWS_HOME", str(tmp_path))
    (finding,) = check_server(Subject())
    assert finding.health is Health.SKIPPED
    assert finding.found == "PREFECT_API_URL is not set, and the local server does not run"


def test_pods_need_a_server_that_is_named(subject: Subjects) -> None:
    (finding,) = check_server(subject(POD_PROFILE))
    assert finding.health is Health.ERROR
    assert finding.found.startswith("PREFECT_API_URL is not set")


def test_a_server_that_does_not_answer_is_an_error_and_its_password_is_not_shown() -> None:
    (finding,) = examined(Subject(), "http://me:hunter2@127.0.0.1:9/api")
    assert finding.health is Health.ERROR
    assert finding.found.startswith("http://127.0.0.1:9/api does not answer (")
    assert "hunter2" not in finding.found


def test_a_server_that_wants_a_key_says_so(api: Api) -> None:
    api.answers["/api/health"] = (200, "true")
    api.answers["/api/admin/version"] = (401, '{"exception_message": "Unauthorized"}')
    (finding,) = examined(Subject(), f"{api.url}/api")
    assert finding.health is Health.ERROR
    assert finding.found.startswith(f"{api.url}/api refuses us (401): ")
    assert "set PREFECT_API_KEY" in finding.found


@pytest.mark.parametrize(
    ("there", "health"),
    [("3.8.8", "ok"), ("3.9.0.dev2", "ok"), ("3.7.9", "warning"), ("2.20.1", "error"), ("4.0.0", "error")],
)
def test_a_server_may_be_newer_but_not_older(there: str, health: str) -> None:
    ((found, text, _),) = named(list(_version("3.8.8", there)), "server version")
    assert (found, text) == (health, f"the server has Prefect {there}, this machine 3.8.8")


def test_a_pool_that_is_missing_is_told_with_the_command_that_makes_it(
    server: str, subject: Subjects
) -> None:
    profile = subject("{pool: doctor-nowhere, type: process}")
    findings = list(check_server(profile))
    assert named(findings, "server") == [("ok", f"{server} answers", None)]
    assert [health for health, _, _ in named(findings, "server version")] == ["ok"]
    assert profile.environment is not None
    command = f"'ecoflows deployment pool --profile {profile.environment.source.name}' makes it"
    assert named(findings, "work pool") == [("error", "there is no work pool 'doctor-nowhere'", command)]


def test_a_pool_of_another_type_is_an_error(server: str, subject: Subjects) -> None:
    made("doctor-process", "{pool: doctor-process, type: process}", subject, server)
    findings = examined(subject("{pool: doctor-process, image: 'flows:1'}"), server)
    (found,) = named(findings, "work pool")
    assert found[:2] == (
        "error",
        "the work pool 'doctor-process' is of the type 'process', the profile says 'kubernetes'",
    )
    assert named(findings, "job template") == []


def test_a_variable_that_the_template_lacks_is_an_error(server: str, subject: Subjects) -> None:
    # Without one in the folder, the template is that of prefect-kubernetes, which knows no secrets.
    profile = made("doctor-pods", POD_PROFILE, subject, server)
    assert profile.environment is not None
    assert named(examined(profile, server), "job template") == [
        ("ok", "the pool has the template of prefect-kubernetes", None)
    ]
    out = profile.environment.out
    (out / SHIPPED).parent.mkdir()
    (out / SHIPPED).write_text("{")
    findings = examined(profile, server)
    ((health, found, _),) = named(findings, "job template")
    assert health == "error"
    assert "cannot be read as JSON" in found
    assert len(named(findings, "workers")) == 1
    (out / SHIPPED).write_bytes((ROOT / "deployments" / SHIPPED).read_bytes())
    ((health, _, fix),) = named(examined(profile, server), "job template")
    assert health == "warning"
    assert fix is not None
    text = "{pool: doctor-pods, image: 'flows:1', secrets: [park], job_variables: {label: {}}}"
    command = f"ecoflows deployment pool --profile {profile.environment.source.name}"
    start = "the pool's template has no variable"
    assert named(examined(subject(text), server), "job template") == [
        (
            "error",
            f"{start} 'env_from', which the profile gives: it is ignored",
            f"'{command}' brings the template up to date",
        ),
        ("error", f"{start} 'label', which the profile gives: it is ignored", "did you mean 'labels'?"),
    ]


def test_a_pool_without_a_worker_makes_runs_wait(server: str, subject: Subjects) -> None:
    findings = list(check_server(made("doctor-idle", "{pool: doctor-idle, type: process}", subject, server)))
    assert named(findings, "workers") == [
        (
            "error",
            "no worker of the pool 'doctor-idle' is online (there never was one); runs would wait",
            "'prefect worker start --pool doctor-idle' on its machine",
        )
    ]


def test_a_worker_that_is_online_is_named(server: str, subject: Subjects) -> None:
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL, temporary_settings

    profile = made("doctor-busy", "{pool: doctor-busy, type: process}", subject, server)
    with temporary_settings({PREFECT_API_URL: server}), get_client(sync_client=True) as client:
        answer = client._client.post(
            "/work_pools/doctor-busy/workers/heartbeat", json={"name": "on-the-hill"}
        )
        answer.raise_for_status()
    assert named(list(check_server(profile)), "workers") == [("ok", "online: on-the-hill", None)]


def test_a_pool_that_is_paused_is_a_warning(server: str, subject: Subjects) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolUpdate
    from prefect.settings import PREFECT_API_URL, temporary_settings

    profile = made("doctor-paused", "{pool: doctor-paused, type: process}", subject, server)
    with temporary_settings({PREFECT_API_URL: server}), get_client(sync_client=True) as client:
        client.update_work_pool("doctor-paused", WorkPoolUpdate(is_paused=True))
    (found,) = named(list(check_server(profile)), "work pool")
    assert found[0] == "warning"


def test_pods_cannot_reach_a_server_of_this_machine_alone(server: str, subject: Subjects) -> None:
    findings = examined(subject(POD_PROFILE), server)
    (found,) = named(findings, "server address")
    assert found[:2] == ("warning", f"{server} is this machine alone, which pods cannot reach")


def test_the_command_prints_findings_with_their_fixes_and_fails_where_one_is_an_error(
    server: str, subject: Subjects, command: Callable[..., Answer]
) -> None:
    made("doctor-all", "{pool: doctor-all, type: process}", subject, server)
    answer = command("doctor", "--profile", "production")
    assert answer.code == 1
    lines = answer.out.splitlines()
    assert "ok       server          " + server + " answers" in lines
    place = next(number for number, line in enumerate(lines) if line.startswith("error    workers "))
    assert lines[place + 1].strip() == "= 'prefect worker start --pool doctor-all' on its machine"
    assert lines[-1].endswith(" ok, 1 error")

    answer = command("doctor", "--profile", "production", "--json")
    assert answer.code == 1
    report = json.loads(answer.out)
    assert not report["ok"]
    assert {check["name"] for check in report["checks"]} >= {"python", "server", "work pool", "workers"}
    assert [check["name"] for check in report["checks"] if check["state"] == "error"] == ["workers"]


def test_the_command_without_a_profile_is_about_this_machine(
    server: str, command: Callable[..., Answer]
) -> None:
    answer = command("doctor", "--json")
    assert answer.code == 0
    names = [check["name"] for check in json.loads(answer.out)["checks"]]
    assert names == [
        "python",
        "ecoflows",
        "prefect",
        "task packages",
        "cache root",
        "server",
        "server version",
    ]


def test_a_profile_that_does_not_exist_is_told_with_those_that_do(
    subject: Subjects, command: Callable[..., Answer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    subject()
    answer = command("doctor", "--profile", "productoin")
    assert answer.code == 1
    assert "did you mean 'production'?" in answer.err
