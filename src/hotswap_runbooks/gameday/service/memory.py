"""How much memory an instance uses: it fills at its start and follows what its load needs."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024
EMPTY = 60 * MIB
USUAL = 180 * MIB  # needed without extra load
FILLING = 250 * MIB  # bytes per second at start
GROWING = 130 * MIB  # bytes per second afterwards

_UNITS = {"m": 1e-3, "": 1.0}
_UNITS |= {unit: 1000.0 ** (power + 1) for power, unit in enumerate("kMGTPE")}
_UNITS |= {f"{unit}i": 1024.0 ** (power + 1) for power, unit in enumerate("KMGTPE")}


def parse(quantity: str) -> int:
    """Bytes of a Kubernetes memory quantity such as `512Mi`; ValueError for anything else."""
    number = quantity.rstrip("mkKMGTPEi")
    unit = quantity[len(number) :]
    if unit not in _UNITS:
        raise ValueError(f"not a memory quantity: {quantity!r}")
    return int(float(number) * _UNITS[unit])


@dataclass
class Memory:
    """The working set of one run of a container, in bytes."""

    limit: int | None
    used: int = EMPTY
    filled: bool = False  # the start is over: what the load needs was once there

    def grow(self, seconds: float, needed: int) -> None:
        """Go towards ``needed`` bytes for some seconds; the limit is never passed."""
        rate = GROWING if self.filled else FILLING
        if self.used < needed:
            self.used = min(needed, self.used + int(rate * seconds))
        else:
            self.used = max(needed, self.used - int(rate * seconds))
        if self.limit is not None:
            self.used = min(self.used, self.limit)
        self.filled = self.filled or self.used == needed

    @property
    def exhausted(self) -> bool:
        """The limit is reached: the kernel kills the process."""
        return self.limit is not None and self.used >= self.limit
