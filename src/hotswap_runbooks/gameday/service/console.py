"""Log entries as .NET's simple console formatter prints them: a level and a category, then indented lines."""

from __future__ import annotations

from hotswap_runbooks.gameday.service.exceptions import DotnetException

INDENT = " " * 6


def entry(
    level: str, category: str, message: str, exception: DotnetException | None = None, event: int = 0
) -> list[str]:
    """The lines of one entry; ``level`` is .NET's short form: dbug, info, warn, fail or crit."""
    body = [*message.splitlines(), *(exception.lines() if exception else [])]
    return [f"{level}: {category}[{event}]", *(INDENT + line for line in body)]
