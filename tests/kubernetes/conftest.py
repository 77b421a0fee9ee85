"""The whole in the cluster that KUBECONFIG names: image, worker, server, bucket, deployments."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from cluster_park import AUTH, BUCKET, SECRETS, write_project
from cluster_site import Cluster
from ecoflows.flows.environment import server_environment
from pods_seen import PodsSeen
from support import ROOT

IMAGE = os.environ.get("ECOFLOWS_TEST_IMAGE", "ecoflows-test:1")
HOST = os.environ.get("ECOFLOWS_TEST_HOST", "")
BUILD = os.environ.get("ECOFLOWS_BUILD_IMAGE", 'docker build --tag "$IMAGE" "$CONTEXT"')


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The project, deployed; all of it is gone at the end."""
    for name in ("KUBECONFIG", "ECOFLOWS_TEST_HOST"):
        assert os.environ.get(name), f"set {name}; docs/kubernetes.md says how these tests are run"
    folder, namespace = tmp_path_factory.mktemp("cluster"), f"ecoflows-test-{secrets.token_hex(3)}"
    with ExitStack() as stack:
        s3 = stack.enter_context(bucket(folder))
        api = stack.enter_context(prefect_server(folder / "prefect"))
        environment = {
            "PREFECT_API_URL": api,
            "PREFECT_API_AUTH_STRING": AUTH,
            "AWS_ENDPOINT_URL": s3,
            "AWS_DEFAULT_REGION": "us-east-1",
            **SECRETS,
        }
        project = folder / "park"
        packages = write_project(project, namespace=namespace, image=IMAGE, api=api, s3=s3)
        stack.callback(_delete_namespace, namespace)
        _apply(project, namespace)
        pods = PodsSeen(namespace)
        stack.callback(pods.close)
        found = Cluster(project, packages, namespace, environment, pods)
        _deploy(found)
        yield found


def _delete_namespace(namespace: str) -> None:
    subprocess.run(
        ["kubectl", "delete", "namespace", namespace, "--ignore-not-found", "--timeout=120s"],
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=180,
    )


def _apply(project: Path, namespace: str) -> None:
    """Apply the manifests, which kubectl validates, with no worker before there is an image."""
    subprocess.run(
        ["kubectl", "apply", "--validate=true", "--kustomize", project / "deployments/overlay"],
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=120,
    )
    scale = ["kubectl", "--namespace", namespace, "scale", "deployment/ecoflows-worker", "--replicas=0"]
    subprocess.run(scale, stdout=subprocess.DEVNULL, check=True, timeout=60)


def _deploy(cluster: Cluster) -> None:
    """Do what docs/kubernetes.md says: secrets, deployments, image, pool, worker."""
    made = {"ecoflows-secrets": SECRETS, "ecoflows-prefect": {"auth-string": AUTH}}
    for name, entries in made.items():
        manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": entries}
        cluster.kubectl("apply", "--filename", "-", stdin=json.dumps(manifest))
    cluster.done("deployment", "build", "specs/hungry.yaml", "specs/slow.yaml", "--profile", "cluster")
    params = ("--params", "specs/{spec}.params.yaml")
    cluster.done("deployment", "build", "specs/time_density.yaml", "--profile", "cluster", *params)
    subprocess.run(
        BUILD,
        shell=True,
        cwd=ROOT,
        env={**os.environ, "IMAGE": IMAGE, "CONTEXT": str(cluster.project)},
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=1800,
    )
    cluster.done("deployment", "pool", "--profile", "cluster")
    cluster.done("deployment", "apply")
    cluster.kubectl("scale", "deployment/ecoflows-worker", "--replicas=1")
    cluster.kubectl("rollout", "status", "deployment/ecoflows-worker", "--timeout=180s")
    deadline = time.monotonic() + 120
    while cluster.command("doctor", "--profile", "cluster").returncode and time.monotonic() < deadline:
        time.sleep(2)  # until the worker has told the server that it is there


@contextmanager
def bucket(folder: Path) -> Iterator[str]:
    """A bucket with example data, in a server that pods reach."""
    import boto3
    from moto.server import ThreadedMotoServer

    from ecoflows.simulate import write_observations

    server = ThreadedMotoServer(HOST, 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    try:
        client = boto3.client(
            "s3",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id=SECRETS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=SECRETS["AWS_SECRET_ACCESS_KEY"],
        )
        client.create_bucket(Bucket=BUCKET)
        file = write_observations(folder / "observations.parquet", fixes=500)
        client.put_object(Bucket=BUCKET, Key="data/observations.parquet", Body=file.read_bytes())
        client.close()
        yield url
    finally:
        server.stop()


@contextmanager
def prefect_server(home: Path) -> Iterator[str]:
    """A Prefect server that pods reach, with a password."""
    home.mkdir()
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(port)]
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            command,
            env={**server_environment(str(home)), "PREFECT_SERVER_API_AUTH_STRING": AUTH},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    api = f"http://{HOST}:{port}/api"
    try:
        deadline = time.monotonic() + 180
        while not _answers(f"{api}/health"):
            assert process.poll() is None, (home / "server.log").read_text()
            assert time.monotonic() < deadline, (home / "server.log").read_text()
            time.sleep(0.5)
        yield api
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    user, _, password = AUTH.partition(":")
    try:
        return httpx.get(url, timeout=5, trust_env=False, auth=(user, password)).is_success
    except httpx.HTTPError:
        return False
