# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The class of an error: which part of the system it speaks of.

The runbook's own classes come first in doubt: complaints about Vault are authentication, a database that times out is
the database. What fits nowhere is the application's own.
"""

from __future__ import annotations

import re

APPLICATION = "application"

# In order: the first that fits wins.
_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "out_of_memory",
        (
            r"out ?of ?memory|oom[-_ ]?kill|cannot allocate memory|java heap space|gc overhead limit|bad_alloc|enomem",
            r"insufficient memory|memory limit",
        ),
    ),
    (
        "configuration",
        (
            r"configuration|appsettings|\bconfig\b|optionsvalidation|missing (?:required )?(?:setting|environment)",
            r"environment variable|connection string|invalid (?:setting|option)|unknown option",
        ),
    ),
    (
        "authentication",
        (
            r"\bvault|unauthori[sz]ed|forbidden|authenticat|permission denied|access (?:is )?denied|\bjwt\b|credential",
            r"password|login fail|failed login|secret not found|(?:invalid|expired) token|publickey|kerberos|\bldap\b",
            r"token (?:is |has )?(?:invalid|expired)|invalid signature|invalid user|not allowed to",
        ),
    ),
    (
        "database",
        (
            r"npgsql|postgres|psycopg|\bsql|database|deadlock|connection pool|pool exhausted|too many clients|mysql",
            r"remaining connection slots|entityframework|dbupdate|mariadb|mongo|jdbc|hikari|\bora-|sqlite|hibernate",
            r"\brelation .{1,80} does not exist|could not serialize|too many connections",
        ),
    ),
    (
        "timeout",
        (
            r"time[- ]?out|timed[- ]out|deadline exceeded|(?:operation|task)cancel|etimedout|took too long",
            r"not responding",
        ),
    ),
    (
        "validation",
        (
            r"validation|invalid (?:argument|request|input|parameter|json|value|format|header|method|uri)|malformed",
            r"bad ?request|is required|argument(?:null|outofrange)?exception|unprocessable|illegalargument",
        ),
    ),
    (
        "dependency",
        (
            r"connection (?:was )?(?:refused|reset|closed|aborted|lost|failed)|refused|unreachable|no route to host",
            r"name or service not known|name resolution|could ?n[o']t resolve|getaddrinfo|\bdns\b|gateway|upstream",
            r"unavailable|socketexception|httprequestexception|broken pipe|econn|\bssl|\btls|certificate|handshake",
            r"rabbitmq|kafka|redis|\bgrpc|circuit|\bnetwork\b|reset by peer",
            r"(?:could not|failed to|unable to|cannot) (?:connect|reach)",
        ),
    ),
)
_CLASSES = tuple((name, re.compile("|".join(words))) for name, words in _WORDS)


def class_of(template: str) -> str:
    """database, timeout, authentication, validation, out_of_memory, configuration, dependency or application."""
    text = template.lower()
    return next((name for name, words in _CLASSES if words.search(text)), APPLICATION)
