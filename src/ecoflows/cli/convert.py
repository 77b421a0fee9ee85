"""``ecoflows convert``: a spec in the mapping form as the same spec in the instance form."""

from __future__ import annotations

import click

from ecoflows.cli.common import chosen_spec, spec_argument
from ecoflows.cli.writing import output_options, put


@click.command()
@spec_argument
@output_options
def convert(spec: str | None, spec_option: str | None, outpath: str | None, force: bool) -> None:
    """Rewrite the mapping form of a spec as the instance form.

    'tasks:' becomes 'workflow:'. Comments are kept, and so is how values are written. Nothing is
    run, and the tasks need not be installed. FILE may be SPEC itself.
    """
    from ecoflows import source
    from ecoflows.spec.conversion import converted

    put(converted(source.load(chosen_spec(spec, spec_option))), outpath, force=force)
