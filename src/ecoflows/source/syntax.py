"""What PyYAML finds wrong with a document, in words that tell what to do."""

from __future__ import annotations

import re

import yaml

from ecoflows.errors import Problem
from ecoflows.source.model import Mark, Source

_QUOTE = "put the text in quotes"
_SECOND_COLON = re.compile(r":\s.*:(\s|$)")


def syntax_problem(blank: Source, error: yaml.MarkedYAMLError) -> Problem:
    """The one problem of a document that is not YAML.

    Args:
        blank: The document, without data.
        error: What PyYAML raised.
    """
    place = error.problem_mark or error.context_mark
    mark = Mark(place.line + 1, place.column + 1) if place else Mark(1, 1)
    start = error.context_mark
    began = Mark(start.line + 1, start.column + 1) if start else mark
    line = blank.lines[mark.line - 1] if mark.line <= len(blank.lines) else ""
    above = next((text for text in reversed(blank.lines[: mark.line - 1]) if text.strip()), "")
    found = _Finding(error.problem or "", error.context or "", mark, began, line, above)
    mark, message, hint = found.explained()
    return blank.problem_at(mark, "yaml-syntax", message, hint=hint)


class _Finding:
    """One finding of PyYAML's with the line that it stands in."""

    def __init__(self, problem: str, context: str, mark: Mark, began: Mark, line: str, above: str) -> None:
        self.problem = problem
        self.context = context
        self.mark = mark
        self.began = began
        self.before = line[: mark.col - 1]
        self.here = line[mark.col - 1 : mark.col]
        self.line = line
        self.above = len(above) - len(above.lstrip(" -")) + 1

    def explained(self) -> tuple[Mark, str, str | None]:
        """The place, what is wrong there, and what to do."""
        if self._is_tab():
            return self.mark, "a tab stands here, and YAML is indented with spaces", "write spaces instead"
        if "duplicate anchor" in self.context:
            return self.mark, f"this anchor stands in line {self.began.line} already", "rename one of them"
        if "could not find expected ':'" in self.problem:
            return self.began, "a ':' is missing after this key", "write 'key: value'"
        if "quoted scalar" in self.context:
            return self._quoted()
        if "flow" in self.context:
            return self._bracketed()
        if "alias" in self.context or "anchor" in self.context:
            return self._anchor()
        known = {
            "cannot start any token": (f"a value cannot start with '{self.here}'", _QUOTE),
            "mapping values are not allowed": self._colon(),
            "did not find expected key": self._key(),
            "found undefined alias": (
                "'*' refers to an anchor ('&') that does not stand above",
                "put a text that starts with '*' in quotes",
            ),
            "another document": ("a second document starts here", "keep one document in a file"),
            "expected '-' indicator": (
                "a list item, starting with '- ', is expected here",
                f"indent the line so that it belongs to the item, or the list of line {self.began.line} ends",
            ),
            "expected node content": (
                f"a value is expected here{f', not {self.here!r}' if self.here else ''}",
                _QUOTE,
            ),
            "undefined tag handle": ("'!' starts a tag, which is not supported", _QUOTE),
            "incompatible YAML": ("this version of YAML is not supported", "leave the '%YAML' line out"),
        }
        for part, (message, hint) in known.items():
            if part in self.problem:
                return self.mark, message, hint
        context = f" ({self.context}, line {self.began.line})" if self.context else ""
        return self.mark, f"this is not YAML: {self.problem or 'it cannot be read'}{context}", None

    def _is_tab(self) -> bool:
        return "tab character" in self.problem or ("cannot start" in self.problem and self.here == "\t")

    def _quoted(self) -> tuple[Mark, str, str]:
        if "escape" in self.problem:
            message = "in double quotes, '\\' starts an escape, and this one does not exist"
            return self.mark, message, "write the text in single quotes, or a path with '/'"
        return self.began, "the quote that opens here is never closed", "close it, or leave both quotes out"

    def _bracketed(self) -> tuple[Mark, str, str]:
        if "${" in self.line:
            message = "a reference inside brackets is read as a mapping"
            return self.mark, message, 'put it in quotes: "${{ ... }}"'
        close = "]" if "sequence" in self.context else "}"
        opened = "[" if close == "]" else "{"
        message = f"the '{opened}' of line {self.began.line} is not closed by '{close}' before this"
        return self.mark, message, f"write ',' between the items and '{close}' after the last"

    def _anchor(self) -> tuple[Mark, str, str]:
        sign = "*" if "alias" in self.context else "&"
        return self.began, f"'{sign}' is followed by the name of an anchor in YAML", _QUOTE

    def _colon(self) -> tuple[str, str]:
        if _SECOND_COLON.search(f"{self.before}:"):
            return "a second ': ' stands in this line", "put a text with a ':' in quotes"
        return (
            "a key is not expected here",
            "is the ':' missing in the line above, or is this line indented unlike the others?",
        )

    def _key(self) -> tuple[str, str]:
        if self.before.strip(" -"):
            hint = "quote the whole value; inside single quotes, ' is written ''"
            return "there is more text after the end of this value", hint
        outer = f", or in column {self.began.col} like line {self.began.line}"
        return (
            "this line is indented unlike the lines above",
            f"start it in column {self.above}{outer if self.above != self.began.col else ''}",
        )
