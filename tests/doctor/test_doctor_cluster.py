"""What the doctor finds in a cluster."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cluster_questions import NAMESPACE, Api
from ecoflows.doctor import Finding, Health, Subject
from ecoflows.doctor.cluster import check_cluster

Subjects = Callable[..., Subject]


def bad(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(one.health.value, one.name, one.found) for one in findings if one.health is not Health.OK]


def test_a_cluster_that_has_all_is_well_and_no_secret_is_read(api: Api, subject: Subjects) -> None:
    findings = list(check_cluster(subject()))
    assert [finding.found.partition(" runs Kubernetes ")[2] or finding.found for finding in findings] == [
        "v1.31.0",
        "there is a namespace 'park'",
        "there is a service account 'park-flow'",
        "there is a service account 'park-task'",
        "there is a secret 'park-secrets'",
        "there is a secret 'park-registry'",
        "the service account 'park-flow' may run Jobs in 'park' and read their logs",
        "the service account 'park-task' has none",
    ]
    assert {finding.health for finding in findings} == {Health.OK}
    read = [accept for _, path, accept in api.asked if "/secrets/" in path]
    assert len(read) == 2
    assert all("as=PartialObjectMetadata" in accept for accept in read)


def test_all_that_is_missing_is_told_with_the_command_that_makes_it(api: Api, subject: Subjects) -> None:
    api.there -= {f"{NAMESPACE}/serviceaccounts/park-task", f"{NAMESPACE}/secrets/park-secrets"}
    api.denied |= {"park-flow delete jobs", "park-flow get pods/log"}
    findings = list(check_cluster(subject()))
    rights = "the service account 'park-flow' may not delete jobs, get pods/log in 'park'"
    assert bad(findings) == [
        ("error", "service account", "there is no service account 'park-task'"),
        ("error", "secret", "there is no secret 'park-secrets'"),
        ("error", "flow's rights", rights),
    ]
    fixes = {finding.name: finding.fix for finding in findings if finding.health is Health.ERROR}
    assert fixes == {
        "service account": "'kubectl apply -k deployments/kubernetes' makes it",
        "secret": "'kubectl -n park create secret generic park-secrets --from-env-file=FILE' makes it",
        "flow's rights": "bind it to the Role 'ecoflows-flow' of deployments/kubernetes",
    }


def test_a_namespace_that_is_missing_is_the_only_error(api: Api, subject: Subjects) -> None:
    api.there.clear()
    assert bad(list(check_cluster(subject()))) == [("error", "namespace", "there is no namespace 'park'")]


def test_code_of_tasks_that_has_rights_is_a_warning(api: Api, subject: Subjects) -> None:
    api.denied -= {"park-task get secrets"}
    assert bad(list(check_cluster(subject()))) == [
        ("warning", "tasks' rights", "the service account 'park-task' may get secrets in 'park'"),
    ]


def test_what_we_may_not_know_is_no_error(api: Api, subject: Subjects) -> None:
    reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    api.hidden = {*api.there, reviews}
    findings = list(check_cluster(subject()))
    assert {finding.health for finding in findings[1:]} == {Health.SKIPPED}
    assert len(findings) == 8
    assert findings[1].found == "we may not know whether there is a namespace 'park'"
    unknown = "we may not know what the service account 'park-flow' may do"
    assert findings[6].found == f"we may run Jobs in 'park'; {unknown}"
    api.denied.add("self create jobs")
    assert list(check_cluster(subject()))[6].found == unknown


def test_without_accounts_it_is_asked_about_who_asks(api: Api, subject: Subjects) -> None:
    api.denied.add("self create jobs")
    findings = list(check_cluster(subject("{pool: park, image: 'flows:1', namespace: park}")))
    assert bad(findings) == [("error", "flow's rights", "we may not create jobs in 'park'")]
    assert ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews") in {
        (method, path) for method, path, _ in api.asked
    }


def test_an_answer_that_fails_costs_only_itself(api: Api, subject: Subjects) -> None:
    api.answers[f"{NAMESPACE}/secrets/park-secrets"] = (500, "etcdserver: request timed out")
    text = "the cluster does not tell whether there is a secret 'park-secrets': etcdserver: request timed out"
    assert bad(list(check_cluster(subject()))) == [("error", "secret", text)]


@pytest.mark.usefixtures("no_cluster")
def test_a_cluster_that_does_not_answer_is_an_error(subject: Subjects) -> None:
    (finding,) = check_cluster(subject())
    assert finding.health is Health.ERROR
    assert finding.found.startswith("http://127.0.0.1:9 does not answer as a cluster does: ")
    assert "secret-token" not in finding.found


def test_something_else_than_a_cluster_is_told(api: Api, subject: Subjects) -> None:
    api.answers["/version"] = (200, "<html>a portal</html>")
    (finding,) = check_cluster(subject())
    assert finding.health is Health.ERROR
    assert finding.found.endswith("does not answer as a cluster does: it names no version")


def test_without_a_kubeconfig_nothing_can_be_checked(
    subject: Subjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere/kubeconfig")
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    (finding,) = check_cluster(subject())
    assert finding.health is Health.SKIPPED
    assert "there is no Kubernetes cluster" in finding.found
    assert finding.fix is not None
    assert "KUBECONFIG" in finding.fix


def test_flows_without_pods_need_no_cluster(api: Api, subject: Subjects) -> None:
    assert list(check_cluster(subject("{pool: park, type: process}"))) == []
    assert list(check_cluster(Subject())) == []
    assert api.asked == []
    pods = list(
        check_cluster(subject("{pool: park, type: process, execution: {mode: pod, namespace: park}}"))
    )
    assert pods[1].found == "there is a namespace 'park'"
