"""The environment's own YAML, with the places of this environment filled in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "manifests"


def text(name: str, places: Mapping[str, str | Path | int]) -> str:
    """One file with each `@NAME@` replaced."""
    content = (FOLDER / name).read_text(encoding="utf-8")
    for place, value in places.items():
        content = content.replace(f"@{place}@", str(value))
    return content


def documents(pattern: str, places: Mapping[str, str | Path | int]) -> list[dict[str, Any]]:
    """Documents of all files that match, sorted by file name."""
    found: list[dict[str, Any]] = []
    for file in sorted(FOLDER.glob(pattern)):
        found += [document for document in yaml.safe_load_all(text(file.name, places)) if document]
    return found
