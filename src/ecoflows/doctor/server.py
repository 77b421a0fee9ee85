"""The Prefect server, and the work pool of a profile there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from ecoflows.doctor.model import Environment, Finding, Subject, attempted, error, ok, skipped, warning
from ecoflows.errors import EcoflowsError, did_you_mean

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import WorkPool

_MOST = 200
_HERE = ("127.0.0.1", "localhost", "[::1]", "0.0.0.0")  # noqa: S104  # names, to be recognised


def check_server(subject: Subject) -> Iterator[Finding]:
    """Whether the server answers, and has what the profile needs.

    Yields:
        Findings about the server, its work pool and the workers.
    """
    from ecoflows.flows.environment import bypass_proxies, prepare

    prepare()
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL, get_current_settings, temporary_settings

    from ecoflows.deployments.refusals import told
    from ecoflows.flows.engine import without_credentials
    from ecoflows.flows.server import running_server

    environment = subject.environment
    with ExitStack() as stack:
        url = get_current_settings().api.url
        if not url:
            local = running_server()
            if environment is not None and environment.profile.type == "kubernetes":
                found = "PREFECT_API_URL is not set; the server of this machine alone is none for pods"
                yield error("server", found, "set PREFECT_API_URL to the server of the cluster's runs")
                return
            if local is None:
                found = "PREFECT_API_URL is not set, and the local server does not run"
                yield skipped("server", found, "'ecoflows server start' starts it; runs do so themselves")
                return
            url = local.api_url
            bypass_proxies()
            stack.enter_context(temporary_settings({PREFECT_API_URL: url}))
        shown = without_credentials(str(url))
        client = stack.enter_context(get_client(sync_client=True))
        failure = client.api_healthcheck()
        if failure is not None:
            found = f"{shown} does not answer ({type(failure).__name__}: {failure})"
            yield error("server", found, "start it, or set PREFECT_API_URL to the one that is meant")
            return
        try:
            with told(f"{shown} refuses us"):
                version = client.api_version()
        except EcoflowsError as refusal:
            yield error("server", str(refusal))
            return
        yield ok("server", f"{shown} answers")
        yield from attempted("server version", _version(client.client_version(), version))
        if environment is None:
            return
        if environment.profile.type == "kubernetes" and any(f"//{name}" in shown for name in _HERE):
            found = f"{shown} is this machine alone, which pods cannot reach"
            yield warning("server address", found, "set PREFECT_API_URL to an address that pods reach, too")
        yield from attempted("work pool", _pool(client, environment))


def _version(here: str, there: str) -> Iterator[Finding]:
    ours, theirs = _numbers(here), _numbers(there)
    text = f"the server has Prefect {there}, this machine {here}"
    if theirs[:1] != ours[:1]:
        yield error("server version", text, "both have to be of one major version")
    elif theirs < ours:
        yield warning("server version", text, f"bring the server to {here} or newer; a server goes first")
    else:
        yield ok("server version", text)


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers of a version, as far as it has some: 3, 8 and 8 of ``3.8.8.dev1``."""
    numbers = []
    for part in text.partition("+")[0].split(".")[:3]:
        digits = "".join(char for char in part if char.isdigit())
        numbers.append(int(digits) if digits == part else 0)
    return tuple(numbers)


def _pool(client: SyncPrefectClient, environment: Environment) -> Iterator[Finding]:
    from prefect.exceptions import ObjectNotFound

    from ecoflows.deployments.refusals import told

    profile, name = environment.profile, environment.profile.pool
    make = f"ecoflows deployment pool --profile {environment.source.name}"
    with told(f"the work pool '{name}' cannot be read"):
        try:
            pool = client.read_work_pool(name)
        except ObjectNotFound:
            yield error("work pool", f"there is no work pool '{name}'", f"'{make}' makes it")
            return
    if pool.type != profile.type:
        found = f"the work pool '{name}' is of the type '{pool.type}', the profile says '{profile.type}'"
        yield error("work pool", found, "name another pool in the profile, or correct its type")
        return
    if pool.is_paused:
        resume = f"prefect work-pool resume '{name}'"
        yield warning("work pool", f"the work pool '{name}' is paused, so that runs wait", f"'{resume}'")
    else:
        yield ok("work pool", f"there is a work pool '{name}' of the type '{pool.type}'")
    yield from attempted("job template", _template(pool, environment, make))
    yield from attempted("workers", _workers(client, pool, profile.namespace))


def _template(pool: WorkPool, environment: Environment, make: str) -> Iterator[Finding]:
    from ecoflows.deployments.templates import job_template, known_variables
    from ecoflows.deployments.variables import job_variables

    known = known_variables(pool.base_job_template)
    lacking = [name for name in job_variables(environment.profile) if name not in known]
    wanted, origin = job_template(environment.profile.type, environment.out)
    for name in lacking:
        found = f"the pool's template has no variable '{name}', which the profile gives: it is ignored"
        fix = did_you_mean(name, known, what="its variables")
        if name in known_variables(wanted):
            fix = f"'{make}' brings the template up to date"
        yield error("job template", found, fix)
    if lacking:
        return
    if pool.base_job_template != wanted:
        found = f"the pool's template differs from that of {origin}"
        yield warning("job template", found, f"'{make}' brings it up to date, if that is not on purpose")
    else:
        yield ok("job template", f"the pool has the template of {origin}")


def _workers(client: SyncPrefectClient, pool: WorkPool, namespace: str | None) -> Iterator[Finding]:
    # Prefect sends null for what is not given, which not every server takes.
    workers: list[Any] = client.read_workers_for_work_pool(pool.name, offset=0, limit=_MOST)
    online = [worker.name for worker in workers if str(getattr(worker.status, "value", "")) == "ONLINE"]
    if online:
        yield ok("workers", f"online: {', '.join(sorted(online))}")
        return
    fix = f"'prefect worker start --pool {pool.name}' on its machine"
    if pool.type == "kubernetes":
        logs = f"kubectl {f'-n {namespace} ' if namespace else ''}logs deploy/ecoflows-worker"
        fix = f"'kubectl apply -k deployments/kubernetes' starts one, '{logs}' says what hinders it"
    seen = f"{len(workers)} were once" if workers else "there never was one"
    yield error("workers", f"no worker of the pool '{pool.name}' is online ({seen}); runs would wait", fix)
