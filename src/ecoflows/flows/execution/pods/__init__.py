"""Calls in Kubernetes Jobs: what they look like, how they are watched, what their ends mean."""

from ecoflows.flows.execution.pods.place import Pods

__all__ = ["Pods"]
