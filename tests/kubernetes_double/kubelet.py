"""What runs pods: it starts their containers, and shows in their status what becomes of them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kubernetes_double.containers import WAITING, Container
from kubernetes_double.kinds import NODE, Object, now
from kubernetes_double.objects import Objects
from kubernetes_double.texts import Mounts, environment, expand


class Kubelet:
    """Runs pods as processes.

    Args:
        objects: The cluster's objects.
        workdir: Each pod has a folder in it, named by its uid.
        images: A JSON file, read for each pod, of what an image is here, by its name or ``*``: ``path`` (put
            in front of ``PATH``), ``env``, ``cwd``, ``entrypoint``. An image that it does not name cannot be
            pulled. Without the file there is every image, and it has nothing.
    """

    def __init__(self, objects: Objects, workdir: Path, images: Path | None) -> None:
        self.objects, self.workdir, self._images_file = objects, workdir, images
        self.images: Mapping[str, Mapping[str, Any]] = {"*": {}}
        self.containers: dict[str, dict[str, Container]] = {}
        objects.preparers["pods"] = lambda pod: pod.update(status={"phase": "Pending"})
        objects.starters["pods"] = self.run
        objects.enders["pods"] = self.end

    async def run(self, pod: Object) -> None:
        """Run a pod to its end."""
        meta, spec, status = pod["metadata"], pod["spec"], pod["status"]
        if self._images_file is not None:
            self.images = json.loads(self._images_file.read_text())
        folder = self.workdir / meta["uid"]
        folder.mkdir(parents=True)
        containers = {item["name"]: Container(item, folder) for item in spec["containers"]}
        self.containers[meta["uid"]] = containers
        spec["nodeName"] = NODE
        status.update(startTime=now(), hostIP="127.0.0.1", podIP="127.0.0.1")
        await self.objects.event(pod, "Scheduled", f"Successfully assigned {meta['name']} to {NODE}")
        for item in spec["containers"]:
            if item["name"] != WAITING and not await self._pulled(pod, containers[item["name"]]):
                return
        commands = {}
        try:
            for item in spec["containers"]:
                commands[item["name"]] = self._prepare(pod, item, containers[item["name"]])
        except LookupError as error:
            await self._hold(
                pod, containers[item["name"]], "Failed", "CreateContainerConfigError", str(error)
            )
            return
        for item in spec["containers"]:
            container, command = containers[item["name"]], commands[item["name"]]
            cwd = self._image(container).get("cwd") or container.mounts.apply(item.get("workingDir") or "")
            await container.run(command, container.environment, cwd or None)
            await self.objects.event(pod, "Started", f"Started container {item['name']}")
        await self._follow(pod, list(containers.values()))

    async def _follow(self, pod: Object, containers: list[Container]) -> None:
        """Show the containers' states until all have ended, or the pod has had its time."""
        await self._show(pod)
        left: float | None = pod["spec"].get("activeDeadlineSeconds")
        pending = {asyncio.create_task(container.wait()) for container in containers}
        started = asyncio.get_running_loop().time()
        while pending:
            wait = None if left is None else max(0.0, left + started - asyncio.get_running_loop().time())
            done, pending = await asyncio.wait(pending, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                left = None
                pod["status"]["reason"] = "DeadlineExceeded"
                pod["status"]["message"] = "Pod was active on the node longer than the specified deadline"
                for container in containers:
                    container.kill()
            await self._show(pod)

    def _image(self, container: Container) -> Mapping[str, Any]:
        return self.images.get(container.image, self.images.get("*", {}))

    async def _pulled(self, pod: Object, container: Container) -> bool:
        if container.image in self.images or "*" in self.images:
            return True
        await self._hold(pod, container, "Failed", "ErrImagePull", f"{container.image}: not found")
        await asyncio.sleep(1)
        text = f'Back-off pulling image "{container.image}"'
        await self._hold(pod, container, "BackOff", "ImagePullBackOff", text)
        return False

    def _prepare(self, pod: Object, item: Object, container: Container) -> list[str]:
        """Give a container its folders and its environment; returns its command."""
        container.mounts = Mounts(pod, item, container.folder)
        image = self._image(container)
        variables = environment(self.objects, pod, item)
        path = [*filter(None, [image.get("path")]), "/usr/local/bin", "/usr/bin", "/bin"]
        base = {"PATH": ":".join(path), "HOME": os.environ.get("HOME", "/"), **(image.get("env") or {})}
        base["HOSTNAME"] = pod["metadata"]["name"]
        command = item.get("command") or image.get("entrypoint") or []
        texts = [expand(text, variables) for text in [*command, *(item.get("args") or [])]]
        container.environment = base | {key: container.mounts.apply(text) for key, text in variables.items()}
        return [container.mounts.apply(text) for text in texts]

    async def _hold(self, pod: Object, container: Container, event: str, reason: str, message: str) -> None:
        """Leave a pod pending because a container cannot start."""
        await self.objects.event(pod, event, message, "Warning")
        container.state = {"waiting": {"reason": reason, "message": message}}
        await self._show(pod)

    async def _show(self, pod: Object) -> None:
        containers = self.containers[pod["metadata"]["uid"]].values()
        codes = [container.exit_code for container in containers]
        if None not in codes:
            phase = "Failed" if any(codes) else "Succeeded"
        else:
            phase = "Pending" if any("waiting" in container.state for container in containers) else "Running"
        ready = all(container.running for container in containers)
        conditions = {"PodScheduled": True, "Initialized": True, "ContainersReady": ready, "Ready": ready}
        pod["status"] |= {
            "phase": "Failed" if phase == "Succeeded" and pod["status"].get("reason") else phase,
            "conditions": [{"type": kind, "status": str(value)} for kind, value in conditions.items()],
            "containerStatuses": [_status(container) for container in containers],
        }
        if self.objects.exists("pods", pod):
            await self.objects.put("pods", pod)

    async def end(self, pod: Object, grace: int | None) -> bool:
        """Ask a pod's containers to end, and kill them when the grace period is over."""
        meta = pod["metadata"]
        if not any(container.running for container in self.containers.get(meta["uid"], {}).values()):
            self.objects.tasks[meta["uid"]].cancel()
            return True
        if "deletionTimestamp" not in meta:
            if grace is None:
                grace = pod["spec"].get("terminationGracePeriodSeconds") or 30
            meta["deletionTimestamp"] = now()
            await self.objects.put("pods", pod)
            await self.objects.event(pod, "Killing", "Stopping containers")
            self.objects.tasks[meta["uid"] + "/end"] = asyncio.create_task(self._end(pod, grace))
        return False

    async def _end(self, pod: Object, grace: int) -> None:
        running = self.objects.tasks[pod["metadata"]["uid"]]
        containers = self.containers[pod["metadata"]["uid"]].values()
        for container in containers:
            container.signal(signal.SIGTERM)
        await asyncio.wait([running], timeout=grace)
        for container in containers:
            container.kill()
        await asyncio.wait([running])
        if self.objects.exists("pods", pod):
            await self.objects.put("pods", pod, "DELETED")

    def kill_all(self) -> None:
        """End all that runs, at once."""
        for containers in self.containers.values():
            for container in containers.values():
                if container.running:
                    container.kill()


def _status(container: Container) -> Object:
    return {
        "name": container.name,
        "image": container.image,
        "imageID": "",
        "restartCount": 0,
        "ready": container.running,
        "started": container.running,
        "state": container.state,
        "lastState": {},
    }
