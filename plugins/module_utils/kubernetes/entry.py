# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds where a workload's requests enter, and where they shall go during maintenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, NotFound, Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.front import (
    INGRESSES,
    Page,
    kind_of,
    leads_to,
    page_behind,
)
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.maintenance import standing
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.maintenance_page import page_labels
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.pods import is_ready
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.reader import KubernetesReader
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import PODS, SERVICES
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef

Front = tuple[WorkloadRef, dict[str, Any]]


@dataclass(frozen=True)
class Entry:
    """What is switched (``ref``, ``live``), the Service that leads to the workload, and the page to switch to."""

    ref: WorkloadRef
    live: Mapping[str, Any] = field(repr=False)
    service: Mapping[str, Any] = field(repr=False)
    page: Page


def switched_fronts(
    client: KubernetesReader,
    namespace: str,
    workload: WorkloadRef,
    live: Mapping[str, Any],
    options: Mapping[str, Any],
) -> list[Front]:
    """The Services and Ingresses that stand switched to a page for this workload.

    Ingresses are listed where that is allowed. The one that the workload's own record or the options name is read in
    any case, and Denied is raised where it may not be: what cannot be looked at must not pass for not switched.
    """
    found = {WorkloadRef(SERVICES, item["metadata"]["name"]): item for item in client.list(SERVICES, namespace)}
    if client.allowed("list", INGRESSES, namespace):
        found |= {WorkloadRef(INGRESSES, item["metadata"]["name"]): item for item in client.list(INGRESSES, namespace)}
    record = standing(live, workload)
    named = [kind_of(str(record.previous["front"]))] if record and record.previous.get("front") else []
    if options["ingress"]:
        named.append(WorkloadRef(INGRESSES, options["ingress"]))
    for ref in named:
        if ref not in found and (item := client.find(ref.resource, ref.name, namespace)) is not None:
            found[ref] = item
    return [(ref, item) for ref, item in found.items() if standing(item, workload)]


def refuse_neighbours(
    client: KubernetesReader, namespace: str, workload: WorkloadRef, live: Mapping[str, Any], entry: Entry
) -> None:
    """Raises Precondition where the Service leads to ready pods of others as well: they would be taken away too."""
    selector = entry.service["spec"].get("selector") or {}
    if standing(entry.service, workload) or not selector:
        return
    own = live["spec"]["template"]["metadata"].get("labels") or {}
    mine = live["spec"]["selector"].get("matchLabels") or own
    others = sorted(
        str(pod["metadata"]["name"])
        for pod in client.list(PODS, namespace, label_selector=_as_text(selector))
        if is_ready(pod) and any((pod["metadata"].get("labels") or {}).get(key) != value for key, value in mine.items())
    )
    if others:
        name = entry.service["metadata"]["name"]
        raise Precondition(
            f"Service {name} leads to ready pods of others, too, which would be taken away with {workload}: "
            f"{', '.join(others[:5])}.",
            "Name a Service that leads to this workload alone (maintenance_service), or accept it (allow_outage=true).",
            pods=others,
        )


def find_entry(
    client: KubernetesReader,
    namespace: str,
    workload: WorkloadRef,
    live: Mapping[str, Any],
    options: Mapping[str, Any],
) -> Entry:
    """Where the requests enter: as switched already, as named in the options, or by the selectors of the Services.

    Raises Precondition when that is no or more than one Service, or one that does not lead to the workload, and when
    the Service of the person's choice has no pod that is ready.
    """
    switched = switched_fronts(client, namespace, workload, live, options)
    if switched:
        ref, item = switched[0]
        record = standing(item, workload)
        return _as_switched(client, namespace, ref, item, record)
    service = _service_of(client, namespace, workload, live, options["service"])
    name = service["metadata"]["name"]
    page = Page(page_labels(name))
    if options["page_service"]:
        page = _chosen_page(client, namespace, options["page_service"], name)
    if options["ingress"]:
        ingress = WorkloadRef(INGRESSES, options["ingress"])
        return Entry(ingress, client.get(INGRESSES, ingress.name, namespace), service, page)
    return Entry(WorkloadRef(SERVICES, name), service, service, page)


def _as_switched(
    client: KubernetesReader, namespace: str, ref: WorkloadRef, item: dict[str, Any], record: Record | None
) -> Entry:
    chosen = str(record.previous.get("page") or "") if record else ""
    page = page_behind(client.get(SERVICES, chosen, namespace)) if chosen else Page(page_labels(ref.name))
    return Entry(ref, item, item, page)


def _service_of(
    client: KubernetesReader, namespace: str, workload: WorkloadRef, live: Mapping[str, Any], named: str | None
) -> dict[str, Any]:
    labels = live["spec"]["template"]["metadata"].get("labels") or {}
    if named:
        service = client.get(SERVICES, kind_of(named).name if "/" in named else named, namespace)
        if not leads_to(service, labels):
            raise Precondition(
                f"Service {service['metadata']['name']} does not lead to the pods of {workload}.",
                "Name the one whose selector matches them (maintenance_service).",
            )
        return service
    found = [item for item in client.list(SERVICES, namespace) if leads_to(item, labels)]
    names = sorted(item["metadata"]["name"] for item in found)
    if len(found) == 1:
        return found[0]
    if found:
        raise Precondition(
            f"The pods of {workload} are selected by {len(found)} Services: {', '.join(names)}.",
            "Name the one to switch to the maintenance page (maintenance_service).",
            services=names,
        )
    raise NotFound(
        f"No Service in namespace {namespace} selects the pods of {workload}: there is nothing to lead to a page.",
        "Name it (maintenance_service), or create one.",
    )


def _chosen_page(client: KubernetesReader, namespace: str, name: str, entry: str) -> Page:
    if name == entry:
        raise BadInput(
            f"Service {name} cannot be its own maintenance page.", "Name another one (maintenance_page_service)."
        )
    page = page_behind(client.get(SERVICES, name, namespace))
    if not any(is_ready(pod) for pod in client.list(PODS, namespace, label_selector=_as_text(page.selector))):
        raise Precondition(
            f"No pod behind Service {name} is ready: nobody would answer during maintenance.",
            "Bring it up first, or leave it out for the collection's own page.",
        )
    return page


def _as_text(selector: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
