"""Connections as Prefect blocks: made and edited in Prefect's UI, kept encrypted by its server."""
