"""``import_dag.py ANSWER FILE``: how long a DAG file takes to import, and what of ecoflows it imports."""

from __future__ import annotations

import sys
import time

import airflow.providers.cncf.kubernetes.operators.pod  # noqa: F401  # warm: the file's own time is asked for
from dag_files import answer, load


def main() -> None:
    into, file = sys.argv[1:]
    started = time.perf_counter()
    load(file)
    seconds = time.perf_counter() - started
    answer(into, {"seconds": seconds, "ours": sorted(name for name in sys.modules if "ecoflows" in name)})


if __name__ == "__main__":
    main()
