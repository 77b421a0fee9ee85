"""Where fragments are found: by path, in ``fragments/`` beside a file, in installed packages.

A package joins through the entry-point group ``ecoflows.fragments``: in its ``pyproject.toml``,
``[project.entry-points."ecoflows.fragments"]`` with ``fragments = "my_package.fragments"``, a folder
that holds a file ``<name>.yaml`` for each fragment.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from ecoflows.errors import EcoflowsError, did_you_mean
from ecoflows.source import Source

GROUP = "ecoflows.fragments"

Packages = Mapping[str, tuple[Path, ...]]
"""The folders with fragments of each package, by the name of its distribution."""


class UnknownFragmentError(EcoflowsError):
    """Raised where a name leads to no fragment, or to several; ``code`` and ``hint`` are a problem's."""

    def __init__(self, code: str, message: str, hint: str | None) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


def package_folders(points: Iterable[EntryPoint]) -> Packages:
    """The folders that entry points name, found without running any code of their packages.

    Args:
        points: Entry points whose value names a folder as a package: ``park_tasks.fragments``.
    """
    found: dict[str, tuple[Path, ...]] = {}
    for point in points:
        top, *below = point.value.partition(":")[0].strip().split(".")
        package = point.dist.name if point.dist else top
        folders = (Path(location, *below) for location in _locations(top))
        found[package] = (*found.get(package, ()), *(folder for folder in folders if folder.is_dir()))
    return found


def _locations(top: str) -> Iterator[str]:
    try:
        found = importlib.util.find_spec(top)
    except (ImportError, ValueError):  # a module that was made by hand has no spec
        return
    if found is not None:
        yield from found.submodule_search_locations or ()


class Finder:
    """Finds the files of fragments for one spec."""

    def __init__(self, spec: Source, packages: Packages | None = None) -> None:
        """Look from a spec.

        Args:
            spec: The spec.
            packages: The packages that bring fragments; by default those installed here.
        """
        self._spec = spec
        self._given = packages

    @cached_property
    def packages(self) -> Packages:
        """The packages that bring fragments."""
        return package_folders(entry_points(group=GROUP)) if self._given is None else self._given

    def file(self, name: str, user: Source) -> Path:
        """The file that a name means.

        Args:
            name: A path (with a ``/``, or ending in ``.yaml`` or ``.yml``), a plain name, or
                ``package:name``.
            user: The file in which the name stands.

        Returns:
            The file; one that is named by its path need not exist.

        Raises:
            UnknownFragmentError: If there is none, or if several packages bring it.
        """
        if "/" in name or name.endswith((".yaml", ".yml")):
            return Path(name) if name.startswith("~") else Path(user.name).parent / name
        package, colon, short = name.partition(":")
        if colon:
            return self._in_package(package, short)
        for folder in self._folders(user):
            if _is_file(folder / f"{name}.yaml"):
                return folder / f"{name}.yaml"
        found = {package: file for package in self.packages for file in self._files(package, name)[:1]}
        if len(found) > 1:
            ways = " or ".join(f"'{package}:{name}'" for package in sorted(found))
            message = f"the fragment '{name}' is in several packages: {', '.join(sorted(found))}"
            raise UnknownFragmentError("ambiguous-fragment", message, f"write {ways}")
        if not found:
            raise self._unknown(name, user)
        return next(iter(found.values()))

    def _folders(self, user: Source) -> list[Path]:
        """Where plain names are looked for before the packages."""
        beside = Path(user.name).parent
        # A fragment finds its neighbours: that is how those of one package use each other.
        own = [] if user is self._spec else [beside]
        return list(dict.fromkeys([*own, beside / "fragments", Path(self._spec.name).parent / "fragments"]))

    def _in_package(self, package: str, name: str) -> Path:
        matching = [one for one in self.packages if _canonical(one) == _canonical(package)]
        if not matching:
            message = f"no package '{package}' brings fragments"
            hint = did_you_mean(package, self.packages, what="packages with fragments")
            raise UnknownFragmentError("unknown-fragment", message, hint or "none that is installed does")
        files = [file for one in matching for file in self._files(one, name)]
        if not files:
            known = (found for one in matching for folder in self.packages[one] for found in _names(folder))
            hint = did_you_mean(name, known, what="its fragments")
            message = f"the package '{matching[0]}' has no fragment '{name}'"
            raise UnknownFragmentError("unknown-fragment", message, hint or "it has none at all")
        return files[0]

    def _files(self, package: str, name: str) -> list[Path]:
        files = (folder / f"{name}.yaml" for folder in self.packages[package])
        return [file for file in files if _is_file(file)]

    def _unknown(self, name: str, user: Source) -> UnknownFragmentError:
        folders = self._folders(user)
        known = {found for folder in folders for found in _names(folder)}
        known.update(found for paths in self.packages.values() for path in paths for found in _names(path))
        hint = did_you_mean(name, known, what="known fragments")
        places = [f"{folder}/" for folder in folders]
        places += [f"the package {package}" for package in sorted(self.packages)]
        looked = f"looked in {', '.join(places)}"
        message = f"there is no fragment '{name}'"
        return UnknownFragmentError("unknown-fragment", message, f"{hint} ({looked})" if hint else looked)


def _canonical(package: str) -> str:
    """A distribution's name as packaging tools compare it."""
    return re.sub(r"[-_.]+", "-", package).lower()


def _names(folder: Path) -> Iterator[str]:
    try:
        yield from sorted(file.stem for file in folder.expanduser().iterdir() if file.suffix == ".yaml")
    except (OSError, RuntimeError):
        return


def _is_file(path: Path) -> bool:
    try:
        return path.expanduser().is_file()
    except (OSError, RuntimeError):
        return False
