"""What a database refuses is told in a user's words, and no secret with it."""

from __future__ import annotations

import logging
import re
import traceback
from typing import Any

import pytest

from ecoflows.connections import CheckState
from ecoflows.connections.postgis import PostGISConnection
from ecoflows.errors import ConnectionFailedError
from ecoflows.tasks.io import read_sql
from postgis_server import READER_PASSWORD, Server


def refused(connection: PostGISConnection, sql: str = "SELECT 1 AS x", **more: Any) -> ConnectionFailedError:
    with connection.connect() as found, pytest.raises(ConnectionFailedError) as raised:
        read_sql.function(client=found, sql=sql, **more)
    return raised.value


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT *\nFROM campps", r"the statement is refused at 2:6: relation .campps. does not exist"),
        ("SELECT id,\n  nam FROM camps", r"the statement is refused: column .nam. does not exist|at 2:3"),
        ("SELEC 1", "only statements that read are allowed"),
        ("DELETE FROM camps", "only statements that read are allowed, such as SELECT"),
        ("WITH gone AS (DELETE FROM camps RETURNING id) SELECT * FROM gone", "only statements that read"),
        ("SELECT nextval('numbers')", "only statements that read are allowed"),
        ("SELECT 1 AS x; DROP TABLE camps", "the statement is refused|only statements that read"),
        ("SELECT * FROM secret", r"the user may not read that \(permission denied for table secret\); ask"),
        ("SELECT 1 / 0 AS x", "the statement is refused: division by zero"),
    ],
)
def test_statements_that_are_refused(camps: Server, sql: str, message: str) -> None:
    camps.execute("CREATE SEQUENCE IF NOT EXISTS numbers", "GRANT ALL ON numbers TO reader")
    error = refused(PostGISConnection(**camps.settings()), sql)
    assert re.search(message, str(error)), str(error)
    with PostGISConnection(**camps.settings()).connect() as found:
        assert found.value("SELECT count(*) FROM camps") == 3


def test_a_statement_that_takes_too_long(camps: Server) -> None:
    settings = camps.settings(statement_timeout_seconds=1)
    error = refused(PostGISConnection(**settings), "SELECT pg_sleep(20) AS x")
    assert "took longer than 'statement_timeout_seconds'" in str(error)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"password": "wrong-but-secret-19"}, "it refuses the user or the password; check both"),
        ({"username": "nobody-here"}, "it refuses the user or the password; check both"),
        ({"password": None}, "it wants a password; give one to the connection"),
        ({"database": "prk"}, "it has no such user or database; check 'username' and 'database'"),
        ({"host": "nowhere.invalid"}, "there is no such host; check 'host'"),
        ({"port": 1}, "nothing answers at that port; check 'host' and 'port'"),
        ({"sslmode": "require"}, "it does not speak TLS; set 'sslmode' to prefer"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_servers_that_are_not_reached(
    camps: Server, changed: dict[str, Any], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    connection = PostGISConnection(**camps.settings(**changed))
    with caplog.at_level(logging.DEBUG):
        error = refused(connection, "SELECT :x AS x", parameters={"x": "value-of-a-parameter-5"})
        checks = {check.name: check for check in connection.checks()}
    assert message in str(error)
    assert CheckState.FAILED in {check.state for check in checks.values()}
    shown = "".join(traceback.format_exception(error)) + caplog.text + repr(connection) + repr(checks)
    for secret in ("wrong-but-secret-19", READER_PASSWORD, "value-of-a-parameter-5"):
        assert secret not in shown


def test_a_check_of_all_that_works(camps: Server) -> None:
    found = {check.name: check for check in PostGISConnection(**camps.settings()).checks()}
    assert found["sign-in"].detail == "as reader"
    assert found["PostGIS version"].state is CheckState.PASSED
    assert found["TLS"].state is CheckState.WARNING
    assert found["may read"].state is CheckState.PASSED


def test_values_of_parameters_are_not_shown_where_a_statement_fails(
    camps: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        more = {"parameters": {"name": "value-of-a-parameter-5"}}
        error = refused(
            PostGISConnection(**camps.settings()), "SELECT * FROM nothere WHERE name = :name", **more
        )
    assert "value-of-a-parameter-5" not in "".join(traceback.format_exception(error)) + caplog.text
