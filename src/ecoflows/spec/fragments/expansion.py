"""Replace each use of a fragment in a spec by what the fragment holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from typing import Any

from ecoflows.errors import Problem, ProblemError, Related, in_order
from ecoflows.source import DataPath, Source
from ecoflows.source.model import Origin
from ecoflows.source.splicing import Change, Part, Splicing, TooLargeError, out_of
from ecoflows.spec.fragments.files import Finder, Packages
from ecoflows.spec.fragments.model import Unit, Use, entries_of, is_group, is_use
from ecoflows.spec.fragments.reading import FragmentReader
from ecoflows.spec.fragments.texts import Scope, Texts
from ecoflows.validation import shown


def expanded(source: Source, packages: Packages | None = None) -> tuple[Source, list[Problem]]:
    """A spec in which each use of a fragment is replaced by the fragment's instances.

    Args:
        source: The document of a spec.
        packages: The packages that bring fragments; by default those installed here.

    Returns:
        The document, with marks that point into the file where each thing was written, and what is
        wrong with its uses and their fragments. Without uses it is the same document.

    Raises:
        ProblemError: If the document is itself a fragment, if nothing is left of it because of
            problems, or if it grows beyond all use.
    """
    data = source.data
    if not isinstance(data, dict):
        return source, []
    if "fragment" in data:
        message = "this is a fragment; run a spec that uses it"
        hint = "in a spec: {id: ID, use: {fragment: NAME, with: {...}}}"
        raise ProblemError([source.problem(("fragment",), "is-a-fragment", message, hint=hint, side="key")])
    entries = data.get("workflow")
    if not isinstance(entries, list):
        return source, _in_mapping_form(source, data.get("tasks"))
    if not any(is_use(entry) for _path, entry in entries_of(entries, ("workflow",))):
        return source, []
    return _Expansion(FragmentReader(Finder(source, packages)).spec(source)).run()


def _in_mapping_form(source: Source, tasks: Any) -> list[Problem]:
    """A problem for each use in a form that has none."""
    message = "a fragment cannot be used in the mapping form"
    hint = "write the spec in the instance form, as a list under 'workflow:'"
    return [
        source.problem(("tasks", name, "use"), "use-in-mapping-form", message, hint=hint, side="key")
        for name, entry in (tasks.items() if isinstance(tasks, dict) else ())
        if is_use(entry) and isinstance(entry["use"], dict) and "fragment" in entry["use"]
    ]


class _Expansion:
    """Expands one spec, collecting problems.

    What is given to fragments is expanded aside first, since one value may go to many places.
    """

    def __init__(self, spec: Unit) -> None:
        self._scope = Scope(spec, Origin(spec.source))
        self._main = Splicing(spec.source)
        self._aside = Splicing(spec.source)
        self._numbers = count()
        self._first: dict[str, tuple[Scope, DataPath]] = {}
        self._last_use: DataPath = ("workflow",)
        self._problems: list[Problem] = list(spec.problems)
        self._texts = Texts(self._problems)

    def run(self) -> tuple[Source, list[Problem]]:
        """The expanded spec, and the problems."""
        source = self._scope.unit.source
        entries = source.data["workflow"]
        try:
            found = self._entries(self._scope, ("workflow",), entries, ("workflow",), [])
            whole = Part(source, (), source.data, out_of(None))
            data = self._around(found, "workflow", whole, (), None)
        except TooLargeError as error:
            message = f"with this fragment, the spec is too large: {error}"
            path = (*self._last_use, "use")
            self._problems.append(source.problem(path, "too-large", message, side="key"))
            raise ProblemError(in_order(self._problems)) from error
        if not found:
            raise ProblemError(in_order(self._problems))
        return self._main.finished(data), in_order(self._problems)

    def _entries(
        self, scope: Scope, at: DataPath, entries: list[Any], to: DataPath, out: list[Any]
    ) -> list[Any]:
        """Put the entries of a list at the end of another one."""
        for index, entry in enumerate(entries):
            path, target = (*at, index), (*to, len(out))
            if is_use(entry):
                self._use(scope, scope.unit.uses[path], to, out)
            elif is_group(entry):
                out += self._group(scope, path, entry, target)
            elif not self._is_taken(scope, path, entry):
                change = self._texts.change(scope, self._main, path)
                out.append(self._main.put(self._part(scope, path, entry), target, change))
        return out

    def _group(self, scope: Scope, path: DataPath, entry: dict[Any, Any], to: DataPath) -> list[Any]:
        """A task group in a list; where problems leave it without tasks, none."""
        tasks = self._entries(scope, (*path, "tasks"), entry["tasks"], (*to, "tasks"), [])
        if entry["tasks"] and not tasks:
            return []
        change = self._texts.change(scope, self._main, path)
        return [self._around(tasks, "tasks", self._part(scope, path, entry), to, change)]

    def _around(
        self, entries: list[Any], key: str, part: Part, to: DataPath, change: Change | None
    ) -> dict[Any, Any]:
        """Put a mapping around a list of entries that was put already, under one of its keys."""
        self._main.place(part, to)
        data = {}
        for name in part.data:
            inner, target = part.inner(name), (*to, name)
            if name == key:
                self._main.place_key(inner, target)
                self._main.place(inner, target)
            data[name] = entries if name == key else self._main.put_entry(inner, target, change)
        return data

    def _use(self, scope: Scope, use: Use, to: DataPath, out: list[Any]) -> None:
        """Put what a use brings at the end of a list."""
        if scope.is_spec:
            self._last_use = use.path
        self._problems += _brought(use.problems, scope.origin.related)
        unit = use.unit
        if unit is None:
            return
        used = scope.related((*use.path, "use"), f"used here as '{use.id}'", key=True)
        origin = Origin(unit.source, (used, *scope.origin.related))
        self._problems += _brought(unit.problems, origin.related)
        if unit.is_broken:
            return
        inner = Scope(unit, origin, f"{scope.prefix}{use.id}.", self._title(scope, use))
        inner = replace(inner, given=self._given(scope, use, inner))
        self._entries(inner, ("workflow",), unit.source.data["workflow"], to, out)

    def _title(self, scope: Scope, use: Use) -> str:
        """What a use puts in front of titles."""
        if use.title is None:
            return scope.title
        part = Part(scope.unit.source, (*use.path, "name"), use.title, out_of(scope.origin))
        path = (next(self._numbers),)
        title = self._aside.put(part, path, self._texts.change(scope, self._aside))
        if isinstance(title, str):
            return f"{scope.title}{title}: "
        message = f"text is expected, not {shown(title)}"
        self._problems.append(self._aside.source.problem(path, "wrong-shape", message))
        return scope.title

    def _given(self, scope: Scope, use: Use, inner: Scope) -> dict[str, Part]:
        """What a use gives for each of its fragment's parameters, or else their defaults."""
        number = next(self._numbers)
        found = {}
        for name, parameter in inner.unit.parameters.items():
            giver, path = scope, (*use.path, "use", "with", name)
            if name not in use.given:
                giver, path = inner, ("parameters", name, "default")
            if name not in use.given and not parameter.has_default:
                continue
            value = _at(giver.unit.source.data, path)
            part = Part(giver.unit.source, path, value, out_of(giver.origin))
            data = self._aside.put(part, (number, name), self._texts.change(giver, self._aside))
            found[name] = Part(self._aside.source, (number, name), data, out_of(None))
        return found

    def _part(self, scope: Scope, path: DataPath, data: Any) -> Part:
        return Part(scope.unit.source, path, data, out_of(None if scope.is_spec else scope.origin))

    def _is_taken(self, scope: Scope, path: DataPath, entry: Any) -> bool:
        """Whether the id of an instance stands above already; the spec's own are left to its reader."""
        written = entry.get("id") if isinstance(entry, dict) else None
        if not isinstance(written, str) or not written:
            return False
        name = f"{scope.prefix}{written}"
        other, above = self._first.setdefault(name, (scope, path))
        if (above == path and other is scope) or (other.is_spec and scope.is_spec):
            return False
        at, related = (*path, "id"), scope.origin.related
        message = f"the id '{name}' stands twice"
        if other is scope:
            line = scope.unit.source.mark((*above, "id")).line
            message = f"the id '{written}' stands twice; the first is in line {line}"
        else:
            related = (other.related((*above, "id"), "the first is here"), *related)
        hint = "give each task instance an id of its own"
        problem = scope.unit.source.problem(at, "duplicate-id", message, hint=hint)
        self._problems += _brought([problem], related)
        return True


def _brought(problems: Iterable[Problem], related: tuple[Related, ...]) -> list[Problem]:
    """Problems of a document that some places brought."""
    return [replace(problem, related=(*problem.related, *related)) for problem in problems]


def _at(data: Any, path: DataPath) -> Any:
    for key in path:
        data = data[key]
    return data
