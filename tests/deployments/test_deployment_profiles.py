"""Profiles: what is wrong with them, told in its place, and what they come to.

``UPDATE_EXPECTED=1 pytest tests/deployments`` writes the texts anew; read every change.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from answer import Answer
from ecoflows.deployments.profiles import Profile, load_profile
from ecoflows.deployments.secrecy import holds_secret, is_secret_name
from ecoflows.deployments.variables import execution_settings, job_variables, pull_steps
from support import ROOT

BAD = Path(__file__).parent / "bad_profiles"
NAMES = sorted(file.stem for file in BAD.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_bad_profile(name: str, build: Callable[..., Answer], project: Path) -> None:
    text = (BAD / f"{name}.yaml").read_text()
    (project / "bad.yaml").write_text(text)
    answer = build("specs/numbers.yaml", "--profile", "./bad.yaml")
    assert answer.code == 1
    expected = BAD / f"{name}.txt"
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_text(answer.err)
    assert answer.err == expected.read_text()
    assert "hunter2" not in answer.err
    assert not (project / "deployments/prefect.yaml").exists()


def profile_of(folder: Path, text: str) -> Profile:
    file = folder / "profile.yaml"
    file.write_text(text)
    return load_profile(file)[0]


def test_a_process_pool_has_its_folder_and_nothing_of_pods(tmp_path: Path) -> None:
    found = profile_of(tmp_path, "{pool: mine, type: process, cache_root: results, environment: {A: b}}")
    assert job_variables(found) == {
        "working_dir": ".",
        "env": {"PREFECT_LOGGING_EXTRA_LOGGERS": "ecoflows", "ECOFLOWS_CACHE_ROOT": "results", "A": "b"},
    }
    assert pull_steps(found.folder) == [
        {"prefect.deployments.steps.set_working_directory": {"directory": "."}}
    ]


def test_pods_get_what_the_profile_says_of_them(tmp_path: Path) -> None:
    found = profile_of(
        tmp_path,
        """
        pool: park
        image: park/flows:1.0
        namespace: park
        service_accounts: {flow: maker, task: worker}
        secrets: [er]
        image_pull_secrets: [registry]
        resources: {flow: {request_cpu: 1, limit_memory: 1Gi}, task: {request_memory: 2Gi}}
        environment: {REGION: north}
        job_variables: {finished_job_ttl: 60}
        """,
    )
    variables = job_variables(found)
    settings = variables.pop("env")
    assert variables == {
        "image": "park/flows:1.0",
        "namespace": "park",
        "service_account_name": "maker",
        "env_from": [{"secretRef": {"name": "er"}}],
        "image_pull_secrets": [{"name": "registry"}],
        "cpu_request": "1",
        "memory_limit": "1Gi",
        "finished_job_ttl": 60,
    }
    assert settings["REGION"] == "north"
    execution = execution_settings(found)
    assert settings["ECOFLOWS_EXECUTION"] == execution.as_environment()["ECOFLOWS_EXECUTION"]
    assert (execution.mode, execution.image, execution.namespace) == ("pod", "park/flows:1.0", "park")
    assert (execution.service_account, execution.secrets) == ("worker", ("er",))
    assert execution.image_pull_secrets == ("registry",)
    assert execution.resources.requests.memory == "2Gi"
    assert execution.environment == {"REGION": "north"}
    assert found.folder == "/app"


def test_what_stands_under_execution_wins(tmp_path: Path) -> None:
    found = profile_of(
        tmp_path,
        """
        pool: park
        image: a/b
        execution: {image: c/d, environment: {A: task}}
        environment: {A: all, B: all}
        """,
    )
    assert execution_settings(found).image == "c/d"
    assert execution_settings(found).environment == {"A": "task", "B": "all"}
    assert job_variables(found)["env"]["A"] == "all"
    inline = profile_of(tmp_path, "{pool: park, image: a/b, execution: {mode: inline}}")
    assert execution_settings(inline).mode == "inline"


@pytest.mark.parametrize("name", ["local", "staging", "production"])
def test_the_profiles_that_are_shipped(name: str) -> None:
    found, _ = load_profile(ROOT / "deployments" / "profiles" / f"{name}.yaml")
    assert found.type == ("process" if name == "local" else "kubernetes")


@pytest.mark.parametrize(
    ("name", "variable", "secret"),
    [
        ("ER_TOKEN", True, True),
        ("AWS_SECRET_ACCESS_KEY", True, True),
        ("DB_PASSWORD", True, True),
        ("PREFECT_API_KEY", True, True),
        ("SIGNING_KEY", True, True),
        ("groupby_key", False, False),
        ("token", False, True),
        ("api_key", False, True),
        ("tokens_per_line", False, False),
        ("secretName", False, False),
        ("PARK_REGION", True, False),
        ("KEY_COLUMN", True, False),
    ],
)
def test_names_of_secrets(name: str, variable: bool, secret: bool) -> None:
    assert is_secret_name(name, variable=variable) is secret


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgresql://ranger:hunter2@db/park", True),
        ("https://:hunter2@host/", True),
        ("https://host/blob?sv=1&sig=abc%3D", True),
        ("AKIAABCDEFGHIJKLMNOP", True),
        ("-----BEGIN RSA PRIVATE KEY-----", True),
        ("https://host:8080/path@2x.png", False),
        ("s3://bucket/prefix", False),
        ("ranger@park.org", False),
    ],
)
def test_texts_that_hold_secrets(text: str, secret: bool) -> None:
    assert (holds_secret(text) is not None) is secret
