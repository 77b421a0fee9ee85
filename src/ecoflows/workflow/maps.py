"""Check what instances are mapped over: argument names, elements, keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, get_args

from ecoflows.annotations import is_frame, needs_frame
from ecoflows.decorators import Task
from ecoflows.errors import Problem, did_you_mean
from ecoflows.keys import type_name
from ecoflows.source import DataPath, Source
from ecoflows.spec import Instance, MapOver, Reference, references
from ecoflows.spec.expressions import has_expression
from ecoflows.validation import shown, value_problems
from ecoflows.workflow.shapes import UNKNOWN, bare, element_of, is_mapping, pair_of, parts_of

Returns = Callable[[str], Any]
"""Gives the annotation of what an instance returns, ``UNKNOWN`` where nothing is known of it."""

_WAY_TO_SPLIT = "split it first, for example with split_groups, and map over the groups"


def mapped_returns(over: MapOver, returns: Any, source: Any) -> Any:
    """The annotation of what a mapped instance returns.

    Args:
        over: What it is mapped over.
        returns: What its task returns.
        source: The annotation of what it goes over.
    """
    if not over.keyed:
        return list[returns]
    if is_mapping(source):
        return dict[(get_args(bare(source)) or (UNKNOWN,))[0], returns]  # type: ignore[misc]  # made here
    pair = pair_of(element_of(source)) or (UNKNOWN, UNKNOWN)
    return list[tuple[pair[0], returns]]  # type: ignore[valid-type]  # made here


class MapCheck:
    """Checks one mapped instance, collecting problems."""

    def __init__(self, instance: Instance, over: MapOver, task: Task[..., Any], source: Source) -> None:
        self.instance = instance
        self.over = over
        self.task = task
        self.source = source
        self.problems: list[Problem] = []

    def run(self, returns: Returns) -> list[Problem]:
        """Everything that is wrong with the map."""
        known = [self._check_argname(name, path) for name, path in self._argnames()]
        path = (*self.over.path, "argvalues")
        values = self.over.values
        if isinstance(values, Reference):
            self._check_source(values, returns(values.instance))
        elif isinstance(values, list):
            if self.over.keyed:
                self._check_keys(values, path)
            for index, element in enumerate(values):
                self._check_element(element, (*path, index), returns, check_values=all(known))
        elif isinstance(values, dict) and self.over.keyed:
            for key, value in values.items():
                self._check_value(value, (*path, key), returns, check_values=all(known))
        elif not (isinstance(values, str) and has_expression(values)):  # a problem of its own
            what = "pairs or a mapping" if self.over.keyed else "a list"
            wrong = "a mapping" if isinstance(values, dict) else shown(values)
            hint = "write ${{ workflow.ID.return }}, or a list"
            if isinstance(values, dict):
                hint = "mapvalues goes over a mapping and keeps its keys"
            self._add(path, "map-over", f"{self.over.word} goes over {what}, not {wrong}", hint)
        return self.problems

    def _check_keys(self, pairs: list[Any], path: DataPath) -> None:
        """Check that no key stands twice; keys of YAML are plain values or lists of such."""
        seen: list[Any] = []
        for index, pair in enumerate(pairs):
            if not isinstance(pair, list) or len(pair) != 2 or any(references(pair[0])):
                continue
            if pair[0] in seen:
                message = f"the key {shown(pair[0])} stands twice"
                self._add((*path, index, 0), "duplicate-key", message, "give each element a key of its own")
            seen.append(pair[0])

    def _argnames(self) -> Iterator[tuple[str, DataPath]]:
        path = (*self.over.path, "argnames")
        for index, name in enumerate(self.over.argnames):
            yield name, (*path, index) if (*path, index) in self.source.values else path

    def _check_argname(self, name: str, path: DataPath) -> bool:
        if name not in self.task.parameters:
            message = f"the task '{self.task.name}' has no argument '{name}'"
            hint = did_you_mean(name, self.task.parameters, what="its arguments")
            self._add(path, "unknown-argument", message, hint or "it takes no arguments")
            return False
        if name in self.instance.arguments:
            line = self.source.mark((*self.instance.arguments_path, name), "key").line
            message = f"the argument '{name}' is given in line {line} already"
            self._add(path, "given-twice", message, "let it stand in partial or in argnames")
        return True

    def _check_source(self, reference: Reference, annotation: Any) -> None:
        """Check that what an instance returns can be gone over."""
        name, word = reference.instance, self.over.word
        if self.over.keyed and is_mapping(annotation):
            arguments = get_args(bare(annotation))
            self._check_parts(name, arguments[-1] if arguments else UNKNOWN, reference.path)
            return
        element = element_of(annotation)
        if element is None:
            what, hint = type_name(annotation), f"name an instance that returns a list to {word} over"
            if needs_frame(annotation):
                what, hint = "a table", _WAY_TO_SPLIT
            elif is_mapping(annotation):
                hint = "mapvalues goes over a mapping and keeps its keys"
            kind = "pairs or a mapping" if self.over.keyed else "a list"
            message = f"{word} goes over {kind}, and '{name}' returns {what}"
            self._add(reference.path, "map-over", message, hint)
            return
        value = element
        if self.over.keyed:
            pair = pair_of(element)
            if pair is None:
                message = (
                    f"mapvalues goes over (key, value) pairs, and the elements of '{name}' are "
                    f"{type_name(element)}"
                )
                self._add(reference.path, "no-keys", message, "map goes over elements without keys")
                return
            value = pair[1]
        self._check_parts(name, value, reference.path)

    def _check_parts(self, name: str, annotation: Any, path: DataPath) -> None:
        """Check that elements have as many parts as there are argnames."""
        count = len(self.over.argnames)
        if count == 1:
            return
        parts = parts_of(annotation)
        what = "value" if self.over.keyed else "element"
        if parts is None:
            message = f"{count} argnames need {count} parts, and each {what} of '{name}' is one value"
            self._add(path, "argnames-do-not-fit", f"{message}: {type_name(annotation)}", "give one argname")
        elif parts and len(parts) != count:
            message = f"{count} argnames need {count} parts, and each {what} of '{name}' has {len(parts)}"
            self._add(path, "argnames-do-not-fit", message, f"give {len(parts)} argnames, or one")

    def _check_element(self, element: Any, path: DataPath, returns: Returns, *, check_values: bool) -> None:
        if not self.over.keyed:
            self._check_value(element, path, returns, check_values=check_values)
        elif isinstance(element, Reference):
            pair = pair_of(returns(element.instance))
            if pair is None:
                message = f"mapvalues goes over (key, value) pairs, and '{element.instance}' returns none"
                self._add(path, "no-keys", message, "map goes over elements without keys")
            else:
                self._check_parts(element.instance, pair[1], path)
        elif isinstance(element, list) and len(element) == 2:
            self._check_value(element[1], (*path, 1), returns, check_values=check_values)
        else:
            message = f"mapvalues goes over (key, value) pairs, and this is {shown(element)}"
            self._add(path, "no-keys", message, "write [key, value], or use map")

    def _check_value(self, value: Any, path: DataPath, returns: Returns, *, check_values: bool) -> None:
        """Check one element as the value of one argument, or its parts as those of several."""
        names = self.over.argnames
        if isinstance(value, Reference):
            self._check_parts(value.instance, returns(value.instance), path)
            return
        if len(names) == 1:
            parts = [(names[0], value, path)]
        elif isinstance(value, list) and len(value) == len(names):
            parts = [(name, value[index], (*path, index)) for index, name in enumerate(names)]
        else:
            has = f"has {len(value)}" if isinstance(value, list) else f"is {shown(value)}"
            message = f"{len(names)} argnames need {len(names)} parts, and this element {has}"
            self._add(path, "argnames-do-not-fit", message, "write a list with a part for each argname")
            return
        if check_values:
            for name, part, at in parts:
                self._check_literal(name, part, at)

    def _check_literal(self, name: str, value: Any, path: DataPath) -> None:
        parameter = self.task.parameters[name]
        if any(references(value)) or (isinstance(value, str) and has_expression(value)):
            return
        if is_frame(parameter.annotation):
            message = f"the argument '{name}' takes a table, not {shown(value)}"
            self._add(path, "wrong-type", message, "name the task instance that returns it")
            return
        self.problems += value_problems(parameter, value, self.source, path, f"the argument '{name}': ")

    def _add(self, path: DataPath, code: str, message: str, hint: str | None = None) -> None:
        self.problems.append(self.source.problem(path, code, message, hint=hint))
