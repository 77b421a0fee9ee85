"""Airflow: a workflow as one DAG file, with a pod or a command for each task instance."""

from ecoflows.targets.airflow.program import render, warnings
from ecoflows.targets.base import Target

AIRFLOW = Target(
    name="airflow",
    render=render,
    description="An Airflow DAG (2.10+ and 3.x) with a pod, or a command, for each task",
    aliases=("airflow-kubernetes.jinja2",),
    accepts={
        "operator": "kubernetes (the usual one), or bash: commands of the machine that Airflow runs on",
        "image": "the image of tasks that ask for none",
    },
    warnings=warnings,
)

__all__ = ["AIRFLOW", "render", "warnings"]
