"""``ecoflows simulate``: example data, the same for the same seed."""

from __future__ import annotations

import click


@click.command()
@click.argument("path")
@click.option(
    "--subjects", type=click.IntRange(1, 1000), default=3, show_default=True, help="How many animals."
)
@click.option(
    "--fixes", type=click.IntRange(2, 1_000_000), default=1500, show_default=True, help="Fixes of each."
)
@click.option(
    "--seed", type=click.IntRange(0), default=7, show_default=True, help="The same seed, the same data."
)
def simulate(path: str, subjects: int, fixes: int, seed: int) -> None:
    """Write simulated GPS-collar fixes to PATH (GeoParquet)."""
    from ecoflows.errors import EcoflowsError
    from ecoflows.simulate import write_observations

    try:
        written = write_observations(path, subjects=subjects, fixes=fixes, seed=seed)
    except OSError as error:
        raise EcoflowsError(f"{path} cannot be written: {error.strerror or error}") from error
    click.echo(f"wrote {subjects * fixes:,} fixes of {subjects} subjects to {written}")
