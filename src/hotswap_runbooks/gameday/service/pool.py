"""One instance's pool of database connections, as a .NET application keeps it: grown on demand, recycled by age."""

from __future__ import annotations

import threading
import time

import psycopg2
from psycopg2.extensions import connection as Connection

from hotswap_runbooks.gameday.service.config import Database
from hotswap_runbooks.gameday.service.exceptions import DotnetException, from_postgres

APPLICATION = "hotswap-api"


class Pool:
    """Connections for blocking use from several threads; every failure is a DotnetException."""

    def __init__(self, database: Database, *, size: int, lifetime: float, command_timeout: int) -> None:
        self._database = database
        self._size = size
        self._lifetime = lifetime
        self._command_timeout = command_timeout
        self._lock = threading.Lock()
        self._idle: list[tuple[float, Connection]] = []
        self._open = 0
        self._closed = False

    def query(self, sql: str) -> None:
        """Run ``sql`` on a pooled connection."""
        born, connection = self._take()
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                cursor.fetchall()
        except psycopg2.Error as error:
            self._discard(connection)
            raise from_postgres(str(error), self._address, error.pgcode) from error
        self._give_back(born, connection)

    def prune(self) -> None:
        """Close idle connections that have reached their lifetime."""
        oldest = time.monotonic() - self._lifetime
        with self._lock:
            old = [item for item in self._idle if item[0] < oldest]
            self._idle = [item for item in self._idle if item[0] >= oldest]
        for _, connection in old:
            self._discard(connection)

    def close(self) -> None:
        """Close what is idle; connections in use close when they come back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for _, connection in idle:
            self._discard(connection)

    @property
    def _address(self) -> str:
        return f"{self._database.host}:{self._database.port}"

    def _take(self) -> tuple[float, Connection]:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if self._open >= self._size:
                message = (
                    "The connection pool has been exhausted, either raise 'Max Pool Size' "
                    f"(currently {self._size}) or 'Timeout' in your connection string."
                )
                raise DotnetException("Npgsql.NpgsqlException (0x80004005)", message)
            self._open += 1
        try:
            return time.monotonic(), self._connect()
        except psycopg2.Error as error:
            with self._lock:
                self._open -= 1
            raise from_postgres(str(error), self._address) from error

    def _connect(self) -> Connection:
        connection = psycopg2.connect(
            host=self._database.host,
            port=self._database.port,
            user=self._database.user,
            password=self._database.password,
            dbname=self._database.dbname,
            application_name=APPLICATION,
            connect_timeout=2,
            # A server that hangs is noticed by the kernel, which a statement timeout cannot do.
            tcp_user_timeout=self._command_timeout * 1000,
            options=f"-c statement_timeout={self._command_timeout * 1000}",
        )
        connection.autocommit = True
        return connection

    def _give_back(self, born: float, connection: Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append((born, connection))
                return
        self._discard(connection)

    def _discard(self, connection: Connection) -> None:
        connection.close()
        with self._lock:
            self._open -= 1
