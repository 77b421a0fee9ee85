"""Settings of connections in the blocks of a Prefect server."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ecoflows.connections.sources.base import Settings
from ecoflows.connections.types import type_names
from ecoflows.errors import ConnectionSettingsError
from ecoflows.flows.connection_blocks.server_url import api_url

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

_log = logging.getLogger("ecoflows")


class PrefectBlocks:
    """The blocks of the configured Prefect server, or of the local one where it runs."""

    label = "prefect"

    def every(self, type_name: str | None = None) -> Iterable[Settings]:
        """All connections of a type, or of any; none where no server is, or where it does not answer."""
        url = api_url()
        if url is None:
            return []
        import httpx

        names = type_names() if type_name is None else (type_name,)
        try:
            with _client(url) as client:
                return [found for name in names if name in type_names() for found in _blocks(client, name)]
        except (httpx.HTTPError, RuntimeError) as error:
            # What else is known of the connection may do; where it does not, this line tells why.
            _log.warning(
                "the connections kept by the Prefect server at %s are not seen: %s",
                _shown(url),
                type(error).__name__,
            )
            return []

    def put(self, type_name: str, name: str, fields: Mapping[str, Any], *, replace: bool) -> str:
        """Keep a connection in a block of the server in use.

        Args:
            type_name: The type of connection.
            name: Its name.
            fields: The values, secrets in plain.
            replace: Whether a block of the same name is written over.

        Returns:
            The name of the block.

        Raises:
            ConnectionSettingsError: If there is such a block already.
        """
        from ecoflows.flows.connection_blocks.block_types import block_name, block_type, register_type

        kind, stored = block_type(type_name), block_name(name)
        register_type(kind)
        try:
            kind(**fields).save(stored, overwrite=replace)
        except ValueError:
            # What Prefect raises holds the values.
            raise ConnectionSettingsError(
                f"the Prefect server has a block '{stored}' of the type {kind.get_block_type_name()}; "
                "write over it with --replace"
            ) from None
        return f"{kind.get_block_type_slug()}/{stored}"

    def remove(self, type_name: str, name: str) -> bool:
        """Delete a connection's block on the server in use.

        Args:
            type_name: The type of connection.
            name: Its name.

        Returns:
            Whether it was there.
        """
        from ecoflows.flows.connection_blocks.block_types import block_name, block_type

        url = api_url()
        if url is None:
            return False
        from prefect.exceptions import ObjectNotFound

        with _client(url) as client:
            try:
                slug = block_type(type_name).get_block_type_slug()
                found = client.read_block_document_by_name(block_name(name), slug, include_secrets=False)
            except ObjectNotFound:
                return False
            client.delete_block_document(found.id)
            return True


def _blocks(client: SyncPrefectClient, type_name: str) -> Iterator[Settings]:
    from prefect.exceptions import ObjectNotFound

    from ecoflows.flows.connection_blocks.block_types import block_type

    kind = block_type(type_name)
    slug = kind.get_block_type_slug()
    try:
        documents = client.read_block_documents_by_type(slug, include_secrets=True)
    except ObjectNotFound:
        return  # the type is not registered there
    for document in documents:
        if document.name is not None:
            # The server's form sends null or nothing for what is left empty.
            fields = {name: value for name, value in document.data.items() if value not in (None, "")}
            yield Settings(type_name, document.name, fields, f"block {slug}/{document.name}")


@contextmanager
def _client(url: str) -> Iterator[SyncPrefectClient]:
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from ecoflows.flows.environment import bypass_proxies

    if "//127.0.0.1" in url:
        bypass_proxies()
    with temporary_settings({PREFECT_API_URL: url}), get_client(sync_client=True) as client:
        yield client


def _shown(url: str) -> str:
    from ecoflows.flows.engine import without_credentials

    return without_credentials(url)
