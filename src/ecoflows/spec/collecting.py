"""What all readers of a spec's parts share: problems with places, shapes, values."""

from __future__ import annotations

import functools
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ecoflows.errors import Problem
from ecoflows.source import DataPath, Side, Source
from ecoflows.spec.expressions import Word, filled, has_expression, reference_in
from ecoflows.spec.shapes import known_keys
from ecoflows.validation import problems_of, shown

Shape = TypeVar("Shape", bound=BaseModel)


class Collector:
    """Reads parts of one document, collecting problems."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.from_environment: dict[str, str] = {}
        self.written: dict[DataPath, str] = {}

    def add(
        self, path: DataPath, code: str, message: str, hint: str | None = None, *, side: Side = "value"
    ) -> None:
        """Note a problem."""
        self.problems.append(self.source.problem(path, code, message, hint=hint, side=side))

    def shape(self, model: type[Shape], data: Any, path: DataPath) -> Shape | None:
        """The data in a shape, or ``None`` where it does not fit; what is wrong is noted."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            known = functools.partial(known_keys, model)
            self.problems += problems_of(error, self.source, path, code="wrong-shape", known=known)
            return None

    def text_keys(self, data: dict[Any, Any], path: DataPath) -> dict[str, Any]:
        """The entries whose key is text; of each other one a problem is made."""
        kept = {}
        for key, value in data.items():
            if isinstance(key, str):
                kept[key] = value
                continue
            message = f"a name is text, and {shown(key)} is not"
            hint = "put it in quotes" if key is not None else "write a name before the ':'"
            self.add((*path, key), "bad-key", message, hint, side="key")
        return kept

    def value(self, value: Any, path: DataPath, *, bare_words: bool) -> Any:
        """A value with its expressions replaced, however deep they stand."""
        if isinstance(value, dict):
            return {key: self.value(item, (*path, key), bare_words=bare_words) for key, item in value.items()}
        if isinstance(value, list):
            return [
                self.value(item, (*path, index), bare_words=bare_words) for index, item in enumerate(value)
            ]
        if not isinstance(value, str):
            return value
        if not has_expression(value):
            return Word(value, path) if bare_words else value
        return reference_in(value, path) or self.filled(value, path)

    def filled(self, text: str, path: DataPath) -> str:
        """A text with its environment variables filled in."""
        found = filled(text, lambda code, message, hint: self.add(path, code, message, hint))
        if found != text:
            self.from_environment[found] = text
            self.written[path] = text
        return found


def text(value: Any) -> str:
    """A value if it is text, else the empty text."""
    return value if isinstance(value, str) else ""
