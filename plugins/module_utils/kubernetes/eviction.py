# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evicting a pod: a disruption budget that forbids it is waited for, and never walked around."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import NotFound, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.request import Request
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import PODS
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.transport import Transport

# kubectl's own pause between two tries.
PAUSE_S = 5.0


def evict(
    transport: Transport,
    pod: str,
    namespace: str,
    dry_run: bool = False,
    *,
    uid: str | None = None,
    wait_s: float = 0.0,
    before_each: Callable[[], None],
) -> bool:
    """See KubernetesClient.evict."""
    options: dict[str, object] = {"dryRun": ["All"]} if dry_run else {}
    if uid:
        options["preconditions"] = {"uid": uid}
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": namespace},
        "deleteOptions": options,
    }
    request = Request(
        "create",
        PODS,
        namespace,
        pod,
        subresource="eviction",
        query={"dryRun": "All"} if dry_run else {},
        body=body,
        # With the uid a second one cannot hit the successor of that name.
        idempotent=bool(uid),
    )
    started = transport.deadline.elapsed()
    while True:
        before_each()
        try:
            transport.call(request)
        except NotFound as gone:
            if gone.facts.get("missing") != "object":
                raise
            return False
        except Precondition as blocked:
            pause = float(blocked.facts.get("retry_after_s") or PAUSE_S)
            left = min(wait_s - (transport.deadline.elapsed() - started), transport.deadline.remaining())
            if "blocked_by" not in blocked.facts or pause > left:
                raise
            transport.deadline.sleep(pause)
        else:
            return True
