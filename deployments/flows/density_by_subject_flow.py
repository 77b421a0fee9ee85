"""Made by 'ecoflows deployment build' from specs/density_by_subject.yaml; the next build writes it anew."""

from ecoflows.flows.deployed import build

flow = build("../../specs/density_by_subject.yaml")
