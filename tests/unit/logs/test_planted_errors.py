"""The error planted in logs in the manner of sixteen well-known systems is named first."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import log_sets
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.counting import PodLog
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.grouping import group


@pytest.mark.parametrize("chosen", log_sets.SETS, ids=lambda chosen: chosen.name)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_planted_error_is_named_first(chosen, seed):
    lines = log_sets.lines_of(chosen, 2000, seed=seed)
    found = group([PodLog("pod", b"\n".join(lines))])["templates"]
    assert chosen.names in found[0]["template"]
    assert found[0]["count"] >= 38  # an identifier of digits alone looks like a number
