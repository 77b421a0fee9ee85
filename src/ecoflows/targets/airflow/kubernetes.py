"""A pod for each process of a DAG."""

from __future__ import annotations

from typing import Any

from ecoflows.resources import MANAGED_BY
from ecoflows.targets.airflow.calls import command
from ecoflows.targets.airflow.code import call, source_of
from ecoflows.targets.airflow.names import label_value, pod_name
from ecoflows.targets.airflow.operators import ALLOWANCE, SKIPPED_EXIT, Keywords, Operators
from ecoflows.targets.airflow.steps import Step

_ANSWER = "/airflow/xcom/return.json"
_USER = 1000  # the image of the sidecar that reads answers would else be run by root, and is refused


class Kubernetes(Operators):
    """Writes a pod for each process."""

    name = "KubernetesPodOperator"
    expands = "arguments"
    variables = "env_vars"
    spread = "POD"
    imports = """
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s
"""
    function = '''
@task(trigger_rule="none_failed")
def share_out(answer, batch, command):
    """Give the arguments of a pod for each element of a list, or for several where there are many."""
    length = (answer or {}).get("length") or 0  # what was skipped has no answer
    size = 1 if length <= batch else batch
    firsts = range(0, length, size)
    return [[*command, "--elements", f"{first}-{min(first + size, length) - 1}"] for first in firsts]
'''

    def common(self) -> str:
        block = self.plan.airflow
        secrets = [
            call(
                "k8s.V1EnvFromSource",
                keywords={"secret_ref": call("k8s.V1SecretEnvSource", keywords={"name": name})},
            )
            for name in block.secrets
        ]
        labels = {
            MANAGED_BY[0]: MANAGED_BY[1],
            "app.kubernetes.io/part-of": label_value(self.plan.compilation.workflow.name),
            **block.labels,
        }
        profile = call("k8s.V1SeccompProfile", keywords={"type": "RuntimeDefault"})
        pod = {"run_as_non_root": True, "run_as_user": _USER, "run_as_group": _USER, "fs_group": _USER}
        capabilities = call("k8s.V1Capabilities", keywords={"drop": ["ALL"]})
        container = {"allow_privilege_escalation": False, "capabilities": capabilities}
        keywords = {
            "kubernetes_conn_id": "kubernetes_default",
            **({"namespace": block.namespace} if block.namespace is not None else {}),
            "cmds": ["ecoflows"],
            "labels": labels,
            **({"env_from": secrets} if secrets else {}),
            "security_context": call(
                "k8s.V1PodSecurityContext", keywords={**pod, "seccomp_profile": profile}
            ),
            "container_security_context": call("k8s.V1SecurityContext", keywords=container),
            "startup_timeout_seconds": ALLOWANCE,
            "get_logs": True,
            "log_events_on_failure": True,
            "on_finish_action": "delete_pod",
            "skip_on_exit_code": SKIPPED_EXIT,
        }
        return f"POD = {source_of(keywords)}"

    def single(self, step: Step, options: list[str]) -> Keywords:
        told = ["--answer", _ANSWER] if step.is_source else []
        whole = step.node.map is not None
        return {
            **self._pod(step, resources=not whole, limit=not whole),
            "arguments": command(step, *options, *told),
            "do_xcom_push": step.is_source,
        }

    def many(self, step: Step) -> Keywords:
        return {**self._pod(step, resources=True, limit=True), "do_xcom_push": False}

    def one_of_many(self, words: list[str]) -> Any:
        return words

    def _pod(self, step: Step, *, resources: bool, limit: bool) -> Keywords:
        found = step.node.container_resources if resources else None
        amounts = found.as_kubernetes() if found is not None else {}
        seconds = self.limit(step) if limit else None
        return {
            "name": pod_name(step.node.id),
            "image": step.node.image or self.plan.image,
            **(
                {"container_resources": call("k8s.V1ResourceRequirements", keywords=amounts)}
                if amounts
                else {}
            ),
            **({"active_deadline_seconds": seconds} if seconds is not None else {}),
        }
