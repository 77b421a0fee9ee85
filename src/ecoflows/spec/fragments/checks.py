"""Check one fragment, or one use of one, collecting problems."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from ecoflows.errors import did_you_mean, nearest
from ecoflows.source import DataPath, Side
from ecoflows.spec.collecting import Collector, Shape
from ecoflows.spec.expressions import parameter_in, parameters_in, reference_in, references_in
from ecoflows.spec.fragments.model import FragmentParameter, FragmentTop, ParameterShape, Unit, entries_of
from ecoflows.validation import problems_of, shown


class FragmentChecker(Collector):
    """Checks parts of one document, collecting problems."""

    def shape(self, model: type[Shape], data: Any, path: DataPath) -> Shape | None:
        """The data in a shape, or ``None`` where it does not fit; what is wrong is noted."""
        known = [field.alias or name for name, field in model.model_fields.items()]
        try:
            return model.model_validate(data)
        except ValidationError as error:
            self.problems += problems_of(
                error, self.source, path, code="wrong-shape", known=lambda _path: known
            )
            return None

    def top(self, stem: str) -> dict[str, Any] | None:
        """The data of a fragment's file, or ``None`` where nothing can be made of it.

        Args:
            stem: The name of the file without its ending.
        """
        data = self.source.data
        if data is None:
            hint = "a fragment has the keys 'fragment' and 'workflow'"
            self.add((), "empty-fragment", "the fragment is empty", hint)
            return None
        if not isinstance(data, dict):
            message = f"a fragment is a mapping with the keys 'fragment' and 'workflow', not {shown(data)}"
            self.add((), "not-a-mapping", message)
            return None
        if "fragment" not in data and ("name" in data or "tasks" in data):
            hint = f"a fragment starts with 'fragment: {stem}', without a name"
            self.add((), "not-a-fragment", "this is a spec, not a fragment", hint)
            return None
        texts = self.text_keys(data, ())
        self.shape(FragmentTop, texts, ())
        name = data.get("fragment")
        if isinstance(name, str) and name and name != stem:
            message = f"the fragment '{name}' is in a file of another name, '{stem}'"
            self.add(("fragment",), "wrong-name", message, f"write 'fragment: {stem}', or rename the file")
        entries, parameters = data.get("workflow"), data.get("parameters")
        is_usable = isinstance(entries, list) and entries and isinstance(parameters, dict | None)
        return texts if is_usable else None

    def parameters(self, given: dict[Any, Any]) -> dict[str, FragmentParameter]:
        """The parameters of a fragment."""
        found = {}
        for name, value in given.items():
            path = ("parameters", name)
            if not isinstance(name, str) or not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name):
                message = f"{shown(name)} cannot be the name of a parameter"
                hint = "a name has letters, digits and '_', and does not start with a digit"
                self.add(path, "bad-key", message, hint, side="key")
                continue
            shape = self.shape(ParameterShape, {} if value is None else value, path)
            description = (shape.description if shape else None) or ""
            has_default = isinstance(value, dict) and "default" in value
            found[name] = FragmentParameter(
                description, has_default, is_required=shape is not None and not has_default
            )
        return found

    def given(self, unit: Unit, given: Sequence[str], at: DataPath) -> None:
        """Check what a use gives against what its fragment takes.

        Args:
            unit: The fragment.
            given: The names that the use gives.
            at: Where the use stands.
        """
        unknown = [name for name in given if name not in unit.parameters]
        for name in unknown:
            message = f"the fragment '{unit.name}' has no parameter '{name}'"
            hint = did_you_mean(name, unit.parameters, what="its parameters") or "it takes none"
            self.add((*at, "with", name), "unknown-parameter", message, hint, side="key")
        meant = {nearest(name, unit.parameters) for name in unknown}
        for name, parameter in unit.parameters.items():
            if name not in given and parameter.is_required and name not in meant:
                message = f"the fragment '{unit.name}' needs the parameter '{name}'"
                told = f" ({parameter.description})" if parameter.description else ""
                hint = f"write '{name}: VALUE' under 'with:'{told}"
                self.add(at, "missing-parameter", message, hint, side="key")

    def expressions(self, unit: Unit) -> None:
        """Check all that stands for something else in a fragment.

        Args:
            unit: The fragment, read from this document.
        """
        for path, side, text in _texts(self.source.data["workflow"], ("workflow",)):
            names = parameters_in(text)
            if side == "key" and names:
                message = f"${{{{ with.{names[0]} }}}} stands for a value, and this is a key"
                self.add(path, "bad-reference", message, "write the key itself", side="key")
            elif side == "value":
                self._check_text(unit, path, text, names)
        for path, entry in entries_of(self.source.data["workflow"], ("workflow",)):
            if isinstance(entry, dict) and isinstance(entry.get("id"), str) and parameters_in(entry["id"]):
                message = "an id cannot have a ${{ ... }} in it"
                self.add((*path, "id"), "bad-id", message, "write the id itself")
        for name, parameter in unit.parameters.items():
            if parameter.has_default:
                self._check_default(unit, name)

    def _check_text(self, unit: Unit, path: DataPath, text: str, names: list[str]) -> None:
        for name in names:
            if name not in unit.parameters:
                message = f"the fragment '{unit.name}' has no parameter '{name}'"
                hint = did_you_mean(name, unit.parameters, what="its parameters")
                self.add(path, "unknown-parameter", message, hint or "list it under 'parameters:'")
        reference = reference_in(text, path)
        if reference is not None and unit.meaning(reference.instance) is None:
            self.unknown_reference(unit, reference.instance, path)
        if names and parameter_in(text) is None and references_in(text):
            message = (
                f"the reference {references_in(text)[0]} stands for a whole value, not for a part of a text"
            )
            self.add(path, "bad-reference", message, "let it stand alone, or take it out")

    def _check_default(self, unit: Unit, name: str) -> None:
        at = ("parameters", name)
        default = self.source.data["parameters"][name]["default"]
        for path, _side, text in _texts(default, (*at, "default")):
            if parameters_in(text):
                message = "a default cannot stand for another parameter"
                self.add(path, "bad-reference", message, "write the value itself")
            reference = reference_in(text, path)
            if reference is not None and unit.meaning(reference.instance) is None:
                self.unknown_reference(unit, reference.instance, path)

    def unknown_reference(self, unit: Unit, name: str, path: DataPath) -> None:
        """Note that a fragment has no such instance."""
        message = f"there is no task instance '{name}' in the fragment '{unit.name}'"
        known = [*unit.ids, *unit.by_id]
        near = nearest(name, known)
        hint = "what comes from outside of a fragment comes in through its parameters"
        self.add(path, "unknown-reference", message, f"did you mean '{near}'?" if near else hint)


def _texts(data: Any, path: DataPath) -> Iterator[tuple[DataPath, Side, str]]:
    """All texts in some data with their paths, those of keys too."""
    if isinstance(data, str):
        yield path, "value", data
    elif isinstance(data, dict):
        for key, item in data.items():
            if isinstance(key, str):
                yield (*path, key), "key", key
            yield from _texts(item, (*path, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from _texts(item, (*path, index))
