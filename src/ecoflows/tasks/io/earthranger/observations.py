"""The fixes of a group of subjects."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ecoflows.annotations import GeoDataFrame
from ecoflows.connections.earthranger import EarthRangerClient
from ecoflows.decorators import distributed
from ecoflows.tasks.io.earthranger._fetching import Wanted, fetch
from ecoflows.tasks.io.earthranger._groups import subjects_of_group
from ecoflows.tasks.io.earthranger._relocations import SUBJECT_COLUMNS, fixes, subject_details
from ecoflows.tasks.schemas import SubjectGroupObservationsGDFSchema
from ecoflows.tasks.types import Moment, TimeRange, one_time_range


@distributed(tags=["io"])
def get_subjectgroup_observations(
    client: Annotated[EarthRangerClient, Field(description="The connection to the EarthRanger site.")],
    subject_group_name: Annotated[
        str, Field(min_length=1, description="The name of the group, as the site has it.")
    ],
    include_inactive: Annotated[
        bool, Field(description="Whether inactive subjects of the group are read, too.")
    ] = True,
    since: Annotated[
        Moment | None, Field(description="The first moment, where there is no time_range.")
    ] = None,
    until: Annotated[
        Moment | None, Field(description="The last moment, where there is no time_range.")
    ] = None,
    time_range: Annotated[
        TimeRange | None, Field(description="From when to when, instead of since and until.")
    ] = None,
    include_details: Annotated[
        bool, Field(description="Whether what the collar said besides is read, as JSON text.")
    ] = False,
    filter: Annotated[  # noqa: A002  # what EarthRanger calls it
        Literal["clean", "manual", "automatic", "manual_and_automatic", "all"],
        Field(
            description=(
                "Which fixes: those that nobody marked as wrong (clean), those that were marked by hand, "
                "by the site itself or by both, or all."
            )
        ),
    ] = "clean",
) -> GeoDataFrame[SubjectGroupObservationsGDFSchema]:
    """Read the fixes of all subjects of a group from EarthRanger.

    The subjects of subgroups belong to the group. Fixes without a position are left out, which is told.

    Args:
        client: The site.
        subject_group_name: The group.
        include_inactive: Whether inactive subjects of it are read.
        since: The first moment; UTC where it has no offset.
        until: The last moment, itself included.
        time_range: Both of them.
        include_details: Whether ``extra__observation_details`` (JSON text) is there.
        filter: Which fixes, by their marks.

    Returns:
        One row per fix, in the order of subjects' ids and the site's own: ``groupby_col`` (the subject's
        id), ``fixtime`` (UTC), ``junk_status`` (bool: whether the fix carries a mark), ``geometry``
        (Point, EPSG:4326), ``extra__id``, ``extra__source``, ``extra__created_at`` (UTC),
        ``extra__exclusion_flags`` (int), ``extra__subject_id`` and ``extra__subject__<what the site says of
        the subject>``; without fixes an empty table with all of them.

    Raises:
        ValueError: If there is no such group, or no time range.
        ConnectionFailedError: If the site fails or refuses.
    """
    span = one_time_range(time_range, since, until)
    subjects = subjects_of_group(client, subject_group_name, include_inactive=include_inactive)
    wanted = [Wanted(subject["id"], span.since, span.until) for subject in subjects]
    labels = [
        {"groupby_col": subject["id"], "extra__subject_id": subject["id"], **subject_details(subject)}
        for subject in subjects
    ]
    columns = ["groupby_col", "extra__subject_id", *(f"extra__subject__{name}" for name in SUBJECT_COLUMNS)]
    tables = fetch(client, wanted, choice=filter, details=include_details)
    table: GeoDataFrame[SubjectGroupObservationsGDFSchema] = fixes(tables, labels, columns)
    return table
