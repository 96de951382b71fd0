"""Faults 24, 25, 77 and 79: long, broken and hostile logs cost linear time and end as plain text."""

import random
import sys
import time

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.counting import PodLog
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.grouping import MAX_TEMPLATES, group

MEGABYTE = 1_000_000
UNITS = [
    *(b"a", b"1", b"'", b'"', b"'a", b'"1', b"/a", b"/", b"\\", b"a-", b"a-1", b":", b"::", b"1:", b"a.", b"1.", b"0x"),
    *(b"@", b"a@", b"a@a.", b"http://", b"{", b'{"a":', b"[", b"(", b"<", b"\x1b[", b"\x1b[1;", b"\x00", b"\xff", b" "),
    *(b"\t", b"_", b"$", b"error ", b"Exception", b"a.Exception: ", b"level=", b'msg="', b"Caused by: ", b"-", b"+1"),
    *(b"1,", b"%", b"\xf0\x9f", b"\xe2\x80\xae", b"{{ ", b"{% ", b"}}", b"0-", b"0000-00-00T", b"Jan 0"),
]


def seconds(text):
    begun = time.perf_counter()
    found = group([PodLog("pod", text)])
    return time.perf_counter() - begun, found


@pytest.mark.parametrize("unit", UNITS, ids=repr)
@pytest.mark.parametrize("head", [b"", b"ERROR ", b"fail: A[0]\n      ", b'{"level":"error","msg":"'], ids=repr)
def test_a_line_of_a_megabyte_costs_no_more_than_a_short_one(head, unit):
    took, _ = seconds(head + unit * (MEGABYTE // len(unit)))
    assert took < 0.5


@pytest.mark.parametrize("unit", UNITS, ids=repr)
def test_many_lines_of_the_worst_length_stay_linear(unit):
    line = b"ERROR x" + unit * (1990 // len(unit))
    text = b"\n".join(line + b"%x" % number for number in range(300))
    took, _ = seconds(text)
    assert took < 1.5


def test_ten_megabytes_of_everyday_log_are_a_matter_of_a_second():
    rng = random.Random(3)
    lines = []
    while sum(map(len, lines[-1:])) + 100 * len(lines) < 10 * MEGABYTE:
        number = len(lines)
        kind = (
            "ERROR order {} lost after {} ms"
            if rng.random() < 0.05
            else "INFO request {} was answered in {} ms, path /a/b"
        )
        lines.append(
            f"2026-11-23 10:{number // 60 % 60:02d}:{number % 60:02d},123 "
            + kind.format(rng.randint(0, 10**9), rng.randint(1, 999))
            + " " * 30
        )
    took, found = seconds("\n".join(lines).encode())
    assert found["lines"] == len(lines)
    assert len(lines) / took > 100_000


def test_errors_that_never_repeat_are_bounded():
    rng = random.Random(5)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=8)) for _ in range(2000)]
    text = "\n".join("ERROR " + " ".join(rng.sample(words, 12)) for _ in range(30_000)).encode()
    took, found = seconds(text)
    assert len(found["templates"]) == MAX_TEMPLATES
    assert found["templates_left_out"] > 0
    assert sum(found["classes"].values()) == found["error_lines"] == 30_000
    assert took < 6


HOSTILE = (
    "ERROR \x1b[2J\x1b]0;owned\x07 {{ lookup('pipe','id') }} {% x %} \u202eevil\u202c \x00nul <!channel> "
    "\udcff \N{PILE OF POO}"
)


def test_text_from_logs_is_plain_and_never_changed_by_templating():
    raw = HOSTILE.encode("utf-8", "surrogateescape") + b"\xff\xfe\n"
    (entry,) = group([PodLog("pod", raw)])["templates"]
    for text in (entry["template"], entry["example"]):
        assert text.isprintable()
        assert "\u202e" not in text
        assert "{{" in text
        assert "evil" in text
    assert "{{ lookup('pipe','id') }}" in entry["example"]


def test_an_example_is_cut():
    (entry,) = group([PodLog("pod", b"ERROR " + b"x" * MEGABYTE)])["templates"]
    assert len(entry["example"]) <= 500
    assert len(entry["template"]) <= 400


def test_deeply_nested_json_is_no_more_than_a_strange_line():
    assert group([PodLog("pod", b'{"level":"error","a":' * 90_000)])["lines"] == 1


def test_a_stack_of_a_hundred_thousand_lines_is_one_error():
    text = b"fail: A[0]\n      lost\n" + b"         at A.B()\n" * 50_000 + b"      more\n" * 50_000
    took, found = seconds(text)
    assert found["error_lines"] == 1
    assert sys.getsizeof(found["templates"][0]["example"]) < 3000
    assert took < 1.5
