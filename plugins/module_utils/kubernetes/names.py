# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of objects: none is empty, none leaves its path, and a wrong one is answered with the nearest right ones."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
# RFC 1123 subdomain; RBAC names may also carry colons, which cannot leave a path.
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.:]{0,251}[a-z0-9])?")


def checked_namespace(namespace: str) -> str:
    """The namespace as given. Raises BadInput when it is empty or cannot be one: there is no fallback."""
    if not namespace:
        raise BadInput(
            "No namespace was given.", "Name it (service_namespace in an inventory); it never falls back to another."
        )
    if not isinstance(namespace, str) or not _LABEL.fullmatch(namespace):
        raise BadInput(f"{namespace!r} is not the name of a namespace.", "Use lower-case letters, digits and dashes.")
    return namespace


def checked_name(name: str, what: str) -> str:
    """The name as given. Raises BadInput when it is empty or cannot be the name of ``what``."""
    if not name:
        raise BadInput(f"No name was given for the {what}.", f"Name the {what}.")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BadInput(f"{name!r} is not the name of a {what}.", "Use lower-case letters, digits, dashes and dots.")
    return name


def checked_selector(selector: str | None, what: str) -> str:
    """The selector, or nothing for None. Raises BadInput when one was given and it is empty: it would match all."""
    if selector is None:
        return ""
    if not isinstance(selector, str) or not selector.strip():
        raise BadInput(f"The selector for {what} is empty, which would match everything.", "Name what to select.")
    return selector.strip()


def nearest(name: str, known: Iterable[str], at_most: int = 3) -> list[str]:
    """The known names closest to ``name``, best first; those that contain it, or start alike, count as close."""
    pool = sorted(set(known))
    close = difflib.get_close_matches(name, pool, n=at_most, cutoff=0.6)
    stem = name.split("-", maxsplit=1)[0]
    close += [other for other in pool if other not in close and (name in other or other.split("-")[0] == stem)]
    return close[:at_most]


def nearest_hint(name: str, known: Iterable[str], what: str) -> str:
    """The next step for a name that does not exist: the nearest ones, or all when they are few."""
    pool = sorted(set(known))
    if close := nearest(name, pool):
        return f"Nearest: {', '.join(close)}."
    if not pool:
        return f"There is no {what} at all."
    rest = f" and {len(pool) - 5} more" if len(pool) > 5 else ""
    return f"There {'is' if len(pool) == 1 else 'are'}: {', '.join(pool[:5])}{rest}."
