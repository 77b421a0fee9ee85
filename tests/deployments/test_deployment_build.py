"""``ecoflows deployment build``: the files that it writes, and those that it refuses to."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from answer import Answer
from ecoflows.cli.main import cli
from support import ROOT

Build = Callable[..., Answer]
GOLDEN = Path(__file__).parent / "golden"
FILE = Path("deployments/prefect.yaml")
MODULE = Path("deployments/flows/density_flow.py")
BOTH = ("specs/*.yaml", "--params", "specs/{spec}.params.yaml")


def entries() -> dict[str, dict[str, Any]]:
    """The deployments of the file as Prefect reads them, by name."""
    return {entry["name"]: entry for entry in yaml.safe_load(FILE.read_text())["deployments"]}


def environment(entry: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = entry["work_pool"]["job_variables"]["env"]
    return found


def test_what_is_written(build: Build, project: Path) -> None:
    answer = build(*BOTH, "--profile", "local", "--cron", "30 6 * * 1", "--timezone", "Africa/Nairobi")
    assert answer.code == 0, answer.err
    answer = build(
        "specs/density.yaml", "--profile", "production", "--concurrency-limit", "1", "--tag", "maps"
    )
    assert answer.code == 0, answer.err
    files = ("prefect.yaml", "flows/density_flow.py")
    found = {file: (project / "deployments" / file).read_text() for file in files}
    for name, text in found.items():
        expected = GOLDEN / f"{Path(name).name}.txt"
        if os.environ.get("UPDATE_EXPECTED"):
            expected.write_text(text)
        assert text == expected.read_text()


def test_it_is_what_prefect_knows(build: Build) -> None:
    from prefect.cli.deploy import _models as models

    from ecoflows.deployments import prefect_file

    known = {"work_pool": models.WorkPoolConfig, "concurrency_limit": models.ConcurrencyLimitSpec}
    known |= {"schedules": models.RawScheduleConfig}
    assert set(prefect_file.ENTRY_KEYS) == set(models.DeploymentConfig.model_fields)
    for name, model in known.items():
        assert set(prefect_file.INSIDE_KEYS[name]) == set(model.model_fields)
    build(*BOTH, "--profile", "local")
    models.PrefectYamlModel.model_validate(yaml.safe_load(FILE.read_text()))
    assert "{{" not in FILE.read_text()


def test_a_second_build_changes_nothing(build: Build) -> None:
    assert build(*BOTH, "--profile", "local").code == 0
    before = {file: file.stat().st_mtime_ns for file in (FILE, MODULE)}
    answer = build(*BOTH, "--profile", "local")
    assert answer.out == "unchanged: density-local, numbers-local\n"
    assert {file: file.stat().st_mtime_ns for file in (FILE, MODULE)} == before


def test_json_lists_the_files(build: Build) -> None:
    found = json.loads(build("specs/numbers.yaml", "--pool", "mine", "--json").out)
    assert found["deployments"] == ["numbers"]
    assert found["written"] == ["deployments/flows/numbers_flow.py", "deployments/prefect.yaml"]


def test_texts_and_numbers_stay_what_they_are_in_the_yaml_that_prefect_reads(
    build: Build, project: Path
) -> None:
    values = ["yes", "1e3", "12:30", "2024-01-31", "0o7", "null", "~", "", "1_000", 1e-07, 1e22, 2.0, 10**20]
    spec = "name: any\nworkflow:\n  - {id: one, task: anything}\n"
    (project / "specs/any.yaml").write_text(spec)
    (project / "any.yaml").write_text(json.dumps({"one": {"value": values}}))
    assert build("specs/any.yaml", "--pool", "mine", "--params", "any.yaml").code == 0
    assert entries()["any"]["parameters"] == {"one": {"value": values}}


def test_what_people_wrote_stays(build: Build) -> None:
    FILE.write_text(
        "# Our deployments.\n"
        "prefect-version: 3.8.8   # as on the server\n"
        "deployments:\n"
        "- name: theirs   # by hand\n"
        "  entrypoint: flows/theirs.py:flow\n"
        "  triggers: [{enabled: '{{ prefect.variables.on }}'}]\n"
        "  schedules:\n"
        "  - cron: 0 1 * * *   # at night\n"
    )
    before = FILE.read_text().splitlines()
    assert build("specs/numbers.yaml", "--pool", "mine").code == 0
    after = FILE.read_text().splitlines()
    assert [line for line in after if line in before] == before
    assert set(entries()) == {"theirs", "numbers"}


def test_what_no_option_says_stays(build: Build) -> None:
    one = ("specs/density.yaml", "--profile", "production")
    assert build(*one, "--params", "specs/density.params.yaml", "--cron", "0 6 * * *").code == 0
    text = FILE.read_text()
    text = text.replace("active: true", "active: false   # until the rains end")
    text = text.replace("      - nightly\n", "      - nightly\n      - of-people\n")
    text = text.replace("      name: park\n", "      name: park\n      work_queue_name: slow\n")
    FILE.write_text(text)
    assert build(*one).out == "unchanged: density-production\n"
    assert FILE.read_text() == text
    assert build(*one, "--cron", "0 7 * * *", "--timezone", "Africa/Nairobi").code == 0
    entry = entries()["density-production"]
    assert entry["schedules"] == [
        {"cron": "0 7 * * *", "timezone": "Africa/Nairobi", "slug": "cron", "active": True}
    ]
    assert entry["parameters"]["calculate_time_density"] == {"pixel_size": 250}
    assert "of-people" in entry["tags"]
    assert entry["work_pool"]["work_queue_name"] == "slow"


def test_a_new_version_of_the_spec_is_seen_in_the_file(build: Build, project: Path) -> None:
    build("specs/numbers.yaml", "--pool", "mine")
    before = entries()["numbers"]["version"]
    spec = project / "specs/numbers.yaml"
    spec.write_text(spec.read_text().replace("- {id: last", "- {id: final"))
    build("specs/numbers.yaml", "--pool", "mine")
    assert entries()["numbers"]["version"] != before
    assert "gives final." in entries()["numbers"]["description"]


def test_parameters_of_the_file_that_no_longer_fit_are_told_in_their_place(
    build: Build, project: Path
) -> None:
    build("specs/numbers.yaml", "--pool", "mine", "--params", "specs/numbers.params.yaml")
    spec = project / "specs/numbers.yaml"
    spec.write_text(spec.read_text().replace("id: the.first, task: numbers", "id: the.first, task: mapping"))
    answer = build("specs/numbers.yaml", "--pool", "mine")
    assert answer.code == 1
    line = next(at for at, text in enumerate(FILE.read_text().splitlines(), 1) if "count: 3" in text)
    assert f"{FILE}:{line}:9: error[unknown-parameter]: 'the.first' has no parameter 'count'" in answer.err


def test_a_schedule_needs_all_parameters(build: Build) -> None:
    assert build("specs/density.yaml", "--pool", "mine").code == 0
    answer = build("specs/density.yaml", "--pool", "mine", "--cron", "0 6 * * *")
    assert answer.code == 1
    assert "the parameter 'path' of 'load_observations' is missing" in answer.err
    assert "the parameter 'pixel_size' of 'calculate_time_density' is missing" in answer.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--cron", "61 * * * *"), "--cron: error[bad-cron]: '61 * * * *' is no cron text"),
        (("--cron", "0 6 * *"), "it has 4 of 5 fields"),
        (("--cron", "0 6 * * *", "--timezone", "Africa/Nairoby"), "did you mean 'Africa/Nairobi'?"),
        (("--timezone", "UTC"), "--timezone is that of --cron"),
        (("--image", "Park/Flows"), "an image's path is in lower case"),
        (("--tag", "PARK_TOKEN=abc123"), "--tag: error[secret-in-file]"),
        (("--tag", "{{ x }}"), "--tag: error[template-in-file]"),
        (("--out", ".."), "is not below the current folder"),
        (("--params", "nowhere.yaml"), "nowhere.yaml: error[no-such-file]"),
        (("--profile", "produktion"), "did you mean 'production'?"),
    ],
)
def test_options_that_cannot_be(build: Build, options: tuple[str, ...], told: str) -> None:
    answer = build("specs/numbers.yaml", "--pool", "mine", *options)
    assert answer.code in (1, 2)
    assert told in answer.err
    assert not FILE.exists()


def test_an_environment_has_to_be_named(build: Build) -> None:
    answer = build("specs/numbers.yaml")
    assert answer.code == 2
    assert "name an environment with --profile" in answer.err


def test_all_problems_come_at_once_and_nothing_is_written(build: Build, project: Path) -> None:
    (project / "specs/bad.yaml").write_text("name: bad\ntasks: {nonsense: {}}\n")
    (project / "specs/twice.yaml").write_text((project / "specs/numbers.yaml").read_text())
    (project / "wrong.yaml").write_text("the.first: {count: many}\n")
    specs = ("specs/bad.yaml", "specs/numbers.yaml", "specs/twice.yaml")
    answer = build(*specs, "--profile", "local", "--params", "wrong.yaml")
    assert answer.code == 1
    for told in (
        "specs/bad.yaml:2:9: error[unknown-task]",
        "specs/twice.yaml:1:7: error[duplicate-name]: two specs are named 'numbers'",
        "wrong.yaml:1:20: error[wrong-type]",
    ):
        assert told in answer.err
    assert not FILE.exists()
    assert not MODULE.parent.exists()


def test_files_of_people_are_not_written_over(build: Build) -> None:
    MODULE.parent.mkdir(parents=True)
    MODULE.write_text("flow = 'mine'\n")
    FILE.write_text("deployments:\n  - {name: density, entrypoint: flows/a.py:b}\n")
    answer = build("specs/density.yaml", "--pool", "mine")
    assert answer.code == 1
    assert "deployments/flows/density_flow.py: error[not-ours]" in answer.err
    assert "deployments/prefect.yaml:2:5: error[not-ours]: 'density' was written by a person" in answer.err
    assert MODULE.read_text() == "flow = 'mine'\n"
    assert build("specs/density.yaml", "--pool", "mine", "--force").code == 0
    assert entries()["density"]["entrypoint"] == "deployments/flows/density_flow.py:flow"


def test_keys_that_prefect_ignores_are_told(build: Build) -> None:
    FILE.write_text("deployments:\n  - {name: theirs, entrypoint: a.py:b, schedule_: {}}\n")
    answer = build("specs/numbers.yaml", "--pool", "mine")
    assert answer.code == 0
    assert "2:40: warning[unknown-key]: unknown key 'schedule_', which Prefect ignores" in answer.err
    FILE.write_text(FILE.read_text().replace("enforce_parameter_schema", "enforce_parameters"))
    answer = build("specs/numbers.yaml", "--pool", "mine")
    assert answer.code == 1
    assert "error[unknown-key]: unknown key 'enforce_parameters'" in answer.err


def test_a_file_of_another_project(build: Build) -> None:
    assert build("specs/numbers.yaml", "--pool", "mine", "--project", "north").code == 0
    assert entries()["numbers"]["tags"] == ["ecoflows:north"]
    assert build("specs/numbers.yaml", "--pool", "mine").code == 0
    answer = build("specs/numbers.yaml", "--pool", "mine", "--project", "south")
    assert answer.code == 2
    assert "the file is of the project 'north' already" in answer.err


@pytest.mark.parametrize(
    ("task", "params", "told"),
    [
        ("fetch", "fetch: {url: 'https://ranger:hunter2@park.org/x'}", "a URL with a password in it"),
        ("anything", "anything: {value: {api_key: hunter2}}", "'api_key' looks like the name of a secret"),
        (
            "anything",
            "anything: {value: [{password: hunter2}]}",
            "'password' looks like the name of a sec",
        ),
        ("anything", "anything: {value: '{{ prefect.blocks.secret.hunter2 }}'}", "Prefect would replace"),
        ("anything", "anything: {value: .inf}", ".inf is no number of JSON"),
        ("anything", "anything: {value: {__prefect_kind: jinja}}", "means something else to Prefect"),
    ],
)
def test_parameters_that_must_not_be_written(
    build: Build, project: Path, task: str, params: str, told: str
) -> None:
    (project / "specs/one.yaml").write_text(f"name: one\ntasks: {{{task}: {{}}}}\n")
    (project / "one.yaml").write_text(params)
    answer = build("specs/one.yaml", "--pool", "mine", "--params", "one.yaml")
    assert answer.code == 1
    assert told in answer.err
    assert "one.yaml:1:" in answer.err
    if "secret-in-file" in answer.err:
        assert "hunter2" not in answer.err
    assert not FILE.exists()


def test_a_cache_root_that_is_lost_with_its_pod(build: Build, project: Path) -> None:
    profile = project / "deployments/profiles/production.yaml"
    profile.write_text(profile.read_text().replace("cache_root: s3://park/cache\n", ""))
    assert build("specs/density.yaml", "--profile", "production").code == 0
    answer = build("specs/numbers.yaml", "--profile", "production")
    assert answer.code == 1
    assert "the cache root '.ecoflows/cache' is a folder of each pod" in answer.err
    profile.write_text(f"{profile.read_text()}cache_root: results\n")
    answer = build("specs/numbers.yaml", "--profile", "production")
    assert "deployments/profiles/production.yaml:" in answer.err
    assert "the cache root 'results' is a folder of each pod" in answer.err


def test_settings_of_single_instances_go_to_the_specs_that_have_them(build: Build) -> None:
    answer = build("specs/density.yaml", "specs/numbers.yaml", "--profile", "production")
    assert answer.code == 0, answer.err
    settings = {
        name: json.loads(environment(entry)["ECOFLOWS_EXECUTION"]) for name, entry in entries().items()
    }
    assert settings["density-production"]["instances"] == {
        "calculate_time_density": {"memory_escalation": 2.0}
    }
    assert "instances" not in settings["numbers-production"]
    answer = build("specs/numbers.yaml", "--profile", "production")
    assert "warning[unknown-instance]: none of these specs has a task instance" in answer.err


def test_fifty_specs(build: Build, project: Path) -> None:
    spec = (project / "specs/density.yaml").read_text()
    for number in range(50):
        text = spec.replace("name: density", f"name: density {number}")
        (project / f"specs/many_{number}.yaml").write_text(text)
    answer = build("specs/many_*.yaml", "--profile", "local")
    assert answer.code == 0, answer.err
    assert len(entries()) == 50
    flows = sorted(Path("deployments/flows").glob("*.py"))
    assert len(flows) == 50
    assert all(len(re.findall(r"^\w", flow.read_text(), re.MULTILINE)) == 2 for flow in flows)


def test_a_module_finds_its_spec_from_anywhere(
    build: Build, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.flows import load_flow_from_entrypoint

    build("specs/numbers.yaml", "--pool", "mine")
    monkeypatch.chdir(tmp_path)
    flow: Any = load_flow_from_entrypoint(f"{project}/deployments/flows/numbers_flow.py:flow")
    assert flow.name == "numbers"
    assert list(flow.parameters.properties) == ["the_first"]


def test_a_spec_of_any_name(build: Build, project: Path) -> None:
    from prefect.flows import load_flow_from_entrypoint

    from ecoflows.flows.deployed import workflow_of

    name = """specs/it's "\"\"\" \\ 🐘.yaml"""
    (project / "specs/numbers.yaml").rename(project / name)
    assert build(name, "--pool", "mine").code == 0
    flow: Any = load_flow_from_entrypoint(entries()["numbers"]["entrypoint"], use_placeholder_flow=False)
    workflow = workflow_of(flow)
    assert workflow is not None
    assert workflow.source.name == name


def test_the_files_that_are_shipped_are_as_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("specs", "deployments"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    shipped = ("--profile", "local", "--params", "specs/{spec}.params.yaml")
    done = CliRunner().invoke(cli, ["deployment", "build", "specs/*.yaml", *shipped])
    assert "unchanged: density_by_subject-local, time_density-local" in done.output


def test_a_module_hides_none_that_the_flow_imports(build: Build, project: Path) -> None:
    from prefect.flows import load_flow_from_entrypoint

    assert build("specs/numbers.yaml", "--pool", "mine").code == 0
    load_flow_from_entrypoint(entries()["numbers"]["entrypoint"], use_placeholder_flow=False)
    code = "import numbers; numbers.Number"
    paths = os.pathsep.join(filter(None, sys.path))
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": paths})


def test_options_profile_and_spec_are_told_of_at_once(build: Build, project: Path) -> None:
    (project / "deployments/profiles/bad.yaml").write_text("pool: park\ntyp: process\n")
    (project / "specs/worse.yaml").write_text("name: worse\ntasks: {numbrs: {}}\n")
    options = ("--profile", "bad", "--cron", "61 * * * *", "--timezone", "Africa/Nairob")
    answer = build("specs/worse.yaml", *options)
    assert answer.code == 1
    for code in ("bad-cron", "bad-timezone", "unknown-key", "unknown-task"):
        assert f"error[{code}]" in answer.err
    answer = build("specs/worse.yaml", "--pool", "park", "--image", "A B")
    assert answer.code == 1
    for code in ("bad-image", "unknown-task"):
        assert f"error[{code}]" in answer.err
    assert not (project / "deployments/prefect.yaml").exists()
