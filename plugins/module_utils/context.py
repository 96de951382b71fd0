# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a module knows about the run it is part of."""

from __future__ import annotations

import datetime
import getpass
import os
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition

if TYPE_CHECKING:
    from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.client import KubernetesClient


def _silent(_line: str) -> None:
    return


def _connect_kubernetes(options: Mapping[str, Any], deadline: Deadline) -> KubernetesClient:
    # Imported here: modules that never speak to Kubernetes do not pay for its client.
    from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.connection import connect
    from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.options import connection_options

    return connect(connection_options(options), deadline)


def new_incident() -> str:
    """An id for changes outside a declared incident: ``manual-kim-control1-20261123``.

    It is the same for one person on one machine during a day: who runs a playbook again is not another responder.
    """
    try:
        person = getpass.getuser()
    except (KeyError, OSError):
        person = str(os.getuid())
    words = f"manual-{person}-{socket.gethostname()}".lower()
    return re.sub(r"[^a-z0-9.-]+", "-", words) + datetime.datetime.now(datetime.UTC).strftime("-%Y%m%d")


@dataclass
class Made:
    """What a step has changed so far: a failure after that must say so, and how to undo it.

    ``objects`` are what was written to; ``said`` and ``undo`` are the step's own words, kept as soon as it knows them.
    ``planned`` are the tokens of what would be written, in check mode.
    """

    objects: list[str] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)
    said: str = ""
    undo: str = ""


@dataclass(frozen=True)
class Context:
    """The run: its mode, its deadline, its incident, and the way to the outside.

    ``progress`` shows one line to the person at once. ``interrupted`` says whether the run that asked for this
    step is gone: ansible-core 2.19 and later let a step run on after the run was killed. ``kubernetes`` makes a client
    from a module's options; it takes the connection's own among them. ``made`` is what this step has changed so far.
    """

    deadline: Deadline
    check_mode: bool = False
    incident: str = field(default_factory=new_incident)
    progress: Callable[[str], None] = _silent
    interrupted: Callable[[], bool] = bool
    made: Made = field(default_factory=Made)
    kubernetes: Callable[[Mapping[str, Any], Deadline], KubernetesClient] = _connect_kubernetes

    def before_write(self) -> None:
        """To be called before each write. Raises Precondition when nobody is there any more to see it through."""
        if self.interrupted():
            raise Precondition(
                "The run was interrupted before this step's change; nothing was written.", "Run it again."
            )
