"""A stand-in for a Kubernetes cluster, whose pods are processes of this machine.

It speaks enough of the API (JSON only) for kubectl, the Python clients, Prefect's Kubernetes worker and
Airflow's KubernetesPodOperator: discovery, create/get/list/watch/patch/delete, logs and exec. What it does
to processes is real: exit codes, retries of Jobs, deadlines, SIGTERM then SIGKILL, memory limits
(OOMKilled), missing images and Secrets, several containers in a pod, ``$(NAME)`` in texts, the end of Jobs
whose owner is deleted. Volumes (``emptyDir``, ``hostPath``) are folders, whose paths stand in for the mount
paths in everything that a container is given.

Not there: isolation, schemas and their validation, authentication, RBAC, probes, init containers, other
volumes, parallel Jobs. What it accepts, a cluster may refuse.

Tests start it with ``kubernetes_double.starting.started``; by hand it is
``PYTHONPATH=tests python -m kubernetes_double --workdir /tmp/t/pods --kubeconfig /tmp/t/kubeconfig``.
"""
