"""The notebook target: a workflow as a Jupyter notebook with a cell per task."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ecoflows.errors import UsageError, did_you_mean
from ecoflows.targets.base import Compilation, Target
from ecoflows.targets.formatting import formatted
from ecoflows.targets.literal import literal
from ecoflows.targets.provenance import provenance
from ecoflows.targets.steps.program import Program, about
from ecoflows.targets.steps.words import comment, markdown
from ecoflows.workflow.model import Node

_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
_FORMS = ("percent", "ipynb")
_GIVEN = "# Values by task instance and argument, as in a params file.\nparams = {}"


@dataclass(frozen=True)
class _Cell:
    """A cell before it is one of nbformat's.

    Attributes:
        kind: Whether it is code.
        role: What it is for; with the subject this makes its id.
        subject: The task instance that it is about, if any.
        source: Its source.
        tags: Its tags.
    """

    kind: Literal["code", "markdown"]
    role: str
    subject: str
    source: str
    tags: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The same in every compilation, whatever else is in the notebook."""
        digest = hashlib.sha256(self.subject.encode("utf-8", "backslashreplace")).hexdigest()
        return f"{self.role}-{digest[:12]}"


def render(compilation: Compilation) -> str:
    """The text of a notebook.

    Args:
        compilation: What it is compiled from; the option ``to`` is ``percent`` or ``ipynb``.

    Raises:
        UsageError: If the option is neither.
    """
    form = compilation.options.get("to", "percent")
    if form not in _FORMS:
        raise UsageError(
            f"there is no form '{form}' of notebooks; {did_you_mean(form, _FORMS, what='forms')}"
        )
    cells = list(_cells(compilation, Program(compilation)))
    text = formatted(_percent(cells))
    return text if form == "percent" else _ipynb(text, cells)


def _percent(cells: list[_Cell]) -> str:
    import jupytext
    import nbformat

    make: Any = nbformat.v4
    made = {"code": make.new_code_cell, "markdown": make.new_markdown_cell}
    notebook = make.new_notebook(
        cells=[
            made[cell.kind](cell.source, id=cell.id, metadata={"tags": list(cell.tags)} if cell.tags else {})
            for cell in cells
        ],
        # The version of Jupytext, which would stand there too, says nothing about the notebook.
        metadata={
            "kernelspec": _KERNEL,
            "jupytext": {"notebook_metadata_filter": "-jupytext.text_representation.jupytext_version"},
        },
    )
    text: str = jupytext.writes(notebook, fmt="py:percent")
    return text


def _ipynb(text: str, cells: list[_Cell]) -> str:
    """The notebook that Jupytext makes of the text, with the ids that the cells have."""
    import jupytext
    import nbformat

    notebook: Any = jupytext.reads(text, fmt="py:percent")
    notebook.metadata = {"kernelspec": _KERNEL, "language_info": {"name": "python"}}
    for cell, known in zip(notebook.cells, cells, strict=True):
        cell.id = known.id
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    write: Any = nbformat.writes
    return f"{write(notebook)}\n"


def _cells(compilation: Compilation, program: Program) -> Iterator[_Cell]:
    workflow = compilation.workflow
    head = [f"# {markdown(workflow.name)}", *map(markdown, provenance(compilation))]
    text = (
        "Run it from top to bottom. It gives what `ecoflows run` gives, under the same cache keys: "
        "what has not changed is not computed again."
    )
    yield _Cell("markdown", "title", "", "\n\n".join([*head, text]))
    yield _Cell("code", "setup", "", _setup(compilation, program))
    if program.entries:
        yield from _parameter_cells(compilation, program)
    group: tuple[str, ...] = ()
    for node in workflow.nodes.values():
        yield from _headings(group, node)
        group = node.group
        title = f"{'#' * min(6, len(group) + 2)} {markdown(node.title)}"
        described = markdown(node.task.description)
        yield _Cell("markdown", "about", node.id, "\n\n".join(filter(None, (title, described))))
        call = program.call(node, program.mapping(node.id) if node.id in program.entries else None)
        yield _Cell("code", "task", node.id, f"{call}\n{program.variable(node.id)}")


def _setup(compilation: Compilation, program: Program) -> str:
    name, root = literal(compilation.workflow.name), literal(compilation.cache_root)
    # The last line of a cell shows its value, which linters take for a mistake in a script.
    lines = [
        "# ruff: noqa: B018",
        program.imports("Run"),
        "",
        f"run = Run({name}, cache_root={root}, names=globals())",
    ]
    return "\n".join(lines)


def _parameter_cells(compilation: Compilation, program: Program) -> Iterator[_Cell]:
    nodes = [compilation.workflow.nodes[name] for name in program.entries]
    text = (
        "What the tasks below leave open. `REQUIRED` stands where a value must be given. Papermill sets "
        "`params`, whose values win over all others: `papermill in.ipynb out.ipynb -f FILE`, where the "
        "file has the sections of a params file under `params:`."
    )
    yield _Cell("markdown", "parameters", "", f"## Parameters\n\n{text}")
    # Papermill puts its own cell behind the first one that has the tag, whatever comes after it.
    yield _Cell("code", "given", "", _GIVEN, ("parameters",))
    for node in nodes:
        lines = comment(about(node))
        lines.append(f"{program.mapping(node.id)} = {{")
        for entry in program.entries[node.id]:
            lines += [*comment(entry.words, indent="    "), f"{literal(entry.name)}: {entry.source},"]
        yield _Cell("code", "params", node.id, "\n".join([*lines, "}"]), ("parameters",))
    lines = [*comment("Everything is checked here, before the first task runs.")]
    lines.append("run.check({")
    for node in nodes:
        lines.append(f"{literal(node.id)}: ({program.task(node)}, {program.mapping(node.id)}),")
    yield _Cell("code", "check", "", "\n".join([*lines, "}, params)"]))


def _headings(before: tuple[str, ...], node: Node) -> Iterator[_Cell]:
    """The headings of the groups that begin with an instance, which may be for the second time."""
    now = node.group
    same = 0
    while same < min(len(before), len(now)) and before[same] == now[same]:
        same += 1
    for depth in range(same, len(now)):
        title = f"{'#' * min(6, depth + 2)} {markdown(now[depth])}"
        yield _Cell("markdown", f"group{depth}", node.id, title)


NOTEBOOK = Target(
    name="notebook",
    render=render,
    description="A Jupyter notebook with a cell per task, as Jupytext's percent script or as .ipynb.",
    aliases=("jupytext.jinja2",),
    accepts={"to": "percent (the usual) for a script that Jupytext opens, ipynb for a notebook file"},
)
