# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Credentials from an exec plugin of the kubeconfig, inside the deadline and with its own words when it fails.

The official loader would wait for the plugin without limit and go on without credentials when it fails.
"""

from __future__ import annotations

import base64
import threading
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Denied, TimedOut
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.official import official
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line


def with_plugin_credentials(user: Any, cluster: Any, base_path: str, deadline: Deadline) -> tuple[dict[str, Any], str]:
    """The user entry with what its plugin answered in place of ``exec``, and when that expires (RFC 3339, or empty).

    ``user`` and ``cluster`` are the official ConfigNodes. Raises Denied when the plugin fails, TimedOut when it hangs.
    """
    # Older official clients stumble over "args: null", which kubectl writes, and over an unasked third argument.
    wanted = {key: value for key, value in user["exec"].value.items() if value is not None}
    command = str(wanted.get("command", "?"))
    plugin = official().ConfigNode("exec", wanted, user.path)
    arguments = (plugin, base_path, cluster) if wanted.get("provideClusterInfo") else (plugin, base_path)
    status = _run(arguments, command, deadline)
    settled = {key: value for key, value in user.value.items() if key != "exec"}
    if token := status.get("token"):
        settled["token"] = str(token)
    elif status.get("clientCertificateData") and status.get("clientKeyData"):
        settled["client-certificate-data"] = base64.b64encode(status["clientCertificateData"].encode()).decode()
        settled["client-key-data"] = base64.b64encode(status["clientKeyData"].encode()).decode()
    else:
        raise Denied(f"The credential plugin {command!r} answered neither a token nor a certificate.", _hint(command))
    return settled, str(status.get("expirationTimestamp") or "")


def _run(arguments: tuple[Any, ...], command: str, deadline: Deadline) -> dict[str, Any]:
    outcome: list[Any] = []

    def ask() -> None:
        try:
            outcome.append(official().ExecProvider(*arguments).run())
        except Exception as problem:  # noqa: BLE001 - handed to the waiting thread
            outcome.append(problem)

    limit = deadline.timeout(30.0, f"asking the credential plugin {command!r}")
    thread = threading.Thread(target=ask, name="kubernetes-exec-plugin", daemon=True)
    thread.start()
    thread.join(limit)
    if not outcome:
        raise TimedOut(f"The credential plugin {command!r} did not answer within {limit:.0f} s.", _hint(command))
    if isinstance(outcome[0], FileNotFoundError):
        raise Denied(f"The credential plugin {command!r} is not installed.", _hint(command))
    if isinstance(outcome[0], Exception):
        raise Denied(f"The credential plugin {command!r} failed: {one_line(str(outcome[0]))}.", _hint(command))
    return dict(outcome[0])


def _hint(command: str) -> str:
    return f"Run {command!r} by hand, or log in again; kubectl uses the same plugin."
