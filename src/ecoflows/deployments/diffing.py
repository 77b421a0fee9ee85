"""What differs between the deployments of a file and those of a server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from prefect.client.schemas.responses import DeploymentResponse

from ecoflows.deployments.secrecy import holds_secret, is_secret_name

_LONGEST = 100
_NOTHING = object()


class Action(Enum):
    """What becomes of a deployment."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"


@dataclass(frozen=True)
class Change:
    """What becomes of one deployment.

    Attributes:
        name: Its name.
        action: What becomes of it.
        fields: What the server has and what it should have, by field, where these differ.
    """

    name: str
    action: Action
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """The differences as a person reads them."""
        if self.action is Action.CHANGED:
            for name, (old, new) in self.fields.items():
                if name == "form":
                    sections = ", ".join(_changed_sections(old, new))
                    yield f"form: {sections or 'changed'}"
                else:
                    yield from _lines(name, old, new)

    def as_json(self) -> dict[str, Any]:
        """The change as the command line's JSON shows it."""
        found = {
            name: {"old": _masked(name, old), "new": _masked(name, new)}
            for name, (old, new) in self.fields.items()
        }
        return {"name": self.name, "action": self.action.value, "fields": found}


def deployed_fields(found: DeploymentResponse) -> dict[str, Any]:
    """What a server has of a deployment, by the names of ``Desired.fields``.

    Args:
        found: The server's answer.
    """
    limit, options = found.global_concurrency_limit, found.concurrency_options
    return {
        "version": found.version,
        "description": found.description,
        "entrypoint": found.entrypoint,
        "tags": sorted(set(found.tags)),
        "parameters": found.parameters,
        "form": found.parameter_openapi_schema or {},
        "checks parameters": found.enforce_parameter_schema,
        "concurrency limit": limit.limit if limit is not None else None,
        "at the limit": options.model_dump(mode="json", exclude_unset=True) if options is not None else None,
        "schedules": [
            {
                "schedule": one.schedule.model_dump(mode="json"),
                "active": one.active,
                "parameters": one.parameters,
                "slug": one.slug,
            }
            for one in found.schedules
        ],
        "work pool": found.work_pool_name,
        "work queue": found.work_queue_name,
        "job variables": found.job_variables,
        "pull steps": found.pull_steps,
        "paused": found.paused,
    }


def differences(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What the server has and what it should have, by field, where these differ.

    Args:
        wanted: What it should have; of other fields any value is right.
        there: What it has.
    """
    found = {
        name: (there.get(name), value)
        for name, value in wanted.items()
        if _normal(name, there.get(name)) != _normal(name, value)
    }
    if "schedules" in found and not any("anchor_date" in one["schedule"] for one in wanted["schedules"]):
        old, new = (_normal("schedules", _unanchored(part)) for part in found["schedules"])
        if old == new:
            del found["schedules"]
    return found


def _unanchored(schedules: Any) -> list[dict[str, Any]]:
    """Schedules without the moments from which they count."""
    return [
        {**one, "schedule": {key: item for key, item in one["schedule"].items() if key != "anchor_date"}}
        for one in schedules or ()
    ]


def _normal(name: str, value: Any) -> Any:
    if name == "schedules":
        # The order says nothing, and a slug that was replaced is gone.
        plain = [{key: item for key, item in one.items() if key != "replaces"} for one in value or ()]
        return sorted(plain, key=repr)
    if name == "at the limit":
        usual = {"collision_strategy": "ENQUEUE"}
        return {**usual, **{key: item for key, item in (value or {}).items() if item is not None}}
    return value


def _lines(name: str, old: Any, new: Any) -> Iterator[str]:
    """One line for each leaf that differs."""
    old, new = _opened(old), _opened(new)
    if isinstance(old, Mapping | None) and isinstance(new, Mapping | None) and (old or new):
        before, after = old or {}, new or {}
        for key in dict.fromkeys([*before, *after]):
            yield from _lines(f"{name}.{key}", before.get(key, _NOTHING), after.get(key, _NOTHING))
    elif old == new:
        return
    elif old is _NOTHING:
        yield f"{name}: + {_shown(name, new)}"
    elif new is _NOTHING:
        yield f"{name}: - {_shown(name, old)}"
    else:
        yield f"{name}: {_shown(name, old)} -> {_shown(name, new)}"


def _opened(value: Any) -> Any:
    """What a text of JSON holds, such as the execution settings; any other value as it is."""
    if isinstance(value, str) and value.startswith("{"):
        with suppress(ValueError):
            return json.loads(value)
    return value


def _shown(name: str, value: Any) -> str:
    if name == "schedules":
        return ", ".join(schedule_text(one) for one in value or ()) or "none"
    found = _masked(name, value)
    text = "none" if found is None else found if isinstance(found, str) else repr(found)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def schedule_text(one: Mapping[str, Any]) -> str:
    """A schedule of a deployment as a person reads it.

    Args:
        one: The schedule as JSON.
    """
    when = one["schedule"]
    text = when.get("cron") or when.get("rrule") or _every(when)
    zone = f" {when['timezone']}" if when.get("timezone") else ""
    return f"{text}{zone}{'' if one['active'] else ' (not active)'}"


def _every(when: Mapping[str, Any]) -> str:
    return f"every {float(when['interval']):g} s" if when.get("interval") else "never"


def _masked(name: str, value: Any) -> Any:
    """A value without what looks like a secret: a server may hold what no file of ours does."""
    if isinstance(value, Mapping):
        return {key: _masked(str(key), item) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked("", item) for item in value]
    last = name.rpartition(".")[2]
    if isinstance(value, str) and (is_secret_name(last, variable=True) or holds_secret(value)):
        return "***"
    return value


def _changed_sections(old: Any, new: Any) -> Iterator[str]:
    """The sections of a form that came, went or changed."""
    before, after = _sections(old), _sections(new)
    for name in dict.fromkeys([*before, *after]):
        if name not in before:
            yield f"+ {name}"
        elif name not in after:
            yield f"- {name}"
        elif before[name] != after[name]:
            yield f"{name} changed"


def _sections(form: Any) -> dict[str, Any]:
    definitions = form.get("definitions", {}) if isinstance(form, Mapping) else {}
    properties = form.get("properties", {}) if isinstance(form, Mapping) else {}

    def whole(value: Any, depth: int = 0) -> Any:
        if isinstance(value, Mapping):
            reference = value.get("$ref")
            rest = {key: whole(item, depth) for key, item in value.items() if key != "$ref"}
            if isinstance(reference, str) and depth < 10:
                inner = whole(definitions.get(reference.rpartition("/")[2], {}), depth + 1)
                return {**inner, **rest} if isinstance(inner, dict) else rest
            return rest
        return [whole(item, depth) for item in value] if isinstance(value, list) else value

    required = form.get("required", ()) if isinstance(form, Mapping) else ()
    return {
        str(name): (whole({key: item for key, item in value.items() if key != "position"}), name in required)
        for name, value in properties.items()
    }
