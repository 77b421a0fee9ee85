"""A stand-in for the part of the Kubernetes API that answers questions, and profiles to examine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cluster_questions import NAMESPACE, Api
from ecoflows.deployments.profiles import load_profile
from ecoflows.doctor import Subject
from ecoflows.doctor.model import Environment


@pytest.fixture(autouse=True)
def _no_server_of_other_tests() -> Iterator[None]:
    """Whatever server this process is connected to, the doctor is not told of it."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        yield


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The stand-in, which the kubeconfig names; all is well in it."""
    found = Api()
    found.there = {
        NAMESPACE,
        f"{NAMESPACE}/serviceaccounts/park-flow",
        f"{NAMESPACE}/serviceaccounts/park-task",
        f"{NAMESPACE}/secrets/park-secrets",
        f"{NAMESPACE}/secrets/park-registry",
    }
    found.denied = {f"park-task {what}" for what in ("create jobs", "create pods", "get secrets")}

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            found.asked.append((self.command, self.path, self.headers["Accept"]))
            if self.path in found.answers:
                status, text = found.answers[self.path]
            else:
                status, answer = found.answer(self.path, body)
                text = json.dumps(answer)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = _handle  # noqa: N815  # the names that the base calls

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    _kubeconfig(tmp_path / "kubeconfig", found.url, monkeypatch)
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def no_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kubeconfig of a cluster that does not answer."""
    _kubeconfig(tmp_path / "kubeconfig", "http://127.0.0.1:9", monkeypatch)


def _kubeconfig(file: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "park",
        "clusters": [{"name": "park", "cluster": {"server": url}}],
        "users": [{"name": "park", "user": {"token": "secret-token"}}],
        "contexts": [{"name": "park", "context": {"cluster": "park", "user": "park"}}],
    }
    file.write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(file))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)


PROFILE = """\
pool: park
image: registry.example.org/park/flows:1.0
namespace: park
cache_root: {root}
service_accounts: {{flow: park-flow, task: park-task}}
secrets: [park-secrets]
image_pull_secrets: [park-registry]
"""


@pytest.fixture
def subject(tmp_path: Path) -> Callable[..., Subject]:
    """Makes a subject of a profile's text, by default one for pods where all is said."""

    def make(text: str | None = None) -> Subject:
        folder = tmp_path / "deployments/profiles"
        folder.mkdir(parents=True, exist_ok=True)
        root = tmp_path / "cache"
        root.mkdir(exist_ok=True)
        file = folder / "production.yaml"
        file.write_text(PROFILE.format(root=root) if text is None else text)
        return Subject(Environment(*load_profile(file), tmp_path / "deployments"))

    return make
