"""PostGIS: a database's settings, and the client that tasks get by ``client: PostGISClient``."""

from typing import Annotated

from ecoflows.connections.marker import ClientOf
from ecoflows.connections.postgis.client import PostGIS as PostGIS
from ecoflows.connections.postgis.settings import PostGISConnection as PostGISConnection

PostGISClient = Annotated[PostGIS, ClientOf("postgis")]
"""The annotation of a task's parameter that takes a client; a spec gives the connection's name."""
