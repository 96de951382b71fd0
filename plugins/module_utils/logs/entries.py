# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From lines to errors: finds where an error begins and joins the lines that belong to it.

The time is linear in the bytes. A line of a known shape costs a table look-up, whatever it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ansible_collections.hotswap.runbooks.plugins.module_utils.logs import json_lines
from ansible_collections.hotswap.runbooks.plugins.module_utils.logs.shapes import (
    BLANK,
    ERROR,
    FRAME,
    LOOK,
    MORE,
    PLAIN,
    QUIET,
    SHAPE,
    WARNING,
    Line,
    examine,
    is_exception,
    suspicious,
    without_stamp,
)

MAX_LINE = 2000  # bytes of a line that are looked at
_REMEMBERED_LINE = 320  # bytes; longer shapes hardly come again
_REMEMBERED = 50_000
_DETAILS = 12
_SKIPPED = frozenset({FRAME, BLANK})
_ANSI = re.compile(rb"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_STATUS = re.compile(rb"\"((?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) [^\"]{0,400})\" (\d{3}) ")
_SERVER_ERRORS = {b"502": b"bad gateway", b"503": b"service unavailable", b"504": b"gateway timeout"}
_PRIORITY = re.compile(rb"<(\d{1,3})>")

Key = tuple[str, bytes] | tuple[str, bytes, bytes] | tuple[str, bytes, bytes, bytes]


class Entry:
    """An error as it stands in the log: what it is grouped by, and where it was.

    ``key`` is the level, the message's shape, and up to two exceptions under it.
    """

    __slots__ = ("details", "index", "key", "line", "sure")

    def __init__(self, key: Key, sure: bool, index: int, line: bytes) -> None:
        self.key = key
        self.sure = sure
        self.index = index
        self.line = line
        self.details: tuple[bytes, ...] = ()


@dataclass
class Scanner:
    """Reads logs of one service one after another; what it learnt about shapes serves for all of them."""

    emit: Callable[[Entry], None]
    lines: int = 0
    warnings: int = 0
    errors: int = 0
    _known: dict[bytes, Line] = field(default_factory=dict)
    _open: Entry | None = None
    _more: list[bytes] = field(default_factory=list)
    _bare: bool = False  # whether the open entry began with its exception
    _traceback: bool = False  # whether the open entry still waits for the last line of a Python traceback

    def scan(self, text: bytes, *, stamped: bool = False) -> None:
        """Read one log; ``stamped`` when each line begins with its time, as Kubernetes can write it."""
        if b"\x1b" in text:
            text = _ANSI.sub(b"", text)
        known, leveled = self._known, False
        lines = text.split(b"\n")
        for index, line in enumerate(lines):
            body = unstamped(line) if stamped else line
            if len(body) > MAX_LINE:
                body = body[:MAX_LINE]
            shape = body.translate(SHAPE)
            meaning = known.get(shape)
            if meaning is None:
                meaning = self._learn(shape)
            kind = meaning.kind
            if kind == QUIET:
                if self._open is not None:
                    self._close()
                leveled = True
            elif kind == ERROR and not self._traceback:
                if self._open is not None:
                    self._close()
                self._begin(meaning, line, index)
                leveled = True
            elif kind == PLAIN:
                if self._traceback:
                    self._end_traceback(shape, body)
                elif self._open is not None:
                    self._close()
                leveled = False
            elif kind not in _SKIPPED:
                leveled = self._step(meaning, line, body, index, leveled)
        self._close()
        self.lines += len(lines) - (not lines[-1])

    def _learn(self, shape: bytes) -> Line:
        meaning = examine(shape)
        if len(shape) <= _REMEMBERED_LINE:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[shape] = meaning
        return meaning

    def _step(self, meaning: Line, line: bytes, body: bytes, index: int, leveled: bool) -> bool:
        """One line that may matter. Returns whether lines indented under it belong to an entry with a level."""
        if meaning.kind == LOOK:
            meaning, details = _look(body)
        else:
            details = []
        if meaning.kind == MORE:
            return self._follow(meaning, line, body, index, leveled)
        if self._traceback and meaning.kind == ERROR and not meaning.sure:
            self._end_traceback(meaning.text, body)
            return True
        self._close()
        if meaning.kind == ERROR:
            self._begin(meaning, line, index)
            self._more.extend(details)
            return True
        if meaning.kind == WARNING:
            self.warnings += 1
        return meaning.kind in (WARNING, QUIET)

    def _follow(self, meaning: Line, line: bytes, body: bytes, index: int, leveled: bool) -> bool:
        """A line that belongs to the open entry, or to one that does not matter, or is an error of its own."""
        indented = body[:1] in (b" ", b"\t", b"\0")
        if self._open is not None and (indented or not meaning.alone or self._takes_exception()):
            if body.startswith(b"Traceback "):
                self._traceback = True
            elif self._traceback and indented:
                pass  # source code
            elif len(self._more) < _DETAILS:
                self._more.append(meaning.text)
                self._open.details += (body,)
                self._traceback = False
            return True
        if not meaning.alone or (indented and leveled):
            return leveled
        self._close()
        self._begin(meaning, line, index)
        self._bare = True
        self._traceback = not meaning.text
        return True

    def _takes_exception(self) -> bool:
        """Whether an exception at the line's start is that of the open entry, and not an error of its own."""
        headed = self._open is not None and self._open.sure and not self._bare
        return self._traceback or (headed and not self._more)

    def _end_traceback(self, shape: bytes, body: bytes) -> None:
        self._traceback = False
        self._more.append(shape)
        if self._open is not None:
            self._open.details += (body,)

    def _begin(self, meaning: Line, line: bytes, index: int) -> None:
        self._bare = False
        self._open = Entry((meaning.level, meaning.text), meaning.sure, index, line)

    def _close(self) -> None:
        entry = self._open
        if entry is None:
            return
        self._open, self._traceback = None, False
        if self._more:
            entry.key = _joined(entry.key[0], entry.key[1], self._more)
            self._more = []
        if not entry.key[1]:
            entry.key = (entry.key[0], unstamped(entry.line)[:MAX_LINE].translate(SHAPE))
        self.errors += 1
        self.emit(entry)


def unstamped(line: bytes) -> bytes:
    """A line without the time that Kubernetes put before it; other lines as they are."""
    end = line.find(b" ", 20, 37)
    return line[end + 1 :] if end > 0 and line[10:11] == b"T" and line[4:5] == b"-" else line


def _joined(level: str, message: bytes, more: list[bytes]) -> Key:
    """The message and the exceptions under it: the first, and the innermost, which tells the reason."""
    if not message:
        message, more = more[0], more[1:]
    named = [text for text in more if is_exception(text)]
    if not named:
        return (level, message)
    return (level, message, named[0]) if len(named) == 1 else (level, message, named[0], named[-1])


def _look(line: bytes) -> tuple[Line, list[bytes]]:
    """A line whose digits matter, or a JSON line: its meaning and the exceptions inside it."""
    if line[:1] == b"{":
        return _look_at_json(line)
    if answered := _STATUS.search(line):
        if answered[2][:1] != b"5":
            return Line(QUIET), []
        answer = _SERVER_ERRORS.get(answered[2], b"a server error")
        return Line(ERROR, answered[1].translate(SHAPE) + b" was answered with " + answer), []
    severity = _PRIORITY.match(line)
    if severity:
        return _by_priority(int(severity[1]) & 7, without_stamp(line[severity.end() :].translate(SHAPE))), []
    return Line(PLAIN), []


def _by_priority(severity: int, rest: bytes) -> Line:
    """The severities of syslog: 0 to 2 are critical, 3 is error, 4 warning."""
    if severity <= 3:
        return Line(ERROR, rest, "critical" if severity < 3 else "error")
    return Line(WARNING) if severity == 4 else Line(QUIET)


def _look_at_json(line: bytes) -> tuple[Line, list[bytes]]:
    entry = json_lines.read(line)
    if entry is None:
        shape = line.translate(SHAPE)
        return (Line(ERROR, shape, sure=False) if suspicious(shape) else Line(PLAIN)), []
    level, message, exception = entry
    text = message.encode(errors="replace").translate(SHAPE)
    causes = [part.strip().encode(errors="replace").translate(SHAPE) for part in exception.splitlines()[:200]]
    details = [part for part in causes if is_exception(part)][:_DETAILS]
    if level is None and suspicious(text):
        return Line(ERROR, text, sure=False), details
    if level in ("critical", "error"):
        return Line(ERROR, text or line.translate(SHAPE), level), details
    return (Line(WARNING) if level == "warning" else Line(QUIET)), []
