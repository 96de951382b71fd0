# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a message to its template: what varies from one occurrence to the next becomes a word in angle brackets."""

from __future__ import annotations

import re

_LENGTH = 400
_KEPT_WORDS = 3  # a quotation of this many words is a message, not a value

_PARTS = re.compile(
    r"(?P<url>\b[A-Za-z][A-Za-z0-9+.-]{1,12}://[^\s\"'<>)\]}]+)"
    r"|(?P<email>\b[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,})"
    r"|(?P<quote>\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)|`[^`]*`)"
    r"|(?P<id>\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b)"
    r"|(?P<pod>\b[a-z][a-z0-9]*(?:-[a-z0-9]+){0,6}-[a-z0-9]{8,10}-[a-z0-9]{5}\b)"
    r"|(?P<time>\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b)"
    r"|(?P<address>\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|(?:\b[0-9a-fA-F]{1,4}|(?<![\w:]):):(?:[0-9a-fA-F]{0,4}:){1,6}[0-9a-fA-F]{1,4}\b"
    r"|\b[A-Za-z][\w-]*(?:\.[\w-]+)*:\d{2,5}\b(?!:))"
    r"|(?P<path>(?<![\w<])(?:[A-Za-z]:)?(?:[/\\][\w.@%+~:=-]+){2,}[/\\]?|(?<![\w<])/[\w.@%+~-]*\d[\w.@%+~-]*)"
    r"|(?P<duration>(?<![\w.])\d+(?:\.\d+)? ?(?:ms|us|ns|µs|s|secs?|seconds?|milliseconds?|mins?|minutes?|h|hours?)\b)"
    r"|(?P<word>[A-Za-z_]*\d\w*)"
)
_DIGITS = re.compile(r"\d+")
_HEX = re.compile(r"(?:0x[0-9a-fA-F]+|(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{8,})\Z")
_FILE = re.compile(r"[A-Za-z_-]+(?:\.[A-Za-z_-]+)*\.[A-Za-z]{1,8}\Z")
_NUMBERS = re.compile(r"[-+]?<n>(?:[.,]<n>)*%?")
_SPACES = re.compile(r"\s+")


def mask(text: str) -> str:
    """The template of a message, on one line, at most 400 characters."""
    masked = _PARTS.sub(_masked, text[: 2 * _LENGTH])
    masked = _NUMBERS.sub("<n>", masked)
    return _SPACES.sub(" ", masked).strip()[:_LENGTH]


def _masked(part: re.Match[str]) -> str:
    kind = part.lastgroup
    found = part[0]
    if kind == "word":
        return _word(found)
    if kind == "url":
        return _url(found)
    if kind == "quote":
        inside = found[1:-1]
        if len(inside.split()) >= _KEPT_WORDS:
            return f"{found[0]}{_DIGITS.sub('<n>', inside)}{found[-1]}"
        return "<value>"
    if kind == "path":
        name = re.split(r"[/\\]", found)[-1]
        return f"<path>/{name}" if _FILE.match(name) else "<path>"
    return f"<{kind}>"


def _word(found: str) -> str:
    if _HEX.match(found):
        return "<id>" if not found.isdigit() else "<n>"
    pieces = _DIGITS.split(found)
    # More than two runs of digits with letters between them: an identifier, not a numbered name.
    if len([piece for piece in pieces[1:-1] if piece]) > 1:
        return "<id>"
    return "<n>".join(pieces)


def _url(found: str) -> str:
    scheme, _, rest = found.partition("://")
    host = rest.split("/", 1)[0].split("?", 1)[0].rsplit("@", 1)[-1].split(":", 1)[0]
    shown = "<address>" if not host or host[0].isdigit() or host[0] == "[" else host
    return f"{scheme}://{shown}" + ("/<path>" if "/" in rest else "")
