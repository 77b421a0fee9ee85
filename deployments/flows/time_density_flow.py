"""Made by 'ecoflows deployment build' from specs/time_density.yaml; the next build writes it anew."""

from ecoflows.flows.deployed import build

flow = build("../../specs/time_density.yaml")
