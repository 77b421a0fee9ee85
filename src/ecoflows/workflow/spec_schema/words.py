"""What an editor says of the keys of the language."""

from __future__ import annotations

OF_KEYS = {
    "airflow": "What the Airflow DAG is like that the spec is compiled to; other engines do not heed it.",
    "argnames": "The argument that each element goes to, or several that its parts go to.",
    "argvalues": "What to go over: a reference, a list, or for mapvalues also a mapping.",
    "batch": "Up to how many elements have a task run each; above it, so many share one.",
    "cache": "always, never or {ttl: 1d}. By default all but tasks tagged io reuse earlier results.",
    "cache_root": "Where results live: a folder, or a URL such as s3://bucket/prefix.",
    "catchup": "Whether the DAG also runs for the time between start_date and now.",
    "concurrency": "How many elements run at the same time, at most.",
    "conditions": "The conditions; any of them is enough.",
    "container_resources": "What the container of a pod requests and may use: Kubernetes quantities.",
    "cpu": "Cores, such as 500m or 2.",
    "default": "What it is where a use does not give it.",
    "description": "What it is for, for readers.",
    "execution": "Where calls are made: in the flow's process (inline), a child process, or a pod.",
    "fragment": "The fragment's name.",
    "id": "The name that references, params files and the command line use.",
    "image": "The container image of pods; where nothing is said, the one that the task asks for.",
    "labels": "Labels of the pods.",
    "limit_cpu": "At most so many cores.",
    "limit_memory": "At most so much memory.",
    "limits": "What the container may use at most.",
    "map": "Run the task once for each element of a list.",
    "mapvalues": "Run the task once for each value of (key, value) pairs, and keep the keys.",
    "memory": "Bytes, such as 512Mi or 2Gi.",
    "memory_escalation": "How many times the memory each attempt asks for after one that ran out of it.",
    "namespace": "The Kubernetes namespace of the pods; by default that of the connection.",
    "name": "What it is called, for readers.",
    "on_error": "What a failing element does: it fails the instance (fail), or is left out (skip).",
    "parameters": "What a use of the fragment may give, by name.",
    "partial": "The task's arguments. What is left open is a parameter of the workflow.",
    "request_cpu": "So many cores are set aside.",
    "request_memory": "So much memory is set aside.",
    "requests": "What is set aside for the container.",
    "requirements": "Kept for other tools.",
    "retries": "How often a failed attempt is repeated.",
    "retry_delay_seconds": "The pause before each repetition (s), or a list of pauses.",
    "return": "The id of the instance that the fragment returns; the last one without it.",
    "rjsf-overrides": "Kept for other tools.",
    "schedule": "When the DAG runs by itself: a cron text such as 30 6 * * 1, or a preset such as @daily.",
    "secrets": "Names of Kubernetes secrets, whose entries the pods have in their environment.",
    "skipif": "When the instance, or an element of its map, is left out; by default where its input was.",
    "start_date": "From when on the DAG is scheduled, such as 2024-01-31; in UTC where no zone is given.",
    "tags": "Words to find the DAG by.",
    "task": "The task, by its name or its full name.",
    "task-instance-defaults": "Options that hold for every instance that does not say otherwise.",
    "tasks": "The task instances.",
    "timeout_seconds": "When an attempt is given up (s).",
    "title": "The title of the group.",
    "ttl": "How old an earlier result may be, such as 90s, 30m, 12h, 1d or 2w.",
    "type": "Says that this is a group of task instances.",
    "use": "Which fragment stands here, and what it is given.",
    "with": "What the fragment is given, by the names of its parameters.",
    "workflow": "The task instances, task groups and uses of fragments, in any order.",
}
"""What a key means, wherever it stands."""

REFERENCE = "What a task instance returns, ${{ workflow.ID.return }}, or a variable, ${{ env.NAME }}."
"""What stands for a value in the instance form."""

WORD = "The id of the task instance that returns the value, or ${{ env.NAME }}."
"""What stands for a value in the mapping form."""
