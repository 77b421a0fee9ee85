"""EarthRanger: a site's settings, and the client that tasks get by ``client: EarthRangerClient``."""

from typing import Annotated

from ecoflows.connections.earthranger.client import EarthRanger as EarthRanger
from ecoflows.connections.earthranger.settings import EarthRangerConnection as EarthRangerConnection
from ecoflows.connections.marker import ClientOf

EarthRangerClient = Annotated[EarthRanger, ClientOf("earthranger")]
"""The annotation of a task's parameter that takes a client; a spec gives the connection's name."""
