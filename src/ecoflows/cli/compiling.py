"""``ecoflows compile``: a spec as an Airflow DAG, a script, a notebook, or what packages add."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecoflows.cli.common import (
    cache_root_option,
    load_params,
    load_workflow,
    mock_io_option,
    mock_tasks_option,
    mocked,
    params_option,
    set_option,
    show_problems,
    spec_and_ids,
    spec_arguments,
)
from ecoflows.cli.writing import output_options, put

if TYPE_CHECKING:
    from ecoflows.targets import Target
    from ecoflows.workflow.model import Workflow


@click.command("compile")
@spec_arguments
@click.option("--target", "target_name", metavar="NAME", help="What to compile to; see --targets.")
@click.option("--template", metavar="NAME", help="Another name of --target, with the names of old templates.")
@params_option
@set_option
@cache_root_option
@mock_io_option
@click.option("--testing", is_flag=True, help="Another name of --mock-io.")
@mock_tasks_option
@click.option("--operator", type=click.Choice(["kubernetes", "bash"]), help="Airflow: how tasks are run.")
@click.option("--image", metavar="NAME", help="Airflow: the image of tasks that ask for none.")
@click.option("--to", "form", type=click.Choice(["percent", "ipynb"]), help="Notebook: the file's form.")
@click.option(
    "--option", "more", multiple=True, metavar="NAME=VALUE", help="An option of another package's target."
)
@click.option("--targets", "listing", is_flag=True, help="List the targets that are installed.")
@output_options
def compile_(
    names: tuple[str, ...],
    spec_option: str | None,
    target_name: str | None,
    template: str | None,
    params: str | None,
    overrides: tuple[str, ...],
    cache_root: str | None,
    mock_io: bool,
    testing: bool,
    mock_tasks: tuple[str, ...],
    operator: str | None,
    image: str | None,
    form: str | None,
    more: tuple[str, ...],
    listing: bool,
    outpath: str | None,
    force: bool,
) -> None:
    """Compile a spec to a program that runs without it.

    The program has the same results under the same cache keys as 'ecoflows run'. What it leaves
    open stays open; a params file gives the values that it starts with.
    """
    from ecoflows.targets import Compilation
    from ecoflows.targets.installed import find_target, rendered, warnings_of
    from ecoflows.targets.provenance import is_sealed, sealed
    from ecoflows.workflow.environment import left_open
    from ecoflows.workflow.params import bind
    from ecoflows.workflow.typecheck import require_no_refuted

    if listing:
        _list()
        return
    if target_name and template and target_name != template:
        raise click.UsageError("--target and --template are one option: give one of them")
    wanted = target_name or template
    if not wanted:
        raise click.UsageError("name a target: --target airflow, script or notebook")
    target = find_target(wanted)
    given_options = {"operator": operator, "image": image, "to": _form(target, form, outpath)}
    given_options |= _options(more)
    options = _accepted(target, {name: value for name, value in given_options.items() if value is not None})
    spec, ids = spec_and_ids(names, spec_option, mock_tasks)
    workflow = mocked(load_workflow(spec), mock_io or testing, ids)
    bound = bind(workflow, load_params(params), overrides, complete=False)
    require_no_refuted(bound)
    given = {
        name: {
            key: value for key, value in node.arguments.items() if key not in workflow.nodes[name].arguments
        }
        for name, node in bound.nodes.items()
    }
    if cache_root == "":
        raise click.UsageError("--cache-root is empty; is the variable set that it came from?")
    # Nothing that comes from the environment, which may be secret, gets to the target.
    opened = left_open(workflow)
    compilation = Compilation(opened, given, _cache_root(cache_root, workflow, opened), options)
    show_problems(warnings_of(target, compilation))
    text = sealed(rendered(target, compilation), target.name)
    if not is_sealed(text):
        told = "has no line of ecoflows.targets.provenance(): its files are replaced with --force only"
        click.secho(f"warning: what the target '{target.name}' gives {told}", err=True, fg="yellow")
    reason = _objection(outpath, target.name)
    put(text, outpath, force=force or reason is None, exists=reason or "exists")


def _cache_root(named: str | None, workflow: Workflow, opened: Workflow) -> str:
    """The cache root in the program; its form is checked here, not when the program runs."""
    from ecoflows.settings import DEFAULT_CACHE_ROOT
    from ecoflows.store import Store

    Store(named or workflow.cache_root or DEFAULT_CACHE_ROOT)
    return named or opened.cache_root or str(DEFAULT_CACHE_ROOT)


def _form(target: Target, form: str | None, outpath: str | None) -> str | None:
    """The form of a notebook, which the file's name tells, too."""
    suffix = Path(outpath or "").suffix
    if "to" not in target.accepts or suffix not in (".py", ".ipynb"):
        return form
    told = "ipynb" if suffix == ".ipynb" else "percent"
    if form is not None and form != told:
        raise click.UsageError(f"--to {form} and the name {outpath} are at odds: {suffix} is for {told}")
    return told


def _accepted(target: Target, options: dict[str, str]) -> dict[str, str]:
    """The options, all of which the target takes.

    Raises:
        click.UsageError: If it does not take one.
    """
    for name in options:
        if name not in target.accepts:
            known = ", ".join(target.accepts) or "none"
            raise click.UsageError(f"the target '{target.name}' has no option '{name}'; its options: {known}")
    return options


def _options(texts: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"'{text}' is not of the form NAME=VALUE", param_hint="--option")
        found[name] = value
    return found


def _objection(outpath: str | None, target: str) -> str | None:
    """Why a file may not be replaced: an earlier program of the same kind may, where nobody edited it."""
    from ecoflows.targets.provenance import objection

    if outpath is None or not os.path.lexists(outpath):
        return None
    if not Path(outpath).is_file():
        return "is no compiled program"
    try:
        # As it is: a newline that an editor changed is a change.
        return objection(Path(outpath).read_bytes().decode(), target)
    except (OSError, UnicodeDecodeError):
        return "is no compiled program"


def _list() -> None:
    from ecoflows.cli.tables import print_table
    from ecoflows.targets.installed import all_targets

    found = all_targets()
    rows = [(one.name, one.description, ", ".join(one.aliases)) for one in found if not isinstance(one, str)]
    print_table(("Target", "What it is", "Other names"), rows)
    for one in found:
        if isinstance(one, str):
            click.echo(one, err=True)
