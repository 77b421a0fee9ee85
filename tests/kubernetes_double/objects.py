"""The objects of the cluster and their history."""

from __future__ import annotations

import asyncio
import base64
import copy
import random
import string
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from kubernetes_double.kinds import RESOURCES, Object, now

Key = tuple[str, str | None, str]


class Change(NamedTuple):
    """One entry of the history, whose n-th entry has number n."""

    number: int
    resource: str
    type: str
    object: Object


class Objects:
    """What is there, what was there, and who acts on it.

    Attributes:
        preparers: Per resource, what completes an object before it is there.
        starters: Per resource, what to run for an object that was created.
        enders: Per resource, what a deletion does first; it returns whether the object is gone now, and
            removes it itself later where it is not.
        tasks: What runs for an object, by its uid.
    """

    def __init__(self) -> None:
        self.by_key: dict[Key, Object] = {}
        self.history: list[Change] = []
        self.version = 0
        self.changed = asyncio.Condition()
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.preparers: dict[str, Callable[[Object], None]] = {"secrets": _encode}
        self.starters: dict[str, Callable[[Object], Coroutine[Any, Any, None]]] = {}
        self.enders: dict[str, Callable[[Object, int | None], Coroutine[Any, Any, bool]]] = {}

    async def put(self, resource: str, obj: Object, change: str = "MODIFIED") -> None:
        """Keep an object, or with ``DELETED`` forget it and delete its Jobs, and tell those who watch."""
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        if change == "DELETED":
            self.by_key.pop(_key(resource, obj), None)
            for job in self.owned("jobs", obj):
                self.tasks[f"{job['metadata']['uid']}/collect"] = asyncio.create_task(
                    self.delete("jobs", job)
                )
        else:
            self.by_key[_key(resource, obj)] = obj
        self.history.append(Change(self.version, resource, change, copy.deepcopy(obj)))
        async with self.changed:
            self.changed.notify_all()

    def exists(self, resource: str, obj: Object) -> bool:
        """Tell whether this very object is still there."""
        return self.by_key.get(_key(resource, obj)) is obj

    def of(self, resource: str) -> list[Object]:
        """All objects of a resource."""
        return [obj for (found, _, _), obj in self.by_key.items() if found == resource]

    def owned(self, resource: str, owner: Object) -> list[Object]:
        """The objects whose owner references name another one."""
        uid = owner["metadata"]["uid"]
        return [
            obj
            for obj in self.of(resource)
            if uid in [reference["uid"] for reference in obj["metadata"].get("ownerReferences") or []]
        ]

    async def create(self, resource: str, namespace: str | None, obj: Object) -> Object:
        """Add an object and start what runs for it."""
        obj = copy.deepcopy(obj)
        kind = RESOURCES[resource]
        obj["apiVersion"], obj["kind"] = kind.version, kind.name
        meta = obj.setdefault("metadata", {})
        if kind.namespaced:
            meta["namespace"] = namespace
        if not meta.get("name"):
            suffix = random.choices(string.ascii_lowercase + string.digits, k=5)
            meta["name"] = meta["generateName"] + "".join(suffix)
        meta["uid"], meta["creationTimestamp"] = str(uuid.uuid4()), now()
        if prepare := self.preparers.get(resource):
            prepare(obj)
        await self.put(resource, obj, "ADDED")
        if start := self.starters.get(resource):
            self.tasks[meta["uid"]] = asyncio.create_task(start(obj))
        return obj

    async def delete(self, resource: str, obj: Object, grace: int | None = None) -> None:
        """Delete an object, at once or when what runs for it has ended."""
        end = self.enders.get(resource)
        if (end is None or await end(obj, grace)) and self.exists(resource, obj):
            await self.put(resource, obj, "DELETED")

    async def event(self, obj: Object, reason: str, message: str, kind: str = "Normal") -> None:
        """Tell of something that happened to an object."""
        meta, stamp = obj["metadata"], now()
        about = {"kind": obj["kind"], "apiVersion": obj["apiVersion"]}
        about |= {key: meta[key] for key in ("name", "namespace", "uid")}
        event = {"metadata": {"generateName": meta["name"] + "."}, "involvedObject": about}
        event |= {"type": kind, "reason": reason, "message": message, "count": 1}
        event |= {"firstTimestamp": stamp, "lastTimestamp": stamp, "source": {"component": "double"}}
        await self.create("events", meta["namespace"], event)


def _key(resource: str, obj: Object) -> Key:
    return resource, obj["metadata"].get("namespace"), obj["metadata"]["name"]


def _encode(secret: Object) -> None:
    plain = (secret.pop("stringData", None) or {}).items()
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in plain}
    secret["data"] = (secret.get("data") or {}) | encoded
