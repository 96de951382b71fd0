"""Text from outside reaches a person as text only."""

from __future__ import annotations

import time

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line, plain


@pytest.mark.parametrize(
    ("dangerous", "safe"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("\x1bPq#0;2\x1b\\sixel", "sixel"),
        ("\x1bcreset", "reset"),
        ("bell\x07 nul\x00 back\x08", "bell nul back"),
        ("user\u202egnp.exe", "usergnp.exe"),
        ("zero\u200bwidth \ufeffmark", "zerowidth mark"),
        ("half \ud83d emoji", "half \ufffd emoji"),
        ("ok\r\nnext\rover", "ok\nnext\nover"),
        ("tab\tand\nnewline stay", "tab\tand\nnewline stay"),
        ("Grüße, 世界 👩\u200d🚒", "Grüße, 世界 👩\u200d🚒"),
        ("torn \x1b]0;never ended", "torn 0;never ended"),
        ("end\x1b", "end"),
    ],
)
def test_row_77_terminal_and_bidi_controls_are_stripped(dangerous: str, safe: str) -> None:
    assert plain(dangerous) == safe


def test_row_79_invalid_utf8_is_replaced_and_the_cut_is_on_code_points() -> None:
    assert plain(b"caf\xff\xfe ok") == "caf\ufffd\ufffd ok"
    assert plain("🔥" * 10, 4) == "🔥🔥🔥…"
    assert plain("🔥" * 4, 4) == "🔥🔥🔥🔥"


def test_a_cut_text_says_so_even_when_the_rest_was_never_searched() -> None:
    cut = plain("a" * 1_000_000, 10)
    assert cut == "aaaaaaaaa…"
    assert plain("abc", 0) == ""


def test_nothing_that_is_left_is_a_control() -> None:
    everything = "".join(map(chr, range(0x3000)))
    left = plain(everything)
    assert not [c for c in left if (ord(c) < 32 and c not in "\t\n") or 127 <= ord(c) < 160]
    assert plain(left) == left


@pytest.mark.parametrize("hostile", ["\x1b]" * 200_000, "\x9d" * 400_000, "\x1b[" + "0" * 400_000, "\x1b[0;" * 100_000])
def test_hostile_sequences_cost_linear_time(hostile: str) -> None:
    start = time.perf_counter()
    plain(hostile)
    assert time.perf_counter() - start < 2


def test_one_line_joins_what_a_log_would_show_as_several_entries() -> None:
    assert one_line("a\n\n  b\r\n\tc") == "a b c"
    assert one_line("x" * 50, 10) == "x" * 9 + "…"
