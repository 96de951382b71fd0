# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a message to its template: what varies from one occurrence to the next becomes a word in angle brackets."""

from __future__ import annotations

import re

_LENGTH = 400
_KEPT_WORDS = 3  # a quotation of this many words is a message, not a value
_REMEMBERED = 50_000

_QUOTE = re.compile(r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)|`[^`]*`")
_PARTS = re.compile(
    r"(?P<url>\b[A-Za-z][A-Za-z0-9+.-]{1,12}://[^\s\"'<>)\]}]+)"
    r"|(?P<email>\b[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,})"
    r"|(?P<id>\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b)"
    r"|(?P<pod>\b[a-z][a-z0-9]*(?:-[a-z0-9]+){0,6}-[a-z0-9]{8,10}-[a-z0-9]{5}\b)"
    r"|(?P<time>\b\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?(?![\w-])"
    r"|\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b)"
    r"|(?P<address>\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"
    r"|\b[0-9a-fA-F]{1,4}:(?:[0-9a-fA-F]{0,4}:){1,6}[0-9a-fA-F]{1,4}\b"
    r"|(?<![\w:])::(?:[0-9a-fA-F]{1,4}:){0,6}[0-9a-fA-F]{1,4}\b"
    r"|\b[A-Za-z][\w-]*(?:\.[\w-]+)+:\d{2,5}\b(?!:))"
    r"|(?P<path>(?<![\w<])(?:[A-Za-z]:)?(?:[/\\][\w.@%+~:=-]+){2,}[/\\]?|(?<![\w<])/[\w.@%+~-]*\d[\w.@%+~-]*)"
    r"|(?P<duration>(?<![\w.])\d+(?:\.\d+)?(?:ms|us|ns|µs|s|secs?|seconds?|mins?|minutes?|h|hours?)\b)"
    r"|(?P<word>[A-Za-z_]*\d\w*)"
)
_DIGITS = re.compile(r"\d+")
_HEX = re.compile(r"(?:0x[0-9a-fA-F]+|(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{8,})\Z")
_FILE = re.compile(r"[A-Za-z_-]+(?:\.[A-Za-z_-]+)*\.[A-Za-z]{1,8}\Z")
_NUMBERS = re.compile(r"(?:(?<![A-Za-z0-9>-])[-+])?<n>(?:[.,]<n>)*%?")
_VARIES = re.compile(r"[\d/\\:@]")

_known: dict[str, str] = {}


def mask(text: str) -> str:
    """The template of a message, on one line, at most 400 characters."""
    text = text[: 2 * _LENGTH]
    if '"' in text or "'" in text or "`" in text:
        text = _QUOTE.sub(_quoted, text)
    words = [_known.get(word) or _learn(word) for word in text.split()]
    return " ".join(words).replace("<time> <time>", "<time>")[:_LENGTH]


def _learn(word: str) -> str:
    """A word's mask. Words repeat far more often than messages do."""
    masked = _NUMBERS.sub("<n>", _PARTS.sub(_masked, word)) if _VARIES.search(word) else word
    if len(_known) >= _REMEMBERED:
        _known.clear()
    _known[word] = masked
    return masked


def _quoted(part: re.Match[str]) -> str:
    return part[0] if len(part[0].split()) >= _KEPT_WORDS else "<value>"


def _masked(part: re.Match[str]) -> str:
    kind = part.lastgroup
    found = part[0]
    if kind == "word":
        return _word(found)
    if kind == "url":
        return _url(found)
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
