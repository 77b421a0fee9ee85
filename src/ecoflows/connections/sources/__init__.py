"""Where settings of connections are kept; each place is a source."""

from ecoflows.connections.sources.base import ConnectionSource as ConnectionSource
from ecoflows.connections.sources.base import Settings as Settings
from ecoflows.connections.sources.installed import all_sources as all_sources
