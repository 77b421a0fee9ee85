"""Subjects of a group, and things that a site calls by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecoflows.connections.earthranger import EarthRanger
from ecoflows.errors import did_you_mean


def subjects_of_group(client: EarthRanger, name: str, *, include_inactive: bool) -> list[dict[str, Any]]:
    """The subjects of a group, those of its subgroups included, each once, by id.

    Args:
        client: The site.
        name: The group's name.
        include_inactive: Whether inactive subjects are among them.

    Raises:
        ValueError: If there is no such group, naming the nearest one, or there are several.
        ConnectionFailedError: If the site fails or refuses.
    """
    params = {"include_hidden": True, "flat": True, "include_inactive": include_inactive}
    groups = list(client.rows("subjectgroups", params))
    found = [group for group in groups if group["name"] == name]
    if not found:
        hint = did_you_mean(name, [group["name"] for group in groups], what="the groups are")
        raise ValueError(f"the site has no subject group '{name}'; {hint or 'the user may see none'}")
    if len({group["id"] for group in found}) > 1:
        raise ValueError(
            f"the site has {len(found)} subject groups named '{name}'; rename all but one of them"
        )
    members = client.rows("subjects", {"subject_group": found[0]["id"], "include_inactive": include_inactive})
    return [found for _, found in sorted({subject["id"]: subject for subject in members}.items())]


def ids_of(kinds: Iterable[Mapping[str, Any]], names: Sequence[str], argument: str) -> list[str]:
    """The ids of types that are named by value, by what people see, or by id.

    Args:
        kinds: The types that the site has.
        names: The names.
        argument: What the task calls them.

    Raises:
        ValueError: If the site has none of such a name, naming the nearest.
    """
    every = list(kinds)
    known: dict[str, str] = {}
    for key in ("display", "value", "id"):
        known |= {str(kind[key]): str(kind["id"]) for kind in every}
    unknown = [name for name in names if name not in known]
    if unknown:
        shown = [str(kind["value"]) for kind in every] + [str(kind["display"]) for kind in every]
        hints = [
            f"'{name}' ({did_you_mean(name, shown, what='known are') or 'none is known'})" for name in unknown
        ]
        raise ValueError(f"{argument}: the site has no {', '.join(hints)}")
    return [known[name] for name in names]
