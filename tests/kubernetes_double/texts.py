"""What a container is given: its environment, its command, and where its volumes are."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kubernetes_double.kinds import Object, dig
from kubernetes_double.objects import Objects


def environment(objects: Objects, pod: Object, container: Object) -> dict[str, str]:
    """The variables that a container's manifest gives it.

    Raises:
        LookupError: A Secret or ConfigMap, or a key of it, is not there.
    """
    result: dict[str, str] = {}
    for item in container.get("envFrom") or []:
        for field, resource in (("secretRef", "secrets"), ("configMapRef", "configmaps")):
            if field in item:
                data = _data(objects, pod, resource, item[field])
                result |= {(item.get("prefix") or "") + key: value for key, value in data.items()}
    for item in container.get("env") or []:
        source, value = item.get("valueFrom") or {}, expand(item.get("value") or "", result)
        for field, resource in (("secretKeyRef", "secrets"), ("configMapKeyRef", "configmaps")):
            if field in source:
                value = _data(objects, pod, resource, source[field]).get(source[field]["key"])
        if "fieldRef" in source:
            value = dig(pod, source["fieldRef"]["fieldPath"])
        if value is not None:
            result[item["name"]] = str(value)
    return result


def _data(objects: Objects, pod: Object, resource: str, reference: Mapping[str, Any]) -> dict[str, str]:
    obj = objects.by_key.get((resource, pod["metadata"]["namespace"], reference["name"]))
    data: dict[str, str] = (obj or {}).get("data") or {}
    absent = obj is None or reference.get("key", "") not in ["", *data]
    if absent and not reference.get("optional"):
        raise LookupError(f"{resource[:-1]} {json.dumps(reference)} not found")
    if resource == "secrets":
        return {key: base64.b64decode(value).decode() for key, value in data.items()}
    return data


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace ``$(NAME)`` as Kubernetes does; ``$$`` is a dollar, unknown names stay as they are."""

    def replaced(match: re.Match[str]) -> str:
        return "$" if match[0] == "$$" else variables.get(match[1], match[0])

    return re.sub(r"\$\$|\$\(([^()]*)\)", replaced, text)


class Mounts:
    """The folders that stand in for the volumes of a container.

    Raises:
        LookupError: A volume is of a kind that has no stand-in.
    """

    def __init__(self, pod: Object, container: Object, folder: Path) -> None:
        volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or []}
        self.folders: dict[str, Path] = {}
        for mount in container.get("volumeMounts") or []:
            volume = volumes[mount["name"]]
            if "emptyDir" in volume:
                path = folder / "volumes" / mount["name"]
                path.mkdir(parents=True, exist_ok=True)
            elif "hostPath" in volume:
                path = Path(volume["hostPath"]["path"])
            else:
                raise LookupError(f"the double has no volume such as {json.dumps(volume)}")
            self.folders[mount["mountPath"].rstrip("/")] = path / (mount.get("subPath") or "")

    def apply(self, text: str) -> str:
        """A text with the folders in place of the mount paths."""
        for path, folder in sorted(self.folders.items(), reverse=True):  # what lies deeper first
            parts = re.split(rf"(?<![\w./-]){re.escape(path)}(?![\w.-])", text)
            text = str(folder).join(parts)
        return text
