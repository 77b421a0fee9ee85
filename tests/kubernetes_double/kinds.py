"""The kinds of objects that are served, and what is asked of objects: selectors, paths, quantities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

Object = dict[str, Any]

NODE = "process-node"


class Kind(NamedTuple):
    """How a resource is called."""

    version: str
    name: str
    namespaced: bool = True
    short: tuple[str, ...] = ()


RESOURCES = {
    "pods": Kind("v1", "Pod", short=("po",)),
    "events": Kind("v1", "Event", short=("ev",)),
    "secrets": Kind("v1", "Secret"),
    "configmaps": Kind("v1", "ConfigMap", short=("cm",)),
    "namespaces": Kind("v1", "Namespace", namespaced=False, short=("ns",)),
    "serviceaccounts": Kind("v1", "ServiceAccount", short=("sa",)),
    "nodes": Kind("v1", "Node", namespaced=False, short=("no",)),
    "jobs": Kind("batch/v1", "Job"),
    "customresourcedefinitions": Kind(
        "apiextensions.k8s.io/v1", "CustomResourceDefinition", namespaced=False
    ),
}

_UNITS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def now() -> str:
    """The time as Kubernetes writes it in objects."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def quantity(text: str | float) -> float:
    """The bytes of a memory quantity such as ``512Mi``."""
    match = re.fullmatch(r"([\d.]+)([A-Za-z]*)", str(text))
    if match is None:
        raise ValueError(f"no quantity: {text!r}")
    return float(match[1]) * _UNITS[match[2]]


def labels_match(selector: str | None, labels: Mapping[str, str]) -> bool:
    """Tell whether labels satisfy a selector."""
    for term in filter(None, map(str.strip, re.split(r",(?![^(]*\))", selector or ""))):
        if found := re.fullmatch(r"(\S+)\s+(in|notin)\s+\(([^)]*)\)", term):
            matches = (labels.get(found[1]) in map(str.strip, found[3].split(","))) == (found[2] == "in")
        elif found := re.fullmatch(r"([^=!]+)(==?|!=)(.*)", term):
            matches = (labels.get(found[1]) == found[3]) == (found[2] != "!=")
        else:
            matches = (term.removeprefix("!") in labels) != term.startswith("!")
        if not matches:
            return False
    return True


def fields_match(selector: str | None, obj: Object) -> bool:
    """Tell whether an object satisfies a field selector."""
    for term in filter(None, (selector or "").split(",")):
        match = re.fullmatch(r"([\w.]+)(!=|==?)(.*)", term)
        if match is None:
            raise ValueError(f"no field selector: {term!r}")
        if ((dig(obj, match[1]) or "") == match[3]) != (match[2] != "!="):
            return False
    return True


def dig(obj: Object | None, path: str) -> Any:
    """What stands at a path such as ``status.phase``; ``None`` where nothing does."""
    for part in path.split("."):
        obj = (obj or {}).get(part)
    return obj


def merge(target: Object, patch: Object) -> None:
    """Apply a merge patch."""
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict) and isinstance(target.get(key), dict):
            merge(target[key], value)
        else:
            target[key] = value
