# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads what a workload has run before, and whether a revision is known not to run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.pods import reason
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.reader import KubernetesReader
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    EVENTS,
    PODS,
    REPLICA_SETS,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.revisions import (
    Revision,
    deployment_revisions,
    stateful_set_revisions,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef, selector_of

# Kubelet's events for an image that cannot be had; they stay for about an hour after the pod is gone.
_PULL_MESSAGES = ("ErrImagePull", "ImagePullBackOff", "Failed to pull image", "Back-off pulling", "InvalidImageName")


def read_revisions(client: KubernetesReader, workload: WorkloadRef, live: Mapping[str, Any]) -> list[Revision]:
    """The revisions of a live Deployment or StatefulSet, the newest first."""
    namespace = live["metadata"]["namespace"]
    if workload.resource == DEPLOYMENTS:
        return deployment_revisions(live, client.list(REPLICA_SETS, namespace, label_selector=selector_of(live)))
    return stateful_set_revisions(live, client.list(CONTROLLER_REVISIONS, namespace, label_selector=selector_of(live)))


def known_failure(client: KubernetesReader, live: Mapping[str, Any], revision: Revision) -> str:
    """Why pods of the revision are known not to start, from its live pods and recent events; empty when nothing is.

    A registry cannot be asked from here whether it still has an image; the cluster's own last try can.
    """
    namespace = live["metadata"]["namespace"]
    for pod in client.list(PODS, namespace, label_selector=selector_of(live)):
        found = reason(pod)
        if found.hopeless and revision.hash in (pod["metadata"].get("labels") or {}).values():
            return f"its pod {pod['metadata']['name']} is in {found.reason}"
    for event in client.list(EVENTS, namespace, field_selector="involvedObject.kind=Pod,type=Warning"):
        name = (event.get("involvedObject") or {}).get("name", "")
        message = event.get("message") or ""
        if name.startswith(f"{revision.name}-") and any(text in message for text in _PULL_MESSAGES):
            return f"its pod {name} could not get the image ({message})"
    return ""
