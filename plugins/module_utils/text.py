# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text from logs, bodies and error messages is data: nothing in it may reach a terminal as a command."""

from __future__ import annotations

import re

# A sequence without its end stays visible as text: only its introducer goes, so a torn log line loses nothing.
_ESCAPES = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor moves
    "|(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x80-\x9f\n]*(?:\x07|\x1b\\\\|\x9c)"  # OSC, DCS, SOS, PM, APC
    "|\x1b[ -/]*[0-~]?"  # every other escape
)
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and newline, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi marks and embeddings
    "\u200b\u2060-\u2065\ufeff\ufff9-\ufffb"  # invisible characters; joiners stay, scripts and emoji need them
    "\U000e0000-\U000e007f]"  # tags
)
_LINE_ENDS = re.compile("\r\n|\r(?=.)|[\u0085\u2028\u2029]", re.DOTALL)
_SURROGATES = re.compile("[\ud800-\udfff]")


def plain(text: str | bytes, limit: int | None = None) -> str:
    """``text`` without terminal sequences, control, bidi and invisible characters, at most ``limit`` code points.

    Tabs and newlines stay. Bytes are read as UTF-8; what is not UTF-8 and lone surrogates become U+FFFD. A cut
    text ends in an ellipsis that counts towards the limit.
    """
    if limit is not None and len(text) > 8 * limit + 4096:
        # Enough for what is kept; a body of megabytes is not searched for its first two thousand characters.
        text, cut = text[: 8 * limit + 4096], True
    else:
        cut = False
    clean = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if not clean.isprintable():
        clean = _LINE_ENDS.sub("\n", clean)
        clean = _ESCAPES.sub("", clean)
        clean = _CONTROLS.sub("", clean)
        clean = _SURROGATES.sub("\ufffd", clean)
    if limit is not None and (cut or len(clean) > limit):
        return f"{clean[: max(limit - 1, 0)]}…"[:limit]
    return clean


def one_line(text: str | bytes, limit: int | None = 300) -> str:
    """``text`` as ``plain`` has it, on one line: each run of white space is one space."""
    clean = " ".join(plain(text, None if limit is None else 4 * limit).split())
    return plain(clean, limit)
