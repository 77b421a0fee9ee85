"""A project as its users have one: specs, a package of tasks, a profile, an overlay of the manifests."""

from __future__ import annotations

import shutil
from pathlib import Path

from support import ROOT, write_package

POOL = "ecoflows-test"
BUCKET = "park"
ROOT_URL = f"s3://{BUCKET}/cache"
SECRETS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "hunter2-of-the-bucket"}
AUTH = "warden:hunter2-of-the-server"

TASKS = """\
import time

from ecoflows.decorators import distributed


@distributed(container_resources={"request_memory": "300Mi", "limit_memory": "300Mi"})
def graze(megabytes: int) -> int:
    \"\"\"Take some memory.\"\"\"
    taken = [b"x" * 1_000_000 for _ in range(megabytes)]
    time.sleep(1)
    return len(taken)


@distributed
def rest(seconds: float) -> float:
    \"\"\"Take some time.\"\"\"
    time.sleep(seconds)
    return seconds
"""
PROJECT = """\
[project]
name = "park_tasks"
version = "1.0"

[project.entry-points.ecoflows]
tasks = "park_tasks.tasks"
"""
SPECS = {
    "hungry.yaml": "name: hungry\ntasks:\n  graze: {megabytes: 900}\n",
    "slow.yaml": "name: slow\ntasks:\n  rest: {seconds: 600}\n",
}
PARAMS = f"""\
load_observations: {{path: "s3://{BUCKET}/data/observations.parquet"}}
calculate_time_density: {{pixel_size: 2000}}
draw_ecomap: {{title: The park}}
save_map_image: {{title: The park}}
"""
PROFILE = """\
pool: {pool}
image: {image}
namespace: {namespace}
cache_root: {root}
service_accounts: {{flow: ecoflows-flow, task: ecoflows-task}}
secrets: [ecoflows-secrets]
resources:
  flow: {{request_cpu: 50m, request_memory: 512Mi, limit_memory: 512Mi}}
  task: {{request_cpu: 50m, request_memory: 700Mi, limit_memory: 700Mi}}
execution: {{workers: 4}}
environment: {{AWS_ENDPOINT_URL: "{s3}", AWS_DEFAULT_REGION: us-east-1}}
"""
OVERLAY = """\
resources: [../kubernetes]
namespace: {namespace}
images:
  - {{name: registry.example.org/park/flows, newName: {name}, newTag: "{tag}"}}
patches:
  - patch: |-
      apiVersion: v1
      kind: ConfigMap
      metadata: {{name: ecoflows-worker}}
      data: {{api-url: "{api}", pool: {pool}}}
"""
_COPIED = ("Dockerfile", ".dockerignore", "pyproject.toml", "README.md", "LICENSE")


def write_project(folder: Path, *, namespace: str, image: str, api: str, s3: str) -> Path:
    """Write the project, its deployments not yet built.

    Args:
        folder: Where it is to be.
        namespace: The namespace in the cluster.
        image: The name of its image, with a tag.
        api: Where pods reach Prefect's API.
        s3: Where pods reach the bucket.

    Returns:
        The folder with its package of tasks, for ``PYTHONPATH``.
    """
    folder.mkdir()
    for name in _COPIED:
        shutil.copy(ROOT / name, folder / name)
    (folder / "requirements").mkdir()
    for name in ("runtime.lock", "build.lock"):
        shutil.copy(ROOT / "requirements" / name, folder / "requirements" / name)
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "deployments/kubernetes", folder / "deployments/kubernetes")
    (folder / "specs").mkdir()
    shutil.copy(ROOT / "specs/time_density.yaml", folder / "specs/time_density.yaml")
    for name, text in {**SPECS, "time_density.params.yaml": PARAMS}.items():
        (folder / "specs" / name).write_text(text)
    package = write_package(folder / "deployments/packages/park_tasks", "park_tasks", {"tasks.py": TASKS})
    (package / "pyproject.toml").write_text(PROJECT)
    for place in ("profiles", "overlay"):
        (folder / "deployments" / place).mkdir()
    profile = PROFILE.format(pool=POOL, image=image, namespace=namespace, root=ROOT_URL, s3=s3)
    (folder / "deployments/profiles/cluster.yaml").write_text(profile)
    name, _, tag = image.rpartition(":")
    overlay = OVERLAY.format(namespace=namespace, name=name, tag=tag, api=api, pool=POOL)
    (folder / "deployments/overlay/kustomization.yaml").write_text(overlay)
    return package
