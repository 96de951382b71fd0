"""Objects as a real API server (1.36) and its controllers wrote them, one file per situation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

RECORDED = Path(__file__).parent / "recorded"


class Recorded:
    """One situation: the workload, its pods, and what keeps its revisions."""

    def __init__(self, name: str) -> None:
        self._content: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
        self.workload: dict[str, Any] = self._content["workload"]
        self.pods: list[dict[str, Any]] = self._content["pods"]

    @property
    def replica_sets(self) -> list[dict[str, Any]]:
        return self._content["replicasets"]

    @property
    def controller_revisions(self) -> list[dict[str, Any]]:
        return self._content["controllerrevisions"]

    def pod(self, image: str) -> dict[str, Any]:
        """The first pod that runs the image."""
        return next(pod for pod in self.pods if pod["spec"]["containers"][0]["image"] == image)


@pytest.fixture
def recorded():
    return Recorded
