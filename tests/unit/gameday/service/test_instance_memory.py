"""How an instance's memory grows."""

from __future__ import annotations

import pytest

from hotswap_runbooks.gameday.service.memory import EMPTY, MIB, USUAL, Memory, parse


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("1Gi", 2**30),
        ("512Mi", 512 * MIB),
        ("100M", 10**8),
        ("2048", 2048),
        ("1.5Gi", 1536 * MIB),
        ("1Ti", 2**40),
        ("64000m", 64),
        ("1e9", 10**9),
    ],
)
def test_memory_quantities_are_bytes(quantity: str, expected: int) -> None:
    assert parse(quantity) == expected


@pytest.mark.parametrize("quantity", ["", "lots", "1Zi", "Mi"])
def test_anything_else_is_refused(quantity: str) -> None:
    with pytest.raises(ValueError, match=r"memory quantity|convert string"):
        parse(quantity)


def _run(memory: Memory, needed: int, seconds: float) -> Memory:
    for _ in range(int(seconds * 2)):
        memory.grow(0.5, needed)
    return memory


def test_with_the_usual_load_it_fills_within_a_second_and_stays() -> None:
    memory = _run(Memory(limit=1024 * MIB), USUAL, 1)
    assert memory.filled
    assert not memory.exhausted
    assert _run(memory, USUAL, 60).used == USUAL


def test_a_load_above_the_limit_exhausts_it_before_the_start_is_over() -> None:
    memory = _run(Memory(limit=1024 * MIB), 1200 * MIB, 10)
    assert memory.exhausted
    assert not memory.filled
    assert memory.used == 1024 * MIB


def test_a_higher_limit_carries_the_same_load() -> None:
    memory = _run(Memory(limit=2048 * MIB), 1200 * MIB, 10)
    assert memory.filled
    assert not memory.exhausted


def test_memory_is_given_back_when_the_load_goes() -> None:
    memory = _run(Memory(limit=None), 1200 * MIB, 10)
    assert _run(memory, USUAL, 10).used == USUAL
    assert Memory(limit=None).used == EMPTY
