"""The script target: a workflow as a Python file of one call per task, to be run and edited."""

from __future__ import annotations

from collections.abc import Iterator

from ecoflows.targets.base import Compilation, Target
from ecoflows.targets.formatting import formatted
from ecoflows.targets.literal import literal
from ecoflows.targets.provenance import provenance
from ecoflows.targets.steps.program import Program, about
from ecoflows.targets.steps.words import comment, docstring, one_line


def render(compilation: Compilation) -> str:
    """The text of a script.

    Args:
        compilation: What it is compiled from.
    """
    return formatted("\n".join(_lines(compilation, Program(compilation))))


def _lines(compilation: Compilation, program: Program) -> Iterator[str]:
    workflow = compilation.workflow
    yield docstring(
        [
            workflow.name,
            "",
            *provenance(compilation),
            "",
            "python FILE runs it, python FILE --help tells what may be given. It gives what",
            "'ecoflows run' gives, under the same cache keys: edit it where the workflow should do",
            "something else, and only what has changed is computed again.",
        ]
    )
    yield ""
    yield program.imports("start", *(["Parameters"] if program.entries else []))
    yield ""
    yield from comment(
        "What the steps leave open. --config FILE and --set ID.ARG=VALUE win over what stands here."
    )
    yield "PARAMS = {"
    for name, entries in program.entries.items():
        yield f"{literal(name)}: Parameters("
        yield f"{program.task(workflow.nodes[name])},"
        for entry in entries:
            yield from comment(entry.words, indent=" " * 8)
            yield f"{entry.name}={entry.source},"
        yield "),"
    yield "}"
    yield ""
    yield ""
    yield "def main(run, params):"
    yield '    """Run the steps, each after those it takes something from."""'
    group: tuple[str, ...] = ()
    for node in workflow.nodes.values():
        if node.group != group:
            group = node.group
            yield f"    # {_heading(group)}"
            yield ""
        yield from comment(about(node), indent=" " * 4)
        parameters = f"params[{literal(node.id)}]" if node.id in program.entries else None
        yield from (f"    {line}" for line in program.call(node, parameters).split("\n"))
        yield ""
    shown = ", ".join(f"{literal(name)}: {program.variable(name)}" for name in workflow.outputs)
    yield f"    return {{{shown}}}"
    yield ""
    yield ""
    yield 'if __name__ == "__main__":'
    yield f"    start(main, {literal(workflow.name)}, PARAMS, cache_root={literal(compilation.cache_root)})"
    yield ""


def _heading(group: tuple[str, ...]) -> str:
    title = " / ".join(map(one_line, group))
    return f"--- {title} ---" if title else "---"


SCRIPT = Target(
    name="script",
    render=render,
    description="A Python script with one call per task, to be run and edited; needs no Prefect.",
    aliases=("script-sequential.jinja2",),
)
