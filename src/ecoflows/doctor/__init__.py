"""What has to be in place for flows to run, checked: server, work pool, cluster, storage, packages."""

from ecoflows.doctor.checking import examine
from ecoflows.doctor.model import Finding, Health, Subject

__all__ = ["Finding", "Health", "Subject", "examine"]
