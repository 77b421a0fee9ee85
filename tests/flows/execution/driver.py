"""Runs a spec's file as a flow in a process of its own: ``driver.py SPEC CACHE_ROOT``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ecoflows.flows.environment import prepare


def main(spec: str, root: str) -> None:
    prepare()

    import pod_tasks

    import flow_tasks
    from ecoflows.flows.engine import connected, run_prefect
    from ecoflows.store import Store
    from ecoflows.workflow.execution import Run, select
    from support import registry_of, workflow_of

    workflow = workflow_of(Path(spec).read_text(), registry_of(pod_tasks, flow_tasks))
    with connected(lambda _text: None) as server:
        report = run_prefect(Run(workflow, Store(root), select(workflow)), workflow, {}, server)
    print(json.dumps({name: outcome.state.value for name, outcome in report.outcomes.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
