"""What a target is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ecoflows.errors import Problem
from ecoflows.workflow.model import Workflow


@dataclass(frozen=True)
class Compilation:
    """A workflow that is to be rendered.

    Attributes:
        workflow: The workflow, its parameters open. ``EnvironmentText`` stands in its arguments
            for the texts that have ``${{ env.NAME }}`` in them: they are filled in where the
            program runs, since they may be secret.
        given: Values of a params file by instance and argument: what stands in the program for
            the parameters until its user says otherwise.
        cache_root: Where the program's results live; ``${{ env.NAME }}`` may be in it.
        options: What was asked of the target itself, of the names that it accepts.
    """

    workflow: Workflow
    given: Mapping[str, Mapping[str, Any]]
    cache_root: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """A kind of program that workflows are compiled to.

    Attributes:
        name: What the command line calls it.
        render: Gives the program's text; a workflow that it cannot carry raises ``ProblemError``.
            The text has ``provenance(compilation)`` among its first lines.
        description: What it is, in a line.
        extension: Of the program's file, with its dot.
        aliases: Other names.
        accepts: The names of the options that it takes, with what each means.
        warnings: Tells what its user should know of a workflow that it can carry.
    """

    name: str
    render: Callable[[Compilation], str]
    description: str
    extension: str = ".py"
    aliases: tuple[str, ...] = ()
    accepts: Mapping[str, str] = field(default_factory=dict)
    warnings: Callable[[Compilation], list[Problem]] | None = None
