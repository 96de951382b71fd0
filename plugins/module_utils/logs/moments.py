# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The time that a line names, when it names one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

_MOMENT = re.compile(rb"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))? ?(Z|[+-]\d\d:?\d\d)?")
_WITHIN = 300  # bytes from the line's start


def earliest(lines: Iterable[bytes]) -> str | None:
    """The first of the moments that the lines name, in UTC as RFC 3339; None when they name none."""
    return min((moment for line in lines if (moment := moment_of(line))), default=None)


def latest(lines: Iterable[bytes]) -> str | None:
    """The last of the moments that the lines name."""
    return max((moment for line in lines if (moment := moment_of(line))), default=None)


def moment_of(line: bytes) -> str | None:
    """The moment a line names, in UTC as RFC 3339 with seconds; a line without a zone is taken as UTC."""
    found = _MOMENT.search(line[:_WITHIN])
    if found is None:
        return None
    day, time, _, zone = (part.decode() if part else "" for part in found.groups())
    try:
        moment = datetime.fromisoformat(f"{day}T{time}{zone or 'Z'}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
