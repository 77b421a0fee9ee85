"""Where the Kubernetes API is, and how this process may use it."""

from __future__ import annotations

import logging
import os
import ssl
from dataclasses import dataclass
from pathlib import Path

from ecoflows.errors import EcoflowsError

_MOUNTED = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_HOST, _PORT = "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"


@dataclass(frozen=True)
class Access:
    """The API of a cluster.

    Attributes:
        url: Where it is.
        namespace: The namespace that is ours there.
        tls: How its certificate is checked.
        authorization: What says who we are; it lasts for some minutes only.
        server_name: The name in its certificate, where that is another one.
    """

    url: str
    namespace: str
    tls: ssl.SSLContext
    authorization: str | None
    server_name: str | None = None


async def find_access() -> Access:
    """The cluster that this process is in, else the one of the kubeconfig.

    Raises:
        EcoflowsError: If there is neither.
    """
    inside = _inside()
    return inside if inside is not None else await _by_kubeconfig()


def _inside() -> Access | None:
    """What Kubernetes gives each pod; read by hand, since its client takes 80 MB to import."""
    host, port, token = os.environ.get(_HOST), os.environ.get(_PORT), _MOUNTED / "token"
    if not host or not port or not token.exists():
        return None
    namespace = _MOUNTED / "namespace"
    return Access(
        f"https://{f'[{host}]' if ':' in host else host}:{port}",
        (namespace.read_text().strip() if namespace.exists() else "") or "default",
        ssl.create_default_context(cafile=str(_MOUNTED / "ca.crt")),
        f"Bearer {token.read_text().strip()}",
    )


async def _by_kubeconfig() -> Access:
    from kubernetes_asyncio.client import Configuration
    from kubernetes_asyncio.config import ConfigException, load_kube_config

    found = Configuration()
    # What it warns of, it raises as well.
    logging.getLogger("kubernetes_asyncio.config.kube_config").setLevel(logging.ERROR)
    try:
        # Named here: the library takes the variable as it was when it was imported.
        loader = await load_kube_config(
            os.environ.get("KUBECONFIG") or None, client_configuration=found, persist_config=False
        )
        tls = ssl.create_default_context(cafile=found.ssl_ca_cert)
        if found.cert_file:
            tls.load_cert_chain(found.cert_file, keyfile=found.key_file)
    except (ConfigException, OSError, ValueError) as error:
        raise EcoflowsError(
            f"there is no Kubernetes cluster to run pods in ({error}); name one with KUBECONFIG, or run the "
            "task instances elsewhere (execution: inline, or mode and override in ECOFLOWS_EXECUTION)"
        ) from error
    if not found.verify_ssl:
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    context = (loader.current_context or {}).get("context") or {}
    settings = await found.auth_settings()
    return Access(
        str(found.host).rstrip("/"),
        str(context.get("namespace") or "default"),
        tls,
        settings.get("BearerToken", {}).get("value"),
        found.tls_server_name,
    )
