"""What the tests ask of Airflow is answered, and the stand-in cluster carries its pods."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airflow_environment import Airflow, connection
from kubernetes_double.starting import Double

pytestmark = pytest.mark.airflow

DAG = """
from datetime import datetime, timezone

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

try:
    from airflow.sdk import DAG, Param
except ImportError:
    from airflow import DAG
    from airflow.models.param import Param

POD = dict(image="any/image:1", cmds=["sh", "-c"], skip_on_exit_code=99)
POD["kubernetes_conn_id"] = "kubernetes_default"
start = datetime(2024, 1, 1, tzinfo=timezone.utc)
params = {"who": Param("world", type="string")}
with DAG(dag_id="tiny", schedule=None, start_date=start, catchup=False, tags=["a"], params=params) as dag:
    said = KubernetesPodOperator(task_id="said", name="said", arguments=["echo hi {{ params.who }}"], **POD)
    left = KubernetesPodOperator(task_id="left", name="left", arguments=["exit 99"], **POD)
    told = KubernetesPodOperator(
        task_id="told",
        name="told",
        arguments=["echo '{\\"length\\": 2}' > /airflow/xcom/return.json"],
        do_xcom_push=True,
        trigger_rule="none_failed",
        **POD,
    )
    said >> left >> told
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "dags" / "tiny.py"
    found.parent.mkdir()
    found.write_text(DAG)
    return found


def test_a_broken_file_is_told(airflow: Airflow, file: Path) -> None:
    assert airflow.import_errors(file.parent) == []
    file.write_text(f"import no_such_module\n{DAG}")
    (error,) = airflow.import_errors(file.parent)
    assert "no_such_module" in json.dumps(error)


def test_a_dag_comes_back_from_serialization(airflow: Airflow, file: Path) -> None:
    told = airflow.round_trip(file)
    assert told["params"]["who"]["value"] == "world"
    assert told["tasks"]["said"]["downstream"] == ["left"]
    assert told["tasks"]["told"]["rule"] == "none_failed"


def test_manifests_are_held_against_the_schema(airflow: Airflow, file: Path, cluster: Double) -> None:
    told = airflow.manifests(file, cluster.kubeconfig)
    assert told["said"]["wrong"] is None
    assert told["said"]["manifest"]["spec"]["containers"][0]["image"] == "any/image:1"
    file.write_text(DAG.replace('name="said"', 'name="said", hostnetwork="yes"'))
    assert "'yes' is not of type" in airflow.manifests(file, cluster.kubeconfig)["said"]["wrong"]


def test_pods_run_are_skipped_and_answer(airflow: Airflow, file: Path, cluster: Double) -> None:
    told = airflow.run(file, {"who": "Samburu"}, **connection(cluster.kubeconfig))
    assert told["state"] == "success", told["log"]
    assert told["tasks"] == {"said": "success", "left": "skipped", "told": "success"}
    pods = [pod for pod in cluster.ever("pods") if pod["metadata"]["name"].startswith("said")]
    assert cluster.log(pods[-1]) == "hi Samburu\n"
