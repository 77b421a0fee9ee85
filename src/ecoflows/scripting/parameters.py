"""The parameters of a script: what its steps leave open, and what is given for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ecoflows import decorators
from ecoflows.decorators import Task
from ecoflows.errors import UsageError, did_you_mean, nearest
from ecoflows.source import Source
from ecoflows.workflow.params import Given, Opening, checked_sections


class _Mark:
    """A value that stands for another one."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


REQUIRED = _Mark("REQUIRED")
"""Stands in a script for a parameter's value that must be given before it runs."""

DEFAULT = _Mark("DEFAULT")
"""Stands in a script for the task's own default."""


class Parameters(Mapping[str, Any]):
    """The parameters of one step with their values.

    Attributes:
        task: The step's task.
    """

    def __init__(self, task: Task[..., Any], /, **values: Any) -> None:
        """Name every parameter that may be given.

        Args:
            task: The task.
            **values: What holds where nothing else is given; ``REQUIRED`` where something must be,
                ``DEFAULT`` for the task's own default.
        """
        self.task = task
        self._values = values

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Parameters({self.task.name}, {', '.join(f'{key}={item!r}' for key, item in self.items())})"


class Arguments(dict[str, dict[str, Any]]):
    """What the parameters give, by step.

    Attributes:
        taken: The steps whose arguments were taken.
    """

    def __init__(self, found: Mapping[str, dict[str, Any]]) -> None:
        super().__init__(found)
        self.taken: set[str] = set()

    def __getitem__(self, name: str) -> dict[str, Any]:
        if name not in self:
            hint = did_you_mean(name, self, what="there are parameters for") or "there are none"
            raise UsageError(f"there are no parameters for '{name}'; {hint}")
        self.taken.add(name)
        return super().__getitem__(name)


def checked(
    sections: Mapping[str, Parameters],
    file: Source | None = None,
    overrides: Sequence[str] = (),
    place: Source | None = None,
) -> Arguments:
    """The arguments that the parameters give to each step, checked as a whole.

    Args:
        sections: The parameters by step.
        file: A params file, which wins over their values.
        overrides: ``ID.ARG=VALUE`` texts, which win over both.
        place: Where the parameters were written.

    Raises:
        ProblemError: With all missing, unknown and ill-typed parameters, each with its place.
    """
    found = checked_sections(
        {name: _opening(name, section) for name, section in sections.items()},
        file,
        overrides,
        {
            name: dict(_usual(name, section, place or Source("parameters"), everything=file is None))
            for name, section in sections.items()
        },
        whole="with parameters in this script",
    )
    return Arguments(
        {name: {key: given.value for key, given in section.items()} for name, section in found.items()}
    )


def _opening(name: str, section: Parameters) -> Opening:
    known = section.task.parameters
    # What a name is near to that is none was meant: it is no argument of the step's own.
    meant = {nearest(key, known) for key in section if key not in known}
    given = {key: found for key, found in known.items() if key in section or key in meant}
    closed = dict.fromkeys((other for other in known if other not in given), "it stands where the step is")
    # What is not needed, as that of a mocked step is not, has DEFAULT although it has none.
    optional = any(found.required and section.get(key) is DEFAULT for key, found in given.items())
    return Opening(name, section.task, given, closed, optional)


def _usual(name: str, section: Parameters, place: Source, *, everything: bool) -> Iterator[tuple[str, Given]]:
    for key, value in section.items():
        if value is REQUIRED and everything:
            yield key, Given(decorators.REQUIRED, place, (name, key))
        elif value is not REQUIRED and value is not DEFAULT:
            yield key, Given(value, place, (name, key))
