"""What is installed: versions, packages of tasks; and the image that flows run in."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib.metadata import version

from ecoflows import __version__, registry
from ecoflows.doctor.model import Finding, Subject, error, ok, skipped, warning

_OLDEST = (3, 11)
_MOVING = ("latest", "main", "master", "dev", "edge", "stable", "staging")


def check_versions(_subject: Subject) -> Iterator[Finding]:
    """The versions of Python, ecoflows and Prefect.

    Yields:
        A finding for each.
    """
    python = platform.python_version()
    if tuple(map(int, python.split(".")[:2])) < _OLDEST:
        yield error("python", f"Python {python}", "use Python 3.11 or newer")
    else:
        yield ok("python", f"Python {python}")
    yield ok("ecoflows", f"ecoflows {__version__}")
    yield ok("prefect", f"Prefect {version('prefect')}")


def check_packages(_subject: Subject) -> Iterator[Finding]:
    """The packages of tasks that are installed here.

    Yields:
        A finding for each module that cannot be imported, and one for all others.
    """
    found = registry.installed()
    packages = sorted({task.package for task in found.all()})
    for broken in found.broken:
        text = f"{broken.module} of {broken.package}: {broken.message}"
        yield error("task packages", text, "'ecoflows tasks --broken' shows the traceback")
    count = len(found.all())
    if count:
        yield ok("task packages", f"{count} tasks of {', '.join(packages)}")
    elif not found.broken:
        yield error("task packages", "there are no tasks", "install ecoflows, or a package of tasks")


def check_image(subject: Subject) -> Iterator[Finding]:
    """The image that a profile names.

    Yields:
        One finding, if flows run in pods.
    """
    environment = subject.environment
    if environment is None or not environment.uses_pods:
        return
    image = environment.profile.image or environment.profile.execution.image
    if image is None:
        if environment.profile.type == "kubernetes":
            fix = f"add 'image: ...' to {environment.source.name}, or give 'deployment build' --image"
            yield error("image", "the profile names no image", fix)
        else:
            yield skipped("image", "the profile names no image; each task or spec has to")
        return
    name, _, digest = image.partition("@")
    tag = re.search(r":([^:/]+)$", name)
    if digest:
        yield ok("image", image)
    elif tag is None or tag[1] in _MOVING:
        text = f"{image} may be another image tomorrow"
        yield warning("image", text, "name a version, as in 'flows:1.0', or a digest")
    else:
        yield ok("image", image)
