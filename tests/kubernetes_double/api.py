"""The HTTP side of the cluster."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from aiohttp import web

from kubernetes_double.discovery import discovery
from kubernetes_double.execution import execute
from kubernetes_double.kinds import RESOURCES, Object, fields_match, labels_match, merge
from kubernetes_double.kubelet import Kubelet
from kubernetes_double.objects import Objects
from kubernetes_double.streams import log, watch

_PATH = re.compile(
    r"/(?:api/v1|apis/[\w.-]+/\w+)(?:/namespaces/(?P<namespace>[^/]+)(?=/[a-z]))?"
    r"/(?P<resource>[a-z]+)(?:/(?P<name>[^/]+))?(?:/(?P<sub>\w+))?"
)

HISTORY = "/-/history/"
"""In front of a resource: all that ever happened to its objects (no part of Kubernetes)."""


def failure(code: int, reason: str, message: str) -> web.Response:
    """An answer that says what is wrong."""
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure"}
    return web.json_response(status | {"reason": reason, "message": message, "code": code}, status=code)


class Api:
    """Answers requests."""

    def __init__(self, objects: Objects, kubelet: Kubelet) -> None:
        self.objects, self.kubelet = objects, kubelet

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer any request."""
        path = request.path.rstrip("/")
        if path in ("/healthz", "/livez", "/readyz"):
            return web.Response(text="ok")
        if path.startswith(HISTORY):
            wanted = path.removeprefix(HISTORY)
            found = [[item.type, item.object] for item in self.objects.history if item.resource == wanted]
            return web.json_response(found)
        if known := discovery(path):
            return web.json_response(known)
        if "protobuf" in request.headers.get("Content-Type", ""):
            return failure(415, "UnsupportedMediaType", "this API speaks JSON only")
        where = _PATH.fullmatch(path)
        if where is None or where["resource"] not in RESOURCES:
            return failure(404, "NotFound", f"the server could not find {path}")
        body = json.loads(await request.text() or "{}")
        if where["name"] is None:
            return await self._collection(request, where["namespace"], where["resource"], body)
        obj = self.objects.by_key.get((where["resource"], where["namespace"], where["name"]))
        if obj is None:
            return failure(404, "NotFound", f'{where["resource"]} "{where["name"]}" not found')
        if where["sub"] in ("log", "exec"):
            return await self._container(request, obj, where["sub"])
        return await self._object(request, where["resource"], obj, body)

    async def _object(self, request: web.Request, resource: str, obj: Object, body: Object) -> web.Response:
        if request.method == "DELETE":
            grace = body.get("gracePeriodSeconds", request.query.get("gracePeriodSeconds"))
            await self.objects.delete(resource, obj, None if grace is None else int(grace))
        elif request.method == "PATCH" and isinstance(body, list):
            return failure(415, "UnsupportedMediaType", "this API has no JSON patch")
        elif request.method in ("PATCH", "PUT"):
            if request.method == "PUT":
                body["metadata"] = obj.pop("metadata") | body["metadata"]
                obj.clear()
            merge(obj, body)
            await self.objects.put(resource, obj)
        return web.json_response(obj)

    async def _container(self, request: web.Request, pod: Object, sub: str) -> web.StreamResponse:
        name, containers = pod["metadata"]["name"], self.kubelet.containers.get(pod["metadata"]["uid"], {})
        wanted = request.query.get("container") or next(iter(containers), "")
        if len(containers) > 1 and "container" not in request.query:
            return failure(400, "BadRequest", f"a container name must be specified for pod {name}")
        if wanted not in containers:
            return failure(400, "BadRequest", f"container {wanted} is not valid for pod {name}")
        if sub == "exec":
            if not containers[wanted].running:
                return failure(500, "InternalError", f"container not found ({wanted!r})")
            return await execute(request, containers[wanted])
        if not containers[wanted].log.exists() or _yes(request, "previous"):
            return failure(400, "BadRequest", "the container is waiting to start, or has no previous")
        return await log(request, containers[wanted])

    async def _collection(
        self, request: web.Request, namespace: str | None, resource: str, body: Object
    ) -> web.StreamResponse:
        kind = RESOURCES[resource]
        if request.method == "POST":
            if kind.namespaced and ("namespaces", None, namespace) not in self.objects.by_key:
                return failure(404, "NotFound", f'namespaces "{namespace}" not found')
            name = body.get("metadata", {}).get("name")
            if name and (resource, namespace, name) in self.objects.by_key:
                return failure(409, "AlreadyExists", f'{resource} "{name}" already exists')
            return web.json_response(await self.objects.create(resource, namespace, body), status=201)
        wanted = _filter(request, namespace)
        if _yes(request, "watch"):
            return await watch(request, self.objects, resource, wanted)
        items = [obj for obj in self.objects.of(resource) if wanted(obj)]
        if request.method == "DELETE":
            for obj in items:
                await self.objects.delete(resource, obj)
        meta = {"resourceVersion": str(self.objects.version)}
        found = {"kind": kind.name + "List", "apiVersion": kind.version, "metadata": meta, "items": items}
        return web.json_response(found)


def _filter(request: web.Request, namespace: str | None) -> Callable[[Object], bool]:
    def wanted(obj: Object) -> bool:
        meta = obj["metadata"]
        return (
            namespace in (None, meta.get("namespace"))
            and labels_match(request.query.get("labelSelector"), meta.get("labels") or {})
            and fields_match(request.query.get("fieldSelector"), obj)
        )

    return wanted


def _yes(request: web.Request, name: str) -> bool:
    return request.query.get(name) in ("1", "true", "True")
