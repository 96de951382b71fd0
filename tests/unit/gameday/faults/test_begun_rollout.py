"""A rollout is paused once it has begun, not before and not when it is over."""

from __future__ import annotations

from typing import Any

import pytest

from hotswap_runbooks.gameday.faults.verbs import _begun


def deployment(observed: int, **counts: int) -> dict[str, Any]:
    return {"metadata": {"generation": 4}, "status": {"observedGeneration": observed, **counts}}


@pytest.mark.parametrize(
    ("item", "begun"),
    [
        (deployment(3, replicas=3, updatedReplicas=3), False),
        (deployment(3, replicas=4, updatedReplicas=1), False),
        (deployment(4, replicas=3), False),
        (deployment(4, replicas=4, updatedReplicas=1), True),
        (deployment(4, replicas=3, updatedReplicas=3), False),
    ],
    ids=["not seen yet", "of the release before", "no new pod", "in the middle", "over"],
)
def test_begun_means_that_new_pods_stand_beside_old_ones(item: dict[str, Any], begun: bool) -> None:
    assert _begun(item) is begun
