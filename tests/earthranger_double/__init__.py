"""A loopback server that answers as an EarthRanger site does, and fails when it is told to."""

from earthranger_double.data import Site as Site
from earthranger_double.faults import Faults as Faults
from earthranger_double.server import Double as Double
from earthranger_double.server import serving as serving
