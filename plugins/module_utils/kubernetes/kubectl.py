# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""kubectl as a person must call it to reach the same cluster as we do. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

_FLAGS = {"kubeconfig": "--kubeconfig", "context": "--context"}


def aimed(text: str, options: Mapping[str, Any]) -> str:
    """``text`` with each ``kubectl -n …`` in it aimed at the cluster of the options."""
    return text.replace("kubectl -n ", f"{kubectl(options)} -n ")


def kubectl(options: Mapping[str, Any]) -> str:
    """``kubectl --context=production``: the program, with what the connection options say about the cluster.

    A command without them would go to whatever cluster the person's own shell is on. Credentials are never part of it.
    """
    words = ["kubectl"]
    words += [f"{flag}={options[name]}" for name, flag in _FLAGS.items() if isinstance(options.get(name), str)]
    if len(words) == 1 and options.get("host"):
        words.append(f"--server={options['host']}")
    return shlex.join(words)
