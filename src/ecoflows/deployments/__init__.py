"""Workflows as Prefect deployments: what a team reviews, and what a server is told of it."""
