"""The cluster of a profile: access, permissions, and what has to be there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator, Sequence

from ecoflows.deployments.profiles import Profile
from ecoflows.deployments.variables import execution_settings
from ecoflows.doctor.kube import DeniedError, Kube, Right
from ecoflows.doctor.model import Environment, Finding, Health, Subject, error, ok, skipped, warning
from ecoflows.errors import EcoflowsError

_JOBS = [Right(verb, "jobs", "batch") for verb in ("create", "delete", "get", "list", "patch", "watch")]
FLOW_RIGHTS = (
    *_JOBS,
    *(Right(verb, "pods") for verb in ("get", "list", "watch")),
    Right("get", "pods", sub="log"),
)
"""What a flow needs that runs task instances in pods."""

TOO_MUCH = (Right("create", "jobs", "batch"), Right("create", "pods"), Right("get", "secrets"))
"""What a task's code must not be able to do."""

_APPLY = "'kubectl apply -k deployments/kubernetes' makes it"
_ASK = "ask somebody who administers the cluster to run this"


def check_cluster(subject: Subject) -> Iterator[Finding]:
    """The cluster that pods of the profile run in.

    Yields:
        Findings about access, permissions, the namespace, service accounts and secrets.
    """
    environment = subject.environment
    if environment is None or not environment.uses_pods:
        return
    yield from asyncio.run(_examined(environment))


async def _examined(environment: Environment) -> list[Finding]:
    import aiohttp

    from ecoflows.flows.execution.pods.access import find_access

    try:
        access = await find_access()
    except EcoflowsError as failure:
        fix = "name a kubeconfig with KUBECONFIG, or run this where the flows run"
        return [skipped("cluster", str(failure).partition(";")[0], fix)]
    profile = environment.profile
    namespace = profile.namespace or profile.execution.namespace or access.namespace
    async with aiohttp.ClientSession(trust_env=True) as session:
        kube = Kube(access, session)
        try:
            version = await kube.version()
        except EcoflowsError as failure:
            text = f"{access.url} does not answer as a cluster does: {failure}"
            return [error("cluster", text, "see that KUBECONFIG names the right one, and that it is up")]
        found = [ok("cluster", f"{access.url} runs Kubernetes {version}")]
        found.append(await _there(kube, "namespace", f"/api/v1/namespaces/{namespace}", namespace))
        if found[-1].health is not Health.ERROR:
            found += [await asked for asked in _questions(kube, profile, namespace)]
    return found


def _questions(kube: Kube, profile: Profile, namespace: str) -> Iterator[Awaitable[Finding]]:
    """What is asked about a namespace."""
    core = f"/api/v1/namespaces/{namespace}"
    settings = execution_settings(profile)
    flow, task = profile.service_accounts.flow, settings.service_account
    for name in dict.fromkeys(filter(None, (flow, task))):
        yield _there(kube, "service account", f"{core}/serviceaccounts/{name}", name)
    create = f"kubectl -n {namespace} create secret"
    for name in dict.fromkeys((*profile.secrets, *settings.secrets)):
        fix = f"'{create} generic {name} --from-env-file=FILE' makes it"
        yield _there(kube, "secret", f"{core}/secrets/{name}", name, fix)
    for name in dict.fromkeys((*profile.image_pull_secrets, *settings.image_pull_secrets)):
        fix = f"'{create} docker-registry {name} --docker-server=...' makes it"
        yield _there(kube, "secret", f"{core}/secrets/{name}", name, fix)
    if settings.mode == "pod":
        yield _flow_rights(kube, namespace, flow)
        if task is not None:
            yield _task_rights(kube, namespace, task)


async def _there(kube: Kube, what: str, path: str, name: str, fix: str = _APPLY) -> Finding:
    """Whether there is an object."""
    try:
        there = await kube.exists(path)
    except EcoflowsError as failure:
        return _unknown(what, f"whether there is a {what} '{name}'", failure)
    text = f"there is {'a' if there else 'no'} {what} '{name}'"
    return ok(what, text) if there else error(what, text, fix)


async def _flow_rights(kube: Kube, namespace: str, account: str | None) -> Finding:
    """Whether flows may run their task instances; asked about ourselves where no account is named."""
    name, who = "flow's rights", f"the service account '{account}'" if account else "we"
    try:
        held = await _held(kube, FLOW_RIGHTS, namespace, account)
    except DeniedError as failure:
        return await _own_rights(kube, namespace, who, failure)
    except EcoflowsError as failure:
        return _unknown(name, f"what {who} may do", failure)
    lacking = [str(right) for right in FLOW_RIGHTS if right not in held]
    if lacking:
        text = f"{who} may not {', '.join(lacking)} in '{namespace}'"
        return error(name, text, "bind it to the Role 'ecoflows-flow' of deployments/kubernetes")
    return ok(name, f"{who} may run Jobs in '{namespace}' and read their logs")


async def _own_rights(kube: Kube, namespace: str, who: str, denied: DeniedError) -> Finding:
    """What we may do ourselves, who may be the flow: anybody may ask that."""
    name, unknown = "flow's rights", f"what {who} may do"
    try:
        held = await _held(kube, FLOW_RIGHTS, namespace, None)
    except EcoflowsError:
        return _unknown(name, unknown, denied)
    if len(held) < len(FLOW_RIGHTS):
        return _unknown(name, unknown, denied)
    return skipped(name, f"we may run Jobs in '{namespace}'; we may not know {unknown}", _ASK)


async def _task_rights(kube: Kube, namespace: str, account: str) -> Finding:
    """Whether the code of tasks has rights that it has no use for."""
    name, who = "tasks' rights", f"the service account '{account}'"
    try:
        held = await _held(kube, TOO_MUCH, namespace, account)
    except EcoflowsError as failure:
        return _unknown(name, f"what {who} may do", failure)
    if held:
        text = f"{who} may {', '.join(map(str, held))} in '{namespace}'"
        return warning(name, text, "take that from it: code of tasks needs no rights")
    return ok(name, f"{who} has none")


async def _held(kube: Kube, rights: Sequence[Right], namespace: str, account: str | None) -> list[Right]:
    return [right for right in rights if await kube.allowed(right, namespace, account)]


def _unknown(name: str, what: str, failure: EcoflowsError) -> Finding:
    if isinstance(failure, DeniedError):
        return skipped(name, f"we may not know {what}", _ASK)
    return error(name, f"the cluster does not tell {what}: {failure}")
