# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What several probes need to know of a service, its Kubernetes objects and its levels, each read once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import TimedOut
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes import resources, revisions
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.client import KubernetesClient
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.connection import connect as connect_to
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.targets import workload_behind
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import (
    WorkloadRef,
    parse_workload,
    selector_of,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.probes.service import NotConfigured, Service
from ansible_collections.hotswap.runbooks.plugins.module_utils.prometheus import PrometheusClient
from ansible_collections.hotswap.runbooks.plugins.module_utils.service_levels import ServiceLevels, read_levels

Object = dict[str, Any]
Connect = Callable[[Mapping[str, Any], Deadline], KubernetesClient]
_T = TypeVar("_T")


class _Once(Generic[_T]):
    """A value that the first thread reads and the others wait for; its failure is shared as well."""

    def __init__(self, read: Callable[[], _T], deadline: Deadline) -> None:
        self._read = read
        self._deadline = deadline
        self._lock = threading.Lock()
        self._done = False
        self._value: _T
        self._error: Exception | None = None

    def __call__(self) -> _T:
        if not self._lock.acquire(timeout=self._deadline.remaining()):
            raise TimedOut(f"The deadline of {self._deadline.seconds:g} s passed while another probe was reading.")
        try:
            if not self._done:
                try:
                    self._value = self._read()
                except Exception as error:  # noqa: BLE001 - kept, and raised for each reader
                    self._error = error
                self._done = True
        finally:
            self._lock.release()
        if self._error is not None:
            raise self._error
        return self._value


class Cluster:
    """Shared, memoised, thread-safe reads for one service; each object is read once.

    ``client()`` is the connected KubernetesClient, ``pods()`` the raw pods, ``replica_sets()`` those the Deployment
    controls (none for a StatefulSet), ``revisions()`` the history with the newest first, ``levels()`` what Prometheus
    knows. Every method raises NotConfigured when the service does not name what it needs, and the RunbookError of the
    read.
    """

    def __init__(self, service: Service, deadline: Deadline, connect: Connect = connect_to) -> None:
        self.service = service
        self.deadline = deadline
        self.client = _Once(lambda: self._connect(connect), deadline)
        self._found = _Once(self._find_workload, deadline)
        self.pods = _Once(self._pods, deadline)
        self.replica_sets = _Once(self._replica_sets, deadline)
        self.revisions = _Once(self._revisions, deadline)
        self.levels = _Once(self._levels, deadline)

    @property
    def namespace(self) -> str:
        return self.service.namespace

    def workload(self) -> Object:
        """The Deployment or StatefulSet, raw."""
        return self._found()[1]

    def workload_ref(self) -> WorkloadRef:
        """Its kind and name."""
        return self._found()[0]

    def selector(self) -> str:
        """The label selector of the service's pods: the configured one, else the workload's own."""
        return self.service.selector or selector_of(self.workload())

    def current_hash(self) -> str:
        """The hash that pods of the present template carry; empty while the controller has not made it yet."""
        current = revisions.current_revision(self.workload(), self.revisions())
        return current.hash if current else ""

    def _connect(self, connect: Connect) -> KubernetesClient:
        if not self.service.namespace:
            raise NotConfigured("service_namespace is not set")
        if not self.service.workload and not self.service.selector:
            raise NotConfigured("neither service_workload nor service_selector is set")
        return connect(self.service.kubernetes, self.deadline)

    def _pods(self) -> list[Object]:
        return self.client().list(resources.PODS, self.namespace, label_selector=self.selector())

    def _find_workload(self) -> tuple[WorkloadRef, Object]:
        client = self.client()
        if not self.service.workload:
            return self._workload_behind_the_selector(client)
        ref = parse_workload(self.service.workload)
        return ref, client.get(ref.resource, ref.name, self.namespace)

    def _workload_behind_the_selector(self, client: KubernetesClient) -> tuple[WorkloadRef, Object]:
        ref = workload_behind(client, self.namespace, self.service.selector, self.pods())
        return ref, client.get(ref.resource, ref.name, self.namespace)

    def _replica_sets(self) -> list[Object]:
        return self._kept(resources.REPLICA_SETS) if self.workload_ref().kind == "Deployment" else []

    def _revisions(self) -> list[revisions.Revision]:
        if self.workload_ref().kind == "Deployment":
            return revisions.deployment_revisions(self.workload(), self.replica_sets())
        kept = self._kept(resources.CONTROLLER_REVISIONS)
        return revisions.stateful_set_revisions(self.workload(), kept)

    def _levels(self) -> ServiceLevels:
        service = self.service
        if not service.prometheus_url:
            raise NotConfigured("service_prometheus_url is not set.")
        client = PrometheusClient(service.prometheus_url)
        return read_levels(client, service.job, service.prometheus_window, self.deadline, service.namespace)

    def _kept(self, resource: resources.Resource) -> list[Object]:
        workload = self.workload()
        items = self.client().list(resource, self.namespace, label_selector=selector_of(workload))
        return [dict(item) for item in revisions.controlled_by(workload, items)]
