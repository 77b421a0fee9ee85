"""From one table to a table per group, and from the groups' results back to one list."""

from ecoflows.tasks.groupby.groupers import CompositeKey, Grouper, Groupers, set_groupers
from ecoflows.tasks.groupby.joining import groupbykey
from ecoflows.tasks.groupby.splitting import split_groups

__all__ = ["CompositeKey", "Grouper", "Groupers", "groupbykey", "set_groupers", "split_groups"]
