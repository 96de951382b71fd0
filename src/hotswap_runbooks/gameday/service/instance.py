"""One run of the application in one container: it starts or fails, it is healthy or not, it answers requests."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field

from hotswap_runbooks.gameday.service import exceptions, settings
from hotswap_runbooks.gameday.service.config import Database
from hotswap_runbooks.gameday.service.console import entry
from hotswap_runbooks.gameday.service.exceptions import DotnetException
from hotswap_runbooks.gameday.service.pool import Pool
from hotswap_runbooks.gameday.service.vault import VaultReader

API = "HotSwap.Distributed.Api"
HEALTH_CHECKS = "Microsoft.Extensions.Diagnostics.HealthChecks.DefaultHealthCheckService"
START_S = 0.6
LOGGED_SUCCESSES = 10  # one of so many good requests is logged

Write = Callable[[list[str]], None]


class Crashed(Exception):
    """The process ended by itself, after saying why in its log."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"exit code {exit_code}")
        self.exit_code = exit_code


@dataclass(frozen=True)
class Surroundings:
    """What every instance depends on."""

    database: Database
    vault: VaultReader
    threads: Executor


@dataclass(frozen=True)
class Health:
    """One answer of the health checks: the failure of each, or None."""

    checks: dict[str, DotnetException | None]
    took_s: float

    @property
    def healthy(self) -> bool:
        return not any(self.checks.values())

    def document(self) -> dict[str, object]:
        """The JSON body in ASP.NET's form."""
        return {
            "status": _word(self.healthy),
            "totalDuration": f"00:00:{self.took_s:010.7f}",
            "entries": {
                name: {"status": _word(not failure)} | ({"description": failure.message} if failure else {})
                for name, failure in self.checks.items()
            },
        }


@dataclass
class Instance:
    """The application as its image tag says: good, `-bad` (does not start), `-failing` (a third of the requests)."""

    image: str
    write: Write
    around: Surroundings
    _pool: Pool | None = None
    _patience: float = 0.0  # seconds for one query with its connection
    _vault_failure: DotnetException | None = None
    _requests: int = 0
    _random: random.Random = field(default_factory=random.Random)

    async def start(self, appsettings: str | None) -> None:
        """Come up with the text of appsettings.json; Crashed when the application cannot."""
        self._log("info", f"{API}.Program", f"Starting HotSwap.Distributed.Api from image {self.image}")
        await asyncio.sleep(START_S)
        try:
            if self.image.endswith("-bad"):
                raise exceptions.missing_method()
            chosen = settings.read(appsettings)
        except DotnetException as error:
            self._log("crit", f"{API}.Program", "Application terminated unexpectedly: unhandled exception", error)
            raise Crashed(1) from error
        self._pool = Pool(
            self.around.database,
            size=chosen.max_pool_size,
            lifetime=chosen.connection_lifetime,
            command_timeout=chosen.command_timeout,
        )
        self._patience = chosen.command_timeout + 1.0
        values = f"MaxPoolSize={chosen.max_pool_size}, HttpClientTimeout={chosen.http_client_timeout}"
        self._log("info", f"{API}.Configuration", f"Loaded {settings.FILE}: {values}")
        self._log("info", "Microsoft.Hosting.Lifetime", "Now listening on: http://[::]:8080", event=14)
        self._log("info", "Microsoft.Hosting.Lifetime", "Application started. Press Ctrl+C to shut down.")

    async def health(self) -> Health:
        """Ask the database and Vault now; failures go to the log as ASP.NET logs them."""
        begun = time.monotonic()
        database, vault = await asyncio.gather(self._failure_of_database(), self._failure_of_vault())
        if self._vault_failure and not vault:
            self._log("info", f"{API}.Secrets", "Vault answers again, secrets were renewed")
        self._vault_failure = vault
        health = Health({"postgresql": database, "vault": vault}, time.monotonic() - begun)
        for name, failure in health.checks.items():
            if failure:
                took = f"{health.took_s * 1000:.4f}ms"
                text = (
                    f"Health check {name} with status Unhealthy completed after {took} with message '{failure.message}'"
                )
                self._log("fail", HEALTH_CHECKS, text, failure, event=103)
        return health

    async def answer(self, method: str, path: str) -> int:
        """Serve one business request; the HTTP status."""
        begun = time.monotonic()
        self._requests += 1
        try:
            if self._vault_failure:
                raise self._vault_failure
            await self._query("SELECT now()")
            if self.image.endswith("-failing") and self._requests % 3 == 0:
                raise exceptions.null_reference()
        except DotnetException as error:
            text = f"An unhandled exception has occurred while executing the request {method} {path}"
            self._log("fail", f"{API}.Middleware.ExceptionHandlingMiddleware", text, error, event=1)
            return 500
        await asyncio.sleep(max(0.0, self._random.uniform(0.005, 0.04) - (time.monotonic() - begun)))
        if self._requests % LOGGED_SUCCESSES == 1:
            took = f"{(time.monotonic() - begun) * 1000:.1f} ms"
            self._log("info", f"{API}.RequestLogging", f"HTTP {method} {path} responded 200 in {took}")
        return 200

    async def prune(self) -> None:
        """Let go of database connections that are old enough."""
        if self._pool:
            await asyncio.get_running_loop().run_in_executor(self.around.threads, self._pool.prune)

    def stop(self, *, killed: bool) -> None:
        """The process ends: killed, or asked to."""
        if not killed:
            self._log("info", "Microsoft.Hosting.Lifetime", "Application is shutting down...")
        if self._pool:
            self.around.threads.submit(self._pool.close)

    async def _failure_of_database(self) -> DotnetException | None:
        try:
            await self._query("SELECT 1")
        except DotnetException as error:
            return error
        return None

    async def _failure_of_vault(self) -> DotnetException | None:
        try:
            await self.around.vault.read()
        except DotnetException as error:
            return error
        return None

    async def _query(self, sql: str) -> None:
        if self._pool is None:
            raise RuntimeError("the instance has not started")
        try:
            async with asyncio.timeout(self._patience):
                await asyncio.get_running_loop().run_in_executor(self.around.threads, self._pool.query, sql)
        except TimeoutError as error:
            # The thread stays with the hanging server; the application does not.
            raise exceptions.from_postgres("timeout expired", "") from error

    def _log(
        self, level: str, category: str, text: str, error: DotnetException | None = None, *, event: int = 0
    ) -> None:
        self.write(entry(level, category, text, error, event))


def _word(healthy: bool) -> str:
    return "Healthy" if healthy else "Unhealthy"
