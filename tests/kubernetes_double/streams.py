"""Answers that go on: watches and logs."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from aiohttp import web

from kubernetes_double.containers import Container
from kubernetes_double.kinds import Object
from kubernetes_double.objects import Objects


async def watch(
    request: web.Request, objects: Objects, resource: str, wanted: Callable[[Object], bool]
) -> web.StreamResponse:
    """Send what changes."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)

    async def send(change: str, obj: Object) -> None:
        await response.write(json.dumps({"type": change, "object": obj}).encode() + b"\n")

    seen = int(request.query.get("resourceVersion") or 0)
    if seen > objects.version:  # of an earlier server: the client must list again
        await send("ERROR", {"kind": "Status", "code": 410, "reason": "Expired"})
        return response
    if not seen:
        seen = objects.version
        for obj in [copy.deepcopy(obj) for obj in objects.of(resource) if wanted(obj)]:
            await send("ADDED", obj)
    end = time.monotonic() + float(request.query.get("timeoutSeconds") or 1800)
    while time.monotonic() < end:
        for change in objects.history[seen:]:
            seen = change.number
            if change.resource == resource and wanted(change.object):
                await send(change.type, change.object)
        async with objects.changed:
            if seen == objects.version:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(objects.changed.wait(), 1)
    return response


async def log(request: web.Request, container: Container) -> web.StreamResponse:
    """Send a container's log."""
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    stamped = request.query.get("timestamps") in ("1", "true", "True")
    follow = request.query.get("follow") in ("1", "true", "True")
    seconds = float(request.query.get("sinceSeconds") or "inf")
    since = (
        ""
        if seconds == float("inf")
        else f"{datetime.now(UTC) - timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}"
    )

    def shown(lines: list[bytes]) -> bytes:
        new = [line for line in lines if line >= since.encode()]
        return b"".join(new if stamped else [line.partition(b" ")[2] for line in new])

    with container.log.open("rb") as file:
        lines = int(request.query.get("tailLines") or 0)
        await response.write(shown(file.readlines()[-lines:]))
        while follow:
            ended = not container.running
            if more := file.readlines():
                await response.write(shown(more))
            elif ended:
                break
            await asyncio.sleep(0.1)
    return response
