# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Python's bytecode cache for the code of this collection.

Ansible's collection loader compiles every file of a collection anew in every process. For a triage that is a tenth of
its time; the standard finder keeps the result in ``__pycache__``, as for any other package.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from functools import lru_cache
from types import ModuleType

_PLUGINS = __name__.rpartition(".module_utils.")[0]
_PREFIXES = (f"{_PLUGINS}.module_utils.", f"{_PLUGINS}.modules.")


class _StandardFinder(importlib.abc.MetaPathFinder):
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,  # noqa: ARG002 - the interface's
    ) -> importlib.machinery.ModuleSpec | None:
        if not path or not fullname.startswith(_PREFIXES):
            return None
        return next((spec for place in path if (spec := _finder(place).find_spec(fullname)) is not None), None)


@lru_cache
def _finder(folder: str) -> importlib.machinery.FileFinder:
    # Not PathFinder: Ansible has hooked the path entries that it asks.
    return importlib.machinery.FileFinder(
        folder, (importlib.machinery.SourceFileLoader, importlib.machinery.SOURCE_SUFFIXES)
    )


def use_bytecode_cache() -> None:
    """From now on import this collection's modules and module_utils with Python's own cache."""
    if not any(isinstance(finder, _StandardFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _StandardFinder())
