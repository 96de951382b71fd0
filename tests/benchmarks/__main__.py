"""`make bench`: measure everything again and write docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.benchmarks import log_grouping, recovery, triage

PAGE = Path(__file__).parents[2] / "docs/benchmarks.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def main() -> None:
    rows: list[dict[str, Any]] = []
    for comparison in (triage.compare, recovery.compare, log_grouping.compare):
        for row in comparison():
            rows.append(row)
            print(_line(row), flush=True)
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    tail = rest.partition(END)[2]
    PAGE.write_text(f"{head}{BEGIN}\n{_table(rows)}\n{END}{tail}", encoding="utf-8")
    print(f"Written to {PAGE}.", file=sys.stderr)


def _line(row: dict[str, Any]) -> str:
    ratio = row.get("remark") or row["ratio"]
    return f"| {row['what']} | {row['against'].replace('|', chr(92) + '|')} | {ratio} | {row['target']} |"


def _table(rows: Iterable[dict[str, Any]]) -> str:
    machine = (
        f"Python {platform.python_version()}, ansible-core {version('ansible-core')}, "
        f"kubernetes {version('kubernetes')}, {os.cpu_count()} cores"
    )
    return "\n".join(
        [f"Measured with {machine}.", "", "| what | against | ratio | target |", "|---|---|---|---|", *map(_line, rows)]
    )


if __name__ == "__main__":
    main()
