"""The API's client over a server of which each test writes the answers."""

from __future__ import annotations

import asyncio
import logging
import shutil
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import certifi
import pytest
from aiohttp import web

from ecoflows.errors import EcoflowsError
from ecoflows.flows.execution.answers import Output
from ecoflows.flows.execution.pods import access, cluster
from ecoflows.flows.execution.pods.access import Access
from ecoflows.flows.execution.pods.cluster import Cluster, ClusterError
from ecoflows.flows.execution.pods.following import _Lines

pytestmark = pytest.mark.pods

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def on_a_server(
    handler: Handler, use: Callable[[Cluster], Awaitable[Any]], monkeypatch: pytest.MonkeyPatch
) -> Any:
    """What a use of a cluster gives, whose API is a handler."""

    async def run() -> Any:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        tokens = iter(["Bearer old", "Bearer new"])

        async def find() -> Access:
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            return Access(url, "park", ssl.create_default_context(), next(tokens))

        monkeypatch.setattr(cluster, "find_access", find)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        found = await Cluster.connect(None)
        try:
            return await use(found)
        finally:
            await found.close()
            await runner.cleanup()

    return asyncio.run(run())


def test_what_says_who_we_are_is_read_again_when_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.headers["Authorization"] != "Bearer new":
            return web.json_response({"message": "Unauthorized"}, status=401)
        return web.json_response({"metadata": {"name": "a"}, "path": request.path})

    found = on_a_server(answer, lambda api: api.find("jobs", "a"), monkeypatch)
    assert found["path"] == "/apis/batch/v1/namespaces/park/jobs/a"


def test_a_busy_api_is_asked_again_and_a_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        if asked == 1:
            return web.json_response({"message": "try later"}, status=503)
        return web.json_response({"message": "jobs.batch is forbidden"}, status=403)

    with pytest.raises(ClusterError, match=r"jobs\.batch is forbidden") as caught:
        on_a_server(answer, lambda api: api.create_job({}), monkeypatch)
    assert (caught.value.status, asked) == (403, 2)


def test_what_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="no JSON", status=404)

    async def use(api: Cluster) -> Any:
        await api.delete_job("a", "1")
        return await api.find("pods", "a")

    assert on_a_server(answer, use, monkeypatch) is None


def test_lines_of_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["a", "b" * 3_000_000, "c"]

    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.query["follow"] == "true"
        return web.Response(text="\n".join(lines))

    async def use(api: Cluster) -> list[str]:
        return [line async for line in api.log("a", "task", None)]

    assert on_a_server(answer, use, monkeypatch) == lines


def test_lines_that_are_read_again_count_once(caplog: pytest.LogCaptureFixture) -> None:
    lines = _Lines(Output(logging.getLogger("test")))
    with caplog.at_level("INFO", logger="test"):
        for text in ("1 a", "2 b", "2 c", "1 a", "2 b", "2 c", "3 d"):
            lines.take(text)
    assert caplog.messages == ["a", "b", "c", "d"]
    assert lines.last == "3"


def test_answers_are_kept_and_long_lines_are_cut(caplog: pytest.LogCaptureFixture) -> None:
    output = Output(logging.getLogger("test"))
    answer = '{"state": "completed", "task": "t", "instance": "i", "artifact": null}'
    with caplog.at_level("INFO", logger="test"):
        for line in ("\n", f"{answer}\r\n", '{"state": "of things"}', '{"state": broken', "x" * 10_000):
            output.take(line)
    assert [one["instance"] for one in output.answers] == ["i"]
    assert caplog.messages == ['{"state": "of things"}', '{"state": broken', "x" * 8192 + "..."]
    assert output.tail == "\n".join(caplog.messages)


def test_inside_of_a_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_MOUNTED", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    shutil.copy(certifi.where(), tmp_path / "ca.crt")
    (tmp_path / "token").write_text("secret\n")
    (tmp_path / "namespace").write_text("park")
    found = asyncio.run(access.find_access())
    assert (found.url, found.namespace) == ("https://[fd00::1]:443", "park")
    assert found.authorization == "Bearer secret"


def test_by_a_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "kubeconfig"
    monkeypatch.setenv("KUBECONFIG", str(file))
    with pytest.raises(EcoflowsError, match="there is no Kubernetes cluster to run pods in"):
        asyncio.run(access.find_access())
    file.write_text(
        """
        apiVersion: v1
        kind: Config
        current-context: here
        contexts: [{name: here, context: {cluster: c, user: u, namespace: park}}]
        clusters: [{name: c, cluster: {server: "https://api.example.org/", insecure-skip-tls-verify: true}}]
        users: [{name: u, user: {token: secret}}]
        """
    )
    found = asyncio.run(access.find_access())
    assert (found.url, found.namespace) == ("https://api.example.org", "park")
    assert found.authorization == "Bearer secret"
    assert found.tls.verify_mode == ssl.CERT_NONE
