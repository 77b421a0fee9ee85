"""Runs the cluster until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from aiohttp import web

from kubernetes_double.api import Api
from kubernetes_double.jobs import Jobs
from kubernetes_double.kinds import NODE
from kubernetes_double.kubelet import Kubelet
from kubernetes_double.objects import Objects


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kubernetes_double", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 (the usual): any free one")
    parser.add_argument("--workdir", type=Path, required=True, help="the pods' folders and logs")
    parser.add_argument("--images", type=Path, help="what images are (default: any image, the plain PATH)")
    parser.add_argument("--kubeconfig", type=Path, help="write a kubeconfig here")
    parser.add_argument("--namespaces", default="default", help="with commas")
    parser.add_argument("--backoff-scale", type=float, default=0.05, help="1: as slow as Kubernetes")
    parser.add_argument("--while-stdin", action="store_true", help="stop when standard input ends")
    return parser.parse_args()


async def _main(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):  # handled here is default in the pods
        loop.add_signal_handler(number, stop.set)
    if options.while_stdin:
        loop.add_reader(sys.stdin.fileno(), stop.set)

    objects = Objects()
    kubelet = Kubelet(objects, options.workdir, options.images)
    Jobs(objects, options.backoff_scale)
    for name in ("kube-system", *options.namespaces.split(",")):
        await objects.create("namespaces", None, {"metadata": {"name": name}})
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    await objects.create("nodes", None, {"metadata": {"name": NODE}, "status": ready})

    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", Api(objects, kubelet).handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", options.port)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    if options.kubeconfig:
        options.kubeconfig.write_text(json.dumps(_kubeconfig(url)))
    print(f"Kubernetes API on {url}", flush=True)
    await stop.wait()
    kubelet.kill_all()
    await runner.cleanup()


def _kubeconfig(url: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "double",
        "clusters": [{"name": "double", "cluster": {"server": url}}],
        "users": [{"name": "double", "user": {"token": "double"}}],
        "contexts": [{"name": "double", "context": {"cluster": "double", "user": "double"}}],
    }


if __name__ == "__main__":
    asyncio.run(_main(_options()))
