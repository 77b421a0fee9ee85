"""Read the entries of a spec: task instances in either spelling, maps, task groups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pydantic import ValidationError

from ecoflows.source import DataPath
from ecoflows.spec.collecting import Collector, text
from ecoflows.spec.model import Instance, MapOver
from ecoflows.spec.options import MapShape, Options
from ecoflows.spec.shapes import GroupEntry, InstanceEntry, MappingEntry

_OPTION_NAMES = tuple(Options.model_fields)


def fitting_options(given: Any) -> dict[str, Any]:
    """Of the options that are given, those that fit; what is wrong with the others is told elsewhere.

    Args:
        given: What should be a mapping of options.
    """
    fitting: dict[str, Any] = {}
    for name, value in given.items() if isinstance(given, dict) else ():
        with suppress(ValidationError):
            Options.model_validate({name: value})
            fitting[name] = value
    return fitting


def _fitting_map(given: Any) -> MapShape | None:
    """A map as far as it fits, so that its elements are checked although an option of it is wrong."""
    if not isinstance(given, dict):
        return None
    main = {name: given[name] for name in ("argnames", "argvalues") if name in given}
    for tried in (given, main):
        with suppress(ValidationError):
            return MapShape.model_validate(tried)
    return None


class Entries(Collector):
    """Reads entries, collecting problems.

    Attributes:
        defaults: The options that hold where an instance does not say otherwise.
    """

    defaults = Options()

    def of_mapping(self, entries: dict[str, Any]) -> list[Instance]:
        """The instances of ``tasks:``."""
        return [self._mapping_entry(name, entry) for name, entry in entries.items()]

    def of_list(self, entries: list[Any], path: DataPath) -> list[Instance]:
        """The instances of ``workflow:``, those in task groups too."""
        titles: dict[str, DataPath] = {}
        found = list(self._listed(entries, path, (), titles))
        self._check_ids(found)
        return found

    def _listed(
        self, entries: list[Any], path: DataPath, group: tuple[str, ...], titles: dict[str, DataPath]
    ) -> Iterator[Instance]:
        for index, entry in enumerate(entries):
            at = (*path, index)
            if isinstance(entry, dict) and ("type" in entry or "tasks" in entry):
                yield from self._group(entry, at, group, titles)
            else:
                yield self._instance_entry(entry, at, group)

    def _group(
        self, entry: dict[Any, Any], path: DataPath, group: tuple[str, ...], titles: dict[str, DataPath]
    ) -> Iterator[Instance]:
        given = self.text_keys(entry, path)
        self.shape(GroupEntry, given, path)
        title = text(given.get("title"))
        if title and titles.setdefault(title, path) != path:
            line = self.source.mark((*titles[title], "title")).line
            message = f"the group title '{title}' stands twice; the first is in line {line}"
            self.add((*path, "title"), "duplicate-title", message, "give each task group a title of its own")
        tasks = given.get("tasks")
        if isinstance(tasks, list):
            yield from self._listed(tasks, (*path, "tasks"), (*group, title), titles)

    def _mapping_entry(self, name: str, entry: Any) -> Instance:
        path: DataPath = ("tasks", name)
        given = self.text_keys(entry, path) if isinstance(entry, dict) else {}
        given = self._without_maps(given, path)
        shape = self.shape(MappingEntry, given if isinstance(entry, dict | None) else entry, path)
        arguments = {
            key: self.value(value, (*path, key), bare_words=True)
            for key, value in given.items()
            if key not in _OPTION_NAMES
        }
        complete = entry is None or isinstance(entry, dict)
        options = self._options(shape, given)
        return Instance(name, name, name, arguments, options, path, path, path, complete)

    def _without_maps(self, given: dict[str, Any], path: DataPath) -> dict[str, Any]:
        """An entry of the mapping form without what only the instance form has."""
        kept = dict(given)
        for word in ("map", "mapvalues"):
            if isinstance(given.get(word), dict) and "argvalues" in given[word]:
                hint = "'ecoflows convert' rewrites the spec, without this"
                self.add(
                    (*path, word),
                    "map-in-mapping-form",
                    f"'{word}' needs the instance form",
                    hint,
                    side="key",
                )
                del kept[word]
        return kept

    def _instance_entry(self, entry: Any, path: DataPath, group: tuple[str, ...]) -> Instance:
        given = self.text_keys(entry, path) if isinstance(entry, dict) else {}
        at = (*path, "partial")
        partial = given.get("partial")
        if isinstance(partial, dict):
            partial = given["partial"] = self.text_keys(partial, at)
        shape = self.shape(InstanceEntry, given if isinstance(entry, dict) else entry, path)
        arguments = {
            key: self.value(value, (*at, key), bare_words=False)
            for key, value in (partial.items() if isinstance(partial, dict) else ())
        }
        name, task, title = (text(given.get(key)) for key in ("id", "task", "name"))
        mapped = given.get("map") is not None or given.get("mapvalues") is not None
        over = self._map(given, path)
        return Instance(
            id=name,
            task=task,
            title=title or name,
            arguments=arguments,
            options=self._options(shape, given),
            path=path,
            arguments_path=at,
            task_path=(*path, "task"),
            complete=set(given) <= set(InstanceEntry.model_fields)
            and isinstance(entry, dict)
            and isinstance(partial, dict | None)
            and mapped == bool(over),
            map=over,
            group=group,
        )

    def _map(self, given: dict[str, Any], path: DataPath) -> MapOver | None:
        words = [word for word in ("map", "mapvalues") if given.get(word) is not None]
        if len(words) > 1:
            message = "an instance has 'map' or 'mapvalues', not both"
            hint = "mapvalues goes over (key, value) pairs and keeps the keys"
            self.add((*path, "mapvalues"), "map-and-mapvalues", message, hint, side="key")
            return None
        shape = _fitting_map(given[words[0]]) if words else None
        return self._map_over(shape, (*path, words[0])) if shape is not None else None

    def _map_over(self, given: MapShape, path: DataPath) -> MapOver:
        names = (given.argnames,) if isinstance(given.argnames, str) else given.argnames
        for index, name in enumerate(names):
            if name in names[:index]:
                message = f"the argument '{name}' stands twice in argnames"
                self.add((*path, "argnames", index), "duplicate-argname", message)
        return MapOver(
            argnames=names,
            values=self.value(given.argvalues, (*path, "argvalues"), bare_words=False),
            keyed=path[-1] == "mapvalues",
            path=path,
            concurrency=given.concurrency,
            on_error=given.on_error,
            batch=given.batch,
        )

    def _options(self, shape: Options | None, given: dict[str, Any]) -> Options:
        own = fitting_options(given)
        if shape is not None:
            own = {name: getattr(shape, name) for name in shape.model_fields_set}
        chosen = {name: own.get(name, getattr(self.defaults, name)) for name in _OPTION_NAMES}
        return Options.model_validate(chosen)

    def _check_ids(self, instances: list[Instance]) -> None:
        first: dict[str, Instance] = {}
        for instance in instances:
            if instance.id and first.setdefault(instance.id, instance) is not instance:
                line = self.source.mark((*first[instance.id].path, "id")).line
                message = f"the id '{instance.id}' stands twice; the first is in line {line}"
                hint = "give each task instance an id of its own"
                self.add((*instance.path, "id"), "duplicate-id", message, hint)
