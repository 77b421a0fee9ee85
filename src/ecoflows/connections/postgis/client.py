"""The client that tasks get: statements that read, their rows in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecoflows.connections.postgis.failures import told
from ecoflows.errors import ConnectionFailedError, did_you_mean
from ecoflows.extras import install_text

if TYPE_CHECKING:
    from sqlalchemy import Connection as Session
    from sqlalchemy import TextClause

    from ecoflows.connections.postgis.settings import PostGISConnection

CHUNK = 20_000
"""How many rows are held as Python's objects at a time."""


@dataclass(frozen=True)
class Column:
    """A column of a result.

    Attributes:
        name: What it is called.
        type: PostgreSQL's name of its type, such as ``timestamptz`` or ``geometry``.
    """

    name: str
    type: str


class PostGIS:
    """Reads from a database in transactions that cannot write.

    Args:
        connection: The database and who reads it.

    Raises:
        ConnectionFailedError: If the optional packages are not installed.
    """

    def __init__(self, connection: PostGISConnection) -> None:
        try:
            import psycopg  # noqa: F401  # SQLAlchemy imports it by name
            from sqlalchemy import URL, create_engine
            from sqlalchemy.pool import NullPool
        except ImportError as error:
            raise ConnectionFailedError(
                f"PostGIS needs an optional package; {install_text('postgis')}"
            ) from error
        self.connection = connection
        password = connection.password.get_secret_value() if connection.password else None
        url = URL.create(
            "postgresql+psycopg",
            username=connection.username,
            password=password,
            host=connection.host,
            port=connection.port,
            database=connection.database,
        )
        limit = f"statement_timeout={connection.statement_timeout_seconds}s"
        arguments = {
            "sslmode": connection.sslmode,
            "connect_timeout": 10,
            "options": f"-c default_transaction_read_only=on -c {limit} -c timezone=UTC",
            "application_name": "ecoflows",
        }
        self._engine = create_engine(url, connect_args=arguments, poolclass=NullPool, hide_parameters=True)

    def __repr__(self) -> str:
        found = self.connection
        return f"PostGIS({found.username}@{found.host}:{found.port}/{found.database})"

    def close(self) -> None:
        """Close what is open to the server."""
        self._engine.dispose()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction that cannot write.

        Raises:
            ConnectionFailedError: If the server cannot be reached or refuses.
        """
        with told(self.connection), self._engine.connect() as session:
            yield session

    def value(self, sql: str, **parameters: Any) -> Any:
        """The only value of a statement.

        Args:
            sql: The statement, with ``:name`` for parameters.
            parameters: Their values.

        Raises:
            ConnectionFailedError: If the server cannot be reached or refuses.
        """
        from sqlalchemy import text

        with self.session() as session:
            return session.execute(text(sql), parameters).scalar()

    @contextmanager
    def reading(
        self, sql: str, parameters: Mapping[str, Any]
    ) -> Iterator[tuple[list[Column], Iterator[Sequence[Sequence[Any]]]]]:
        """The columns of a result and its rows in pieces; the server keeps the rest until it is wanted.

        Args:
            sql: A statement that reads, with ``:name`` for parameters.
            parameters: Their values, which never become part of the statement.

        Raises:
            ValueError: If parameters are missing, or there are others.
            ConnectionFailedError: If the server cannot be reached or refuses the statement.
        """
        from sqlalchemy import text

        statement = text(sql)
        require_parameters(statement, parameters)
        with told(self.connection, sql), self._engine.connect() as session:
            names = _type_names(session)
            streaming = session.execution_options(stream_results=True, max_row_buffer=CHUNK)
            result = streaming.execute(statement, dict(parameters))
            described: Any = result.cursor.description if result.cursor is not None else ()
            columns = [Column(found[0], names.get(found[1], "unknown")) for found in described]
            with closing(result):
                yield columns, _pieces(result)


def _pieces(result: Any) -> Iterator[Sequence[Sequence[Any]]]:
    while rows := result.fetchmany(CHUNK):
        yield rows


def _type_names(session: Session) -> dict[int, str]:
    """The names of types by number; those of PostGIS have other numbers in each database."""
    from sqlalchemy import text

    return {
        int(number): str(name) for number, name in session.execute(text("SELECT oid, typname FROM pg_type"))
    }


def require_parameters(statement: TextClause, parameters: Mapping[str, Any]) -> None:
    """Refuse parameters that do not fit a statement.

    Args:
        statement: The statement.
        parameters: What is given.

    Raises:
        ValueError: With all that are missing or have no place, and the nearest names.
    """
    wanted = list(statement.compile().params)
    problems = [f"':{name}' has no value" for name in wanted if name not in parameters]
    for name in parameters:
        if name not in wanted:
            hint = did_you_mean(name, wanted, what="the statement has") or "the statement has none"
            problems.append(f"'{name}' is not in the statement ({hint})")
    if problems:
        raise ValueError(f"parameters: {'; '.join(problems)}")
