"""Connections: the named settings of services that tasks reach, and the clients made from them."""

from ecoflows.connections.checks import Check as Check
from ecoflows.connections.checks import CheckState as CheckState
from ecoflows.connections.marker import ClientOf as ClientOf
from ecoflows.connections.model import Connection as Connection
