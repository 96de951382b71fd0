# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostgreSQL: version, role in replication, sessions and limits."""

from __future__ import annotations

from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.postgres_sessions import read_sessions
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.cluster import Cluster
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import NotConfigured, Service

SOURCE = "database"


def read(service: Service, cluster: Cluster, deadline: Deadline) -> dict[str, Any]:  # noqa: ARG001
    """The sessions and their limits. Raises Precondition with ``facts.sqlstate`` 53300 when no slot is left."""
    if not service.database:
        raise NotConfigured("service_database is not set.")
    return read_sessions(service.database, deadline)
