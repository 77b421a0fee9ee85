"""The manifests and the job template that are shipped, without a cluster."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock
from uuid import UUID

import pytest
import yaml

from ecoflows.deployments.profiles import load_profile
from ecoflows.deployments.templates import known_variables
from ecoflows.deployments.variables import job_variables
from ecoflows.doctor.cluster import FLOW_RIGHTS
from support import ROOT

FOLDER = ROOT / "deployments" / "kubernetes"
TEMPLATE = json.loads((FOLDER / "base-job-template.json").read_text())
PROFILES = sorted(
    file
    for file in (ROOT / "deployments" / "profiles").glob("*.yaml")
    if load_profile(file)[0].type == "kubernetes"
)
ID = UUID(int=7)


def manifests() -> Iterator[dict[str, Any]]:
    kustomization = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
    for name in kustomization["resources"]:
        yield from yaml.safe_load_all((FOLDER / name).read_text())


def of(kind: str, name: str) -> dict[str, Any]:
    return next(one for one in manifests() if one["kind"] == kind and one["metadata"]["name"] == name)


def rights(role: str) -> set[str]:
    return {
        f"{verb} {resource}"
        for rule in of("Role", role)["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_every_manifest_is_applied() -> None:
    applied = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    there = {file.name for file in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(applied) == there


def test_the_flow_has_the_rights_that_the_doctor_looks_for_and_no_others() -> None:
    assert rights("ecoflows-flow") == {str(right) for right in FLOW_RIGHTS}


def test_the_worker_cannot_read_secrets_or_change_pods() -> None:
    assert rights("ecoflows-worker") == {
        *(f"{verb} jobs" for verb in ("create", "delete", "get", "list", "watch")),
        *(f"{verb} pods" for verb in ("get", "list", "watch")),
        "get pods/log",
    }


def test_nothing_is_bound_to_the_account_of_tasks() -> None:
    bound = [
        subject["name"]
        for one in manifests()
        if one["kind"].endswith("RoleBinding")
        for subject in one["subjects"]
    ]
    assert sorted(bound) == ["ecoflows-flow", "ecoflows-worker"]
    assert of("ServiceAccount", "ecoflows-task")["automountServiceAccountToken"] is False
    assert not any(one["kind"].startswith("Cluster") for one in manifests())


def test_accounts_name_their_namespace() -> None:
    # Else kustomize does not know that a binding means them, and leaves it behind in an overlay.
    kustomization = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
    named = {one["metadata"].get("namespace") for one in manifests() if one["kind"] == "ServiceAccount"}
    assert named == {kustomization["namespace"]}


def test_no_secret_has_a_value_here() -> None:
    assert not any(one["kind"] == "Secret" for one in manifests())
    container = of("Deployment", "ecoflows-worker")["spec"]["template"]["spec"]["containers"][0]
    named = {entry["name"]: entry for entry in container["env"]}
    for name in ("PREFECT_API_KEY", "PREFECT_API_AUTH_STRING"):
        reference = named[name]["valueFrom"]["secretKeyRef"]
        setting = f"PREFECT_INTEGRATIONS_KUBERNETES_WORKER_{name.removeprefix('PREFECT_')}_SECRET"
        # The worker puts the same references into the Jobs that it makes.
        assert named[f"{setting}_NAME"]["value"] == reference["name"]
        assert named[f"{setting}_KEY"]["value"] == reference["key"]


def test_all_variables_of_the_template_are_used() -> None:
    text = json.dumps(TEMPLATE["job_configuration"])
    assert [name for name in known_variables(TEMPLATE) if f"{{{{ {name} }}}}" not in text] == []


@pytest.fixture(params=PROFILES, ids=lambda file: file.stem)
def job(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The Job that Prefect's worker makes of the template and a profile."""
    file: Path = request.param
    profile, _ = load_profile(file)
    variables = job_variables(profile)
    assert [name for name in variables if name not in known_variables(TEMPLATE)] == []
    return made_of(variables)


def made_of(variables: dict[str, Any]) -> dict[str, Any]:
    from prefect.client.schemas.objects import FlowRun
    from prefect_kubernetes.worker import KubernetesWorkerJobConfiguration

    configuration = asyncio.run(
        KubernetesWorkerJobConfiguration.from_template_and_values(TEMPLATE, variables, client=AsyncMock())
    )
    configuration.prepare_for_flow_run(FlowRun(id=ID, name="sly-fox", flow_id=ID))
    manifest: dict[str, Any] = configuration.job_manifest
    return manifest


def test_the_pods_of_flows_are_hardened(job: dict[str, Any]) -> None:
    spec = job["spec"]
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    assert spec["backoffLimit"] == 0
    assert spec["activeDeadlineSeconds"] > 0
    assert spec["ttlSecondsAfterFinished"] > 0
    assert pod["serviceAccountName"] == "ecoflows-flow"
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        **dict.fromkeys(("runAsUser", "runAsGroup", "fsGroup"), 1000),
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["imagePullPolicy"] == "IfNotPresent"
    assert container["resources"]["requests"]["memory"] == container["resources"]["limits"]["memory"]
    assert "{{" not in json.dumps(job)


def test_a_flow_knows_its_pod_and_what_its_profile_says(job: dict[str, Any]) -> None:
    container = job["spec"]["template"]["spec"]["containers"][0]
    entries = {entry["name"]: entry for entry in container["env"]}
    fields = {
        name: entry["valueFrom"]["fieldRef"]["fieldPath"]
        for name, entry in entries.items()
        if "valueFrom" in entry
    }
    assert fields == {
        "ECOFLOWS_POD_NAME": "metadata.name",
        "ECOFLOWS_POD_UID": "metadata.uid",
        "ECOFLOWS_POD_NAMESPACE": "metadata.namespace",
    }
    assert json.loads(entries["ECOFLOWS_EXECUTION"]["value"])["mode"] == "pod"
    assert container["envFrom"] == [{"secretRef": {"name": "ecoflows-secrets"}}]
    # The image's entry point is 'ecoflows', and Prefect's command is another one.
    assert (container["command"], container["args"]) == (["env"], ["prefect", "flow-run", "execute"])


def test_what_a_profile_does_not_give_is_left_to_kubernetes() -> None:
    job = made_of({"image": "flows:1", "user": 2000, "tolerations": [{"operator": "Exists"}]})
    pod = job["spec"]["template"]["spec"]
    assert pod["securityContext"]["fsGroup"] == 2000
    assert pod["tolerations"] == [{"operator": "Exists"}]
    assert not {"volumes", "imagePullSecrets", "nodeSelector"} & set(pod)
    assert pod["containers"][0]["resources"] == {"limits": {"memory": "1Gi"}, "requests": {"cpu": "250m"}}


def test_the_image_is_made_of_what_the_dockerfile_copies() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = [
        word
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    ]
    assert [name for name in copied if not any(Path(name).is_relative_to(path) for path in let_in)] == []
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.kubernetes
def test_an_overlay_moves_accounts_and_bindings_together(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "kubernetes")
    (tmp_path / "overlay").mkdir()
    overlay = "resources: [../kubernetes]\nnamespace: elsewhere\n"
    (tmp_path / "overlay" / "kustomization.yaml").write_text(overlay)
    made = subprocess.run(
        ["kubectl", "kustomize", tmp_path / "overlay"], capture_output=True, text=True, timeout=60, check=True
    )
    bound = [
        subject
        for one in yaml.safe_load_all(made.stdout)
        if one["kind"] == "RoleBinding"
        for subject in one["subjects"]
    ]
    assert {subject["namespace"] for subject in bound} == {"elsewhere"}
    assert "ecoflows" not in {one["metadata"].get("namespace") for one in yaml.safe_load_all(made.stdout)}


def test_all_fits_the_schema_of_kubernetes(job: dict[str, Any], tmp_path: Path) -> None:
    pod = job["spec"]["template"]["spec"]
    # Prefect wants these two where Kubernetes does not know, and drops, them.
    assert (pod.pop("completions"), pod.pop("parallelism")) == (1, 1)
    job["metadata"]["name"] = f"{job['metadata'].pop('generateName')}x"
    for number, one in enumerate([job, *manifests()]):
        (tmp_path / f"{number}.yaml").write_text(yaml.safe_dump(one))
    files = sorted(tmp_path.glob("*.yaml"))
    tool = Path(sys.executable).with_name("kubernetes-validate")
    done = subprocess.run(
        [tool, "--strict", *files], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count(" passed ") == len(files)
