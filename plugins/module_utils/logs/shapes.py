# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one line of a log is, told from its shape: its bytes with every digit as 0 and every control byte as a space.

Lines that differ in digits alone have one shape, so a shape is examined once and then looked up. All patterns are
anchored or linear, and a line is cut before it gets here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

QUIET, WARNING, ERROR, PLAIN, MORE, FRAME, BLANK, LOOK = range(8)

_CONTROLS = bytes(range(32)) + b"\x7f"
SHAPE = bytes.maketrans(b"123456789" + _CONTROLS, b"0" * 9 + b" " * len(_CONTROLS))


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A shape's meaning. ``kind`` is one of the constants above; ``text`` the message in it.

    LOOK means that the digits matter, or that the line is JSON: the line itself has to be read. ``sure`` is False
    where only a word such as "failed" makes an error of a line without a level. ``alone`` says that a MORE line is an
    error of its own when none is open before it.
    """

    kind: int
    text: bytes = b""
    level: str = "error"
    sure: bool = True
    alone: bool = False


_NOTHING = Line(BLANK)
_QUIET = Line(QUIET)
_WARNING = Line(WARNING)
_PLAIN = Line(PLAIN)
_FRAME = Line(FRAME)
_LOOK = Line(LOOK)

_CRITICAL = rb"FATAL|CRITICAL|CRIT|FTL|EMERG|PANIC|SEVERE|ALERT"
_ERROR = rb"ERROR|ERR|FAILURE|FAIL"
_WARN = rb"WARNING|WARN|WRN"
_LOW = rb"INFORMATION|INFO|INF|DEBUG|DBG|TRACE|TRC|VERBOSE|VRB|NOTICE|FINE"
# Upper case where a level stands; the other cases only between brackets, after level= or in a column of its own.
_LEVEL = re.compile(
    rb"[ \t\[|(<\"=,](?:("
    + _CRITICAL
    + rb")|("
    + _ERROR
    + rb")|("
    + _WARN
    + rb")|("
    + _LOW
    + rb"))(?=[\]\s|):>\",;/-])"
)
_MARKED_LEVEL = re.compile(
    rb"(?:[\[:](?=[A-Za-z0]+\])|\b(?:level|lvl|severity)=\"?|0, )"
    rb"(?:(" + _CRITICAL + rb")|(" + _ERROR + rb")|(" + _WARN + rb")|(" + _LOW + rb"))0?(?=[\] \",]|$)",
    re.IGNORECASE,
)
_DOTNET = re.compile(rb"(fail|crit|warn|info|dbug|trce): (?:[^ \[]{1,200}\[0+\] ?)?")
_LETTER = re.compile(rb"(?:([IWEF])0000 00:00:00[.0]* +0+ [^ \]]{1,100}\] ?|00-00 00:00:00\.0+ +0+ +0+ ([VDIWEF]) )")
_PRIORITY = re.compile(rb"<0{1,3}>")
_ACCESS = re.compile(rb"\"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) [^\"]*\" 000 ")
_JSON_LEVEL = re.compile(
    rb"\"(?:@l|level|lvl|severity|log\.level|loglevel|log_level|levelname)\"\s*:\s*(?:\"([A-Za-z]+)\"|0)", re.IGNORECASE
)
_CLEF = re.compile(rb"\"@t\"\s*:")
_STACK_FRAME = re.compile(rb"at |File \"|\.\.\. 0+ |--- End|from [^ ]+:0+:in|goroutine |created by |\^+|~+")
_EXCEPTION = re.compile(
    rb"(?:Unhandled exception\. |Exception in thread [^ ]* )?"
    rb"[A-Za-z_$][\w.$`+]*(?:Exception|Error|Throwable|Exit|Interrupt)(?=:|$| \()"
)
_FRAMES = (b"... ", b"--- End", b"goroutine ", b"created by ")
_LINKED = (b"Caused by: ", b"---> ", b"Suppressed: ", b"During handling of", b"The above exception")
_SUSPECT = re.compile(
    rb"error|fail|exception|fatal|panic|denied|refused|timed out|time ?out|unable to|cannot |can't |could not|couldn't"
    rb"|invalid|segfault|corrupt|out of memory|oom-kill|oom_kill|abort|crash|unavailable|unreachable|exhausted"
    rb"|too many|reject|unauthori|forbidden|traceback|is sealed|no such|not found|broken pipe|reset by peer|deadlock"
    rb"|killed process|expired|overflow|lost connection|connection lost|no space left|read-only file system"
    rb"|not responding|unexpected"
)
_STAMP = re.compile(
    rb"(?:0 0000-00-00T[^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ -? ?"
    rb"|\[?0{2,4}[-/.]0{2}[-/.]0{2,4}[T ,-]+00:00:00[.,:0]*(?:Z| ?[+-]00:?00)?\]?|[A-Z][a-z]{2} +0{1,2} 00:00:00"
    rb"|\[[A-Z][a-z]{2} [A-Z][a-z]{2} +0{1,2} 00:00:00[.0]* 0000\]|\[?00:00:00[.,0]*\]?)[ :,|-]*"
)
_TRIM = b' \t]:-|)>,"'
_LOGFMT = re.compile(rb"\b(?:msg|message)=\"([^\"]*)\"(?:.{0,200}?\b(?:err|error)=\"([^\"]*)\")?")


def examine(shape: bytes) -> Line:
    """The meaning of a shape."""
    stripped = shape.strip()
    if not stripped:
        return _NOTHING
    if shape[:1] == b" ":
        return _indented(stripped)
    if shape[:1] == b"{":
        return _json(shape)
    if dotnet := _DOTNET.match(shape):
        return _by_dotnet_level(dotnet[1], shape[dotnet.end() :])
    if shape[:1] in b"IWEF0" and (letter := _LETTER.match(shape)):
        return _by_letter(letter[1] or letter[2], shape[letter.end() :])
    if _PRIORITY.match(shape) or (b'" 000 ' in shape and _ACCESS.search(shape)):
        return _LOOK
    return _of_stack(shape) or _with_level(shape) or _without_level(shape)


def suspicious(text: bytes) -> bool:
    """Whether a text without a level reads like an error."""
    return bool(_SUSPECT.search(text.lower()))


def without_stamp(shape: bytes) -> bytes:
    """A shape without the time it begins with."""
    stamp = _STAMP.match(shape)
    return shape[stamp.end() :] if stamp else shape


def is_exception(text: bytes) -> bool:
    """Whether a text begins with the name of an exception, or with a link to the one that caused it."""
    return text.startswith(_LINKED) or bool(_EXCEPTION.match(text))


def _indented(stripped: bytes) -> Line:
    if _STACK_FRAME.match(stripped):
        return _FRAME
    return Line(MORE, stripped, sure=False, alone=suspicious(stripped))


def _by_dotnet_level(level: bytes, rest: bytes) -> Line:
    if level in (b"fail", b"crit"):
        return Line(ERROR, rest, "critical" if level == b"crit" else "error")
    return _WARNING if level == b"warn" else _QUIET


def _by_letter(letter: bytes, rest: bytes) -> Line:
    if letter in b"EF":
        return Line(ERROR, rest, "critical" if letter == b"F" else "error")
    return _WARNING if letter == b"W" else _QUIET


def _json(shape: bytes) -> Line:
    level = _JSON_LEVEL.search(shape)
    if level is None:
        return _LOOK if not _CLEF.search(shape) and suspicious(shape) else _QUIET
    word = (level[1] or b"").upper()
    if not word or re.fullmatch(_CRITICAL + rb"|" + _ERROR + rb"|ERROR|DPANIC|EMERGENCY", word):
        return _LOOK
    return _WARNING if re.fullmatch(_WARN, word) else _QUIET


def _with_level(shape: bytes) -> Line | None:
    # The space in front lets a level at the very start be found like any other.
    head = b" " + shape[:200]
    found = _LEVEL.search(head) or _MARKED_LEVEL.search(head)
    if found is None:
        return None
    if found[4]:
        return _QUIET
    if found[3]:
        return _WARNING
    text = shape[found.end() - 1 :].lstrip(_TRIM)
    if logfmt := _LOGFMT.search(shape):
        text = b" - ".join(part for part in logfmt.groups() if part)
    return Line(ERROR, text or shape, "critical" if found[1] else "error")


def _of_stack(shape: bytes) -> Line | None:
    if shape.startswith(_LINKED):
        return Line(MORE, shape)
    if shape.startswith(_FRAMES):
        return _FRAME
    if shape.startswith(b"Traceback "):
        return Line(MORE, alone=True)
    return Line(MORE, shape, alone=True) if _EXCEPTION.match(shape) else None


def _without_level(shape: bytes) -> Line:
    if not suspicious(shape):
        return _PLAIN
    return Line(ERROR, without_stamp(shape), sure=False)
