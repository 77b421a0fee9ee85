"""Run a DAG file with Airflow and write how it ended: ``run_dag.py FILE CONF ANSWER``.

A Python that has Airflow executes this file by its path, and has nothing of ecoflows.
"""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any


def _is_dag(value: object) -> bool:
    kinds = type(value).__mro__
    return any(kind.__name__ == "DAG" and kind.__module__.startswith("airflow") for kind in kinds)


def main() -> None:
    """Run the one DAG of the file that the command line names."""
    file, conf, answer = sys.argv[1:]
    spec = importlib.util.spec_from_file_location("compiled_dag", file)
    if spec is None or spec.loader is None:
        sys.exit(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules["compiled_dag"] = module
    spec.loader.exec_module(module)
    dag: Any
    (dag,) = {id(value): value for value in vars(module).values() if _is_dag(value)}.values()
    dag.fileloc = str(Path(file).resolve())
    run = dag.test(run_conf=json.loads(conf))
    state = getattr(run.state, "value", run.state)
    Path(answer).write_text(json.dumps({"run": run.run_id, "state": str(state)}), encoding="utf-8")


if __name__ == "__main__":
    main()
