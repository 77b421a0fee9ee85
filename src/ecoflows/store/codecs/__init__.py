"""How values become JSON: one codec per kind of value."""

from ecoflows.store.codecs import builtin, classes, scientific
from ecoflows.store.codecs.base import Codec

CODECS: tuple[Codec, ...] = (*builtin.CODECS, *scientific.CODECS, *classes.CODECS)
"""Every codec; among those that ask ``accepts`` the first that does is taken."""
