"""All checks, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from ecoflows.doctor.cluster import check_cluster
from ecoflows.doctor.model import Check, Finding, Subject, attempted
from ecoflows.doctor.packages import check_image, check_packages, check_versions
from ecoflows.doctor.server import check_server
from ecoflows.doctor.storage import check_cache_root

CHECKS: dict[str, Check] = {
    "versions": check_versions,
    "task packages": check_packages,
    "image": check_image,
    "cache root": check_cache_root,
    "server": check_server,
    "cluster": check_cluster,
}
"""The checks by what they look at, those that take longer last."""


def examine(subject: Subject) -> Iterator[Finding]:
    """Run all checks; one that cannot run costs only itself.

    Args:
        subject: What is checked.

    Yields:
        What was found, as soon as it is.
    """
    for name, check in CHECKS.items():
        yield from attempted(name, check(subject))
