# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubernetes quantities: ``250m`` of a core, ``64Mi`` of memory.

Source: apimachinery pkg/api/resource/quantity.go.
"""

from __future__ import annotations

import re
from decimal import Decimal

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput

_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([KMGTPE]i)|([numkMGTPE]?)|[eE]([+-]?\d{1,3}))")


def parse_quantity(text: str | int | float) -> Decimal:
    """The exact value in cores, bytes or pieces. Raises BadInput for what is no quantity."""
    form = _FORM.fullmatch(str(text).strip())
    if form is None:
        raise BadInput(f"{text!r} is not a Kubernetes quantity.", "Write it as 500m, 2, 512Mi or 1Gi.")
    digits, binary, decimal, exponent = form.groups()
    if binary:
        return Decimal(digits) * Decimal(1024 ** _BINARY[binary])
    return Decimal(digits).scaleb(int(exponent) if exponent else _DECIMAL[decimal or ""])


def cores(text: str | int | float) -> float:
    """A CPU quantity in cores."""
    return float(parse_quantity(text))


def whole_bytes(text: str | int | float) -> int:
    """A memory quantity in bytes; a fraction counts as a whole byte, as the API server rounds."""
    value = parse_quantity(text)
    return int(value.to_integral_value(rounding="ROUND_CEILING"))


def format_bytes(count: int) -> str:
    """The shortest exact quantity: ``1Gi``, ``1536Mi``, ``1000``."""
    for unit, power in reversed(_BINARY.items()):
        if count and count % 1024**power == 0:
            return f"{count // 1024**power}{unit}"
    return str(count)


def format_cores(count: float) -> str:
    """Cores in milli-cores as kubectl shows them: ``250m``, ``2``; a fraction of one counts as one."""
    milli = int(Decimal(str(count)).scaleb(3).to_integral_value(rounding="ROUND_CEILING"))
    return str(milli // 1000) if milli % 1000 == 0 else f"{milli}m"
