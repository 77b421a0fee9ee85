"""What the API says about itself."""

from __future__ import annotations

import re

from kubernetes_double.kinds import RESOURCES, Object

_VERSION = {"major": "1", "minor": "32", "gitVersion": "v1.32.0+double", "platform": "linux/amd64"}
_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]


def discovery(path: str) -> Object | None:
    """The answer at a path of discovery; ``None`` at any other path."""
    versions = sorted({kind.version for kind in RESOURCES.values()} - {"v1"})
    if path == "/version":
        return dict(_VERSION)
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        groups = [_group(version) for version in versions]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    if path == "/openapi/v3":
        paths = ["api/v1", *(f"apis/{name}" for name in versions)]
        return {"paths": {name: {"serverRelativeURL": f"/openapi/v3/{name}"} for name in paths}}
    wanted = re.sub("^/(openapi/v3/)?apis?/", "", path)
    if wanted not in ["v1", *versions]:
        return None
    return _schema(wanted) if path.startswith("/openapi") else _resources(wanted)


def _group(version: str) -> Object:
    name = {"groupVersion": version, "version": version.split("/")[1]}
    return {"name": version.split("/")[0], "versions": [name], "preferredVersion": name}


def _schema(wanted: str) -> Object:
    """Says that the server validates fields itself (it does not), or kubectl would."""
    paths: Object = {}
    group, _, number = wanted.rpartition("/")
    for name, kind in RESOURCES.items():
        if kind.version == wanted:
            gvk = {"group": group, "version": number, "kind": kind.name}
            patch = {"parameters": [{"name": "fieldValidation", "in": "query"}]}
            paths["/" + name] = {"patch": patch | {"x-kubernetes-group-version-kind": gvk}}
    return {"openapi": "3.0.0", "info": {"title": "", "version": ""}, "paths": paths}


def _resources(wanted: str) -> Object:
    found = [
        {
            "name": name,
            "kind": kind.name,
            "namespaced": kind.namespaced,
            "verbs": _VERBS,
            "singularName": kind.name.lower(),
            "shortNames": list(kind.short),
        }
        for name, kind in RESOURCES.items()
        if kind.version == wanted
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": wanted, "resources": found}
