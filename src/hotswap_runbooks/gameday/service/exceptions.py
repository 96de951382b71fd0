"""The application's failures in .NET's wording: an exception type, its message, its stack and what caused it."""

from __future__ import annotations

from dataclasses import dataclass

_QUERY_STACK = (
    "Npgsql.PoolingDataSource.OpenNewConnector(NpgsqlConnection conn, NpgsqlTimeout timeout, Boolean async)",
    "Npgsql.NpgsqlConnection.<Open>g__OpenAsync|42_0(Boolean async, CancellationToken cancellationToken)",
    "HotSwap.Distributed.Infrastructure.Storage.DeploymentStore.QueryAsync(CancellationToken cancellationToken)",
)
_VAULT_STACK = (
    "VaultSharp.Core.Polymath.MakeRequestAsync[TResponse](String resourcePath, HttpMethod httpMethod)",
    "HotSwap.Distributed.Infrastructure.Secrets.VaultSecretProvider.GetSecretAsync(String path)",
)


@dataclass(eq=False)
class DotnetException(Exception):
    """An exception as .NET prints it."""

    kind: str
    message: str
    stack: tuple[str, ...] = ()
    cause: DotnetException | None = None

    def lines(self) -> list[str]:
        """The text of ``Exception.ToString()``, causes first as .NET nests them."""
        text = [f"{self.kind}: {self.message}"]
        if self.cause:
            inner = self.cause.lines()
            text += [f" ---> {inner[0]}", *inner[1:], "   --- End of inner exception stack trace ---"]
        return text + [f"   at {frame}" for frame in self.stack]

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"


# The server says these before it gives the client an SQLSTATE, so libpq knows only the text.
_STARTUP_STATES = (
    ("too many clients already", "53300"),
    ("remaining connection slots are reserved", "53300"),
    ("too many connections for", "53300"),
    ("the database system is", "57P03"),
    ("password authentication failed", "28P01"),
    ("terminating connection", "57P01"),
    ("does not exist", "3D000"),
)


def from_postgres(text: str, address: str, sqlstate: str | None = None) -> DotnetException:
    """What Npgsql would say for libpq's error ``text`` of the server at ``address`` (host:port)."""
    message = text.strip().splitlines()[0] if text.strip() else "unknown error"
    message = message.split("FATAL:")[-1].split("ERROR:")[-1].strip()
    state = sqlstate or next((code for words, code in _STARTUP_STATES if words in message), None)
    if state:
        return DotnetException("Npgsql.PostgresException (0x80004005)", f"{state}: {message}", _QUERY_STACK)
    if "refused" in text or "could not connect" in text or "No such file" in text:
        refused = DotnetException("System.Net.Sockets.SocketException (111)", "Connection refused")
        message = f"Failed to connect to {address}"
        return DotnetException("Npgsql.NpgsqlException (0x80004005)", message, _QUERY_STACK, refused)
    if "timeout" in text or "timed out" in text:
        late = DotnetException("System.TimeoutException", "Timeout during reading attempt")
        return DotnetException(
            "Npgsql.NpgsqlException (0x80004005)", "Exception while reading from stream", _QUERY_STACK, late
        )
    ended = DotnetException("System.IO.EndOfStreamException", "Attempted to read past the end of the stream.")
    return DotnetException(
        "Npgsql.NpgsqlException (0x80004005)", "Exception while reading from stream", _QUERY_STACK, ended
    )


def vault_refused(body: str) -> DotnetException:
    """Vault answered with an error ``body``, for instance because it is sealed."""
    return DotnetException("VaultSharp.Core.VaultApiException", body, _VAULT_STACK)


def vault_unreachable(address: str, why: str) -> DotnetException:
    """Nothing answered at Vault's ``address`` (host:port)."""
    return DotnetException("System.Net.Http.HttpRequestException", f"{why} ({address})", _VAULT_STACK)


def missing_method() -> DotnetException:
    """A release built against another version of its own library: it cannot start."""
    return DotnetException(
        "System.MissingMethodException",
        "Method not found: 'Void HotSwap.Distributed.Domain.Rollouts.RolloutPlan..ctor(System.Guid, Int32)'.",
        (
            "HotSwap.Distributed.Orchestrator.Rollouts.CanaryPlanner..ctor(ILogger`1 logger)",
            "HotSwap.Distributed.Api.Program.<Main>$(String[] args) in /src/HotSwap.Distributed.Api/Program.cs:line 64",
        ),
    )


def null_reference() -> DotnetException:
    """A release whose new code fails on some requests."""
    return DotnetException(
        "System.NullReferenceException",
        "Object reference not set to an instance of an object.",
        (
            "HotSwap.Distributed.Orchestrator.Rollouts.CanaryPlanner.NextStep(RolloutPlan plan) "
            "in /src/HotSwap.Distributed.Orchestrator/Rollouts/CanaryPlanner.cs:line 87",
            "HotSwap.Distributed.Api.Controllers.DeploymentsController.Get(Guid id) "
            "in /src/HotSwap.Distributed.Api/Controllers/DeploymentsController.cs:line 41",
        ),
    )
