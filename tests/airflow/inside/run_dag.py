"""``run_dag.py ANSWER FILE CONF``: run a DAG with ``dag.test()`` and tell how every task ended."""

from __future__ import annotations

import json
import sys

from dag_files import answer, load, word


def main() -> None:
    """Run the DAG."""
    into, file, conf = sys.argv[1:]
    run = load(file).test(run_conf=json.loads(conf))
    tasks = {}
    for instance in run.get_task_instances():
        mapped = instance.map_index is not None and instance.map_index >= 0
        key = f"{instance.task_id}[{instance.map_index}]" if mapped else instance.task_id
        tasks[key] = word(instance.state)
    answer(into, {"run_id": run.run_id, "state": word(run.state), "tasks": tasks})


if __name__ == "__main__":
    main()
