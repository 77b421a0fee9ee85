"""Example data: simulated elephants, tables made up from schemas, examples of what tasks return."""

from ecoflows.simulate.observations import DEFAULT_SEED, simulate_observations, write_observations

__all__ = ["DEFAULT_SEED", "simulate_observations", "write_observations"]
