# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Recent commits of the service's checkout."""

from __future__ import annotations

from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.commits import read_commits
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import NotConfigured, Service

SOURCE = "commits"


def read(service: Service, cluster: Cluster, deadline: Deadline) -> dict[str, Any]:  # noqa: ARG001
    """``{repository, branch, items, since}``: the last 24 hours."""
    if not service.repository:
        raise NotConfigured("service_repository is not set.")
    return read_commits(service.repository, deadline)
