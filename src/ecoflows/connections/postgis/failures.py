"""What PostgreSQL refuses, in a user's words and without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ecoflows.errors import ConnectionFailedError

if TYPE_CHECKING:
    from ecoflows.connections.postgis.settings import PostGISConnection

_KNOWN = (
    ("password authentication failed", "it refuses the user or the password; check both"),
    ("no password supplied", "it wants a password; give one to the connection"),
    ("does not exist", "it has no such user or database; check 'username' and 'database'"),
    ("no pg_hba.conf entry", "it does not let this user in from this machine; ask its administrator"),
    ("resolve host", "there is no such host; check 'host', and this machine's network"),
    ("translate host name", "there is no such host; check 'host', and this machine's network"),
    ("refused", "nothing answers at that port; check 'host' and 'port'"),
    ("timeout", "it does not answer; check 'host' and 'port', and whether a firewall is between"),
    ("does not support SSL", "it does not speak TLS; set 'sslmode' to prefer, if its network is safe"),
    (
        "certificate verify failed",
        "its certificate is not vouched for; name that of its authority with PGSSLROOTCERT",
    ),
    ("root certificate file", "no authority for its certificate is known; name one with PGSSLROOTCERT"),
    ("too many clients", "it has no room for another connection now; try again later"),
)


@contextmanager
def told(connection: PostGISConnection, sql: str | None = None) -> Iterator[None]:
    """Let what the server refuses in the block be told as a user needs it.

    Args:
        connection: The database.
        sql: The statement that is run, if it is a user's.

    Raises:
        ConnectionFailedError: In place of what the library raises; the statement's values are not in it.
    """
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        original: Any = error.orig
        primary = getattr(getattr(original, "diag", None), "message_primary", None)
        text = _refused(original, str(primary), sql) if primary and sql else _unreached(str(original))
        place = f"{connection.host}:{connection.port}/{connection.database}"
        # The library's error holds the statement with its values.
        raise ConnectionFailedError(connection.redacted(f"{place}: {text}")) from None


def _unreached(text: str) -> str:
    line = next((words for mark, words in _KNOWN if mark in text), None)
    return line or f"it cannot be used: {' '.join(text.split())[:200]}"


def _refused(error: Any, primary: str, sql: str) -> str:
    state = str(getattr(error, "sqlstate", ""))
    if state in ("25006", "0A000") or "cannot execute" in primary or _is_writing(primary, sql):
        return f"only statements that read are allowed, such as SELECT ({primary})"
    if state == "57014":
        return "the statement took longer than 'statement_timeout_seconds'"
    if state == "42501":
        return f"the user may not read that ({primary}); ask for the right with GRANT SELECT"
    hint = error.diag.message_hint
    return f"the statement is refused{_place(primary, sql)}: {primary}{f' ({hint})' if hint else ''}"


def _is_writing(primary: str, sql: str) -> bool:
    first = re.match(r"\s*(\w+)", sql)
    return (
        "syntax error" in primary
        and first is not None
        and first[1].upper() not in ("SELECT", "WITH", "VALUES", "TABLE")
    )


def _place(primary: str, sql: str) -> str:
    """Line and column of what the message quotes, where that is in the statement once."""
    quoted = re.search(r'"([^"]+)"', primary)
    if quoted is None or sql.count(quoted[1]) != 1:
        return ""
    before = sql[: sql.index(quoted[1])]
    return f" at {before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
