"""Read fragments with the fragments that they use, before anything is expanded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ecoflows.errors import Problem, ProblemError
from ecoflows.source import DataPath, Source, load
from ecoflows.spec.expressions import has_expression
from ecoflows.spec.fragments.checks import FragmentChecker
from ecoflows.spec.fragments.files import Finder, UnknownFragmentError
from ecoflows.spec.fragments.model import FragmentParameter, Unit, Use, UseEntry, UseShape, entries_of, is_use

MAX_INSTANCES = 20_000
MAX_NESTED = 20


class FragmentReader:
    """Reads the fragments of one spec, each once."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._known: dict[Path, Unit] = {}
        self._around: dict[Path, str] = {}

    def spec(self, source: Source) -> Unit:
        """A spec with all that it uses.

        Args:
            source: A spec whose ``workflow`` is a list.
        """
        unit = self._unit(source, FragmentChecker(source), "", {})
        uses, total = {}, len(unit.ids)
        for path, use in unit.uses.items():
            total += use.unit.size if use.unit else 0
            if use.unit and total > MAX_INSTANCES:
                message = f"with this, the spec grows to more than {MAX_INSTANCES:,} task instances"
                hint = "use fewer fragments, or map one task instance over a list"
                problem = source.problem((*path, "use"), "too-many-instances", message, hint=hint, side="key")
                uses[path] = replace(use, unit=None, problems=(*use.problems, problem))
                total -= use.unit.size
            else:
                uses[path] = use
        return replace(unit, uses=uses)

    def _unit(
        self, source: Source, checker: FragmentChecker, name: str, parameters: dict[str, FragmentParameter]
    ) -> Unit:
        """A document with its instances and uses."""
        uses: dict[DataPath, Use] = {}
        first: dict[str, DataPath] = {}
        ids = []
        last = ""
        for path, entry in entries_of(source.data["workflow"], ("workflow",)):
            written = entry.get("id") if isinstance(entry, dict) else None
            last = written if isinstance(written, str) else ""
            above = first.setdefault(last, path) if last else path
            problem = _twice(source, last, above, path) if above != path else None
            if is_use(entry):
                uses[path] = Use("", path, problems=(problem,)) if problem else self._use(source, entry, path)
                continue
            ids.append(last)
            if problem is not None and above in uses:
                checker.problems.append(problem)
        found = [use.unit for use in uses.values() if use.unit is not None]
        return Unit(
            name=name,
            source=source,
            parameters=parameters,
            ids=frozenset(filter(None, ids)),
            uses=uses,
            returns=last,
            size=len(ids) + len(uses) + sum(unit.size for unit in found),
            height=max((unit.height + 1 for unit in found), default=0),
            problems=tuple(checker.problems),
        )

    def _use(self, source: Source, entry: dict[Any, Any], path: DataPath) -> Use:
        checker = FragmentChecker(source)
        at = (*path, "use")
        whole = checker.shape(UseEntry, checker.text_keys(entry, path), path)
        used: Any = entry["use"]
        if isinstance(used, dict):
            used = checker.text_keys(used, at)
        shape = checker.shape(UseShape, used, at)
        if isinstance(used, str):
            hint = f"write {{fragment: {used}}}"
            checker.problems[-1] = replace(checker.problems[-1], hint=hint)
        name = whole.id if whole else ""
        if has_expression(name):
            checker.add(
                (*path, "id"), "bad-id", "an id cannot have a ${{ ... }} in it", "write the id itself"
            )
        unit = self._target(checker, shape.fragment, (*at, "fragment")) if shape else None
        given = tuple(shape.given or ()) if shape else ()
        if unit is not None and not unit.is_broken:
            checker.given(unit, given, at)
        title = whole.name if whole else None
        return Use(name, path, title, given, unit if name else None, tuple(checker.problems))

    def _target(self, checker: FragmentChecker, name: str, path: DataPath) -> Unit | None:
        """The fragment of a use, which names it at a path."""
        if has_expression(name):
            message = "the name of a fragment cannot have a ${{ ... }} in it"
            checker.add(path, "unknown-fragment", message, "write the name itself")
            return None
        try:
            file = self._finder.file(name, checker.source)
        except UnknownFragmentError as error:
            checker.add(path, error.code, str(error), error.hint)
            return None
        key = _identity(file)
        way = [*self._around.values(), file.stem]
        if key in self._around:
            cycle = " -> ".join(way[list(self._around).index(key) :])
            message = f"the fragment uses itself: {cycle}"
            checker.add(path, "fragment-cycle", message, "take one of these uses away")
            return None
        height = 0
        if len(way) <= MAX_NESTED:
            unit = self._known.get(key) or self._read(checker, path, file, key)
            if unit is None or len(way) + unit.height <= MAX_NESTED:
                return unit
            height = unit.height
        message = f"fragments use each other more than {MAX_NESTED} deep"
        hint = f"the way here: {' -> '.join(way)}{f', and {height} more below' if height else ''}"
        checker.add(path, "too-deep", message, hint)
        return None

    def _read(self, checker: FragmentChecker, path: DataPath, file: Path, key: Path) -> Unit | None:
        """A fragment that was not read before, ``None`` where there is no such file."""
        try:
            source = load(file)
        except ProblemError as error:
            if error.problems[0].code == "no-such-file":
                hint = error.problems[0].hint
                checker.add(path, "unknown-fragment", f"there is no file '{file}'", hint)
                return None
            unit = Unit(file.stem, Source(str(file)), problems=error.problems, is_broken=True)
        else:
            self._around[key] = file.stem
            unit = self._fragment(source, file.stem)
            del self._around[key]
        self._known[key] = unit
        return unit

    def _fragment(self, source: Source, stem: str) -> Unit:
        """A fragment that was read from its file."""
        checker = FragmentChecker(source)
        data = checker.top(stem)
        if data is None:
            return Unit(stem, source, problems=tuple(checker.problems), is_broken=True)
        parameters = checker.parameters(data.get("parameters") or {})
        unit = self._unit(source, checker, stem, parameters)
        checker.expressions(unit)
        returns = data.get("return")
        if isinstance(returns, str):
            if unit.meaning(returns) is None:
                checker.unknown_reference(unit, returns, ("return",))
            unit = replace(unit, returns=returns if unit.meaning(returns) else "")
        return replace(unit, problems=tuple(checker.problems))


def _twice(source: Source, name: str, above: DataPath, path: DataPath) -> Problem:
    message = f"the id '{name}' stands twice; the first is in line {source.mark((*above, 'id')).line}"
    hint = "give each task instance and each use an id of its own"
    return source.problem((*path, "id"), "duplicate-id", message, hint=hint)


def _identity(file: Path) -> Path:
    """What two names of one file have in common."""
    try:
        return file.expanduser().resolve()
    except (OSError, RuntimeError, ValueError):  # what it is will be told when it is read
        return file
