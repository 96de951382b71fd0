"""Faults: one file each says what breaks, what triage must find, and how recovery is proved."""

from __future__ import annotations

from hotswap_runbooks.gameday.faults.fault import Expectation, Fault, load
from hotswap_runbooks.gameday.faults.healthy import heal

__all__ = ["Expectation", "Fault", "heal", "load"]
