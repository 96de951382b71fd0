# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where requests enter: the Service or Ingress that is switched to a maintenance page and back. Pure functions."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import Step
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import SERVICES, Resource
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef

INGRESSES = Resource("networking.k8s.io", "v1", "ingresses", "Ingress")


@dataclass(frozen=True)
class Page:
    """What answers during maintenance: pods, by their labels, or all that a Service of the person's choice leads to."""

    selector: Mapping[str, str]
    ports: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    service: str = ""


def leads_to(service: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a Service's selector matches pods with these labels; one without a selector matches none."""
    selector = service["spec"].get("selector") or {}
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def page_behind(service: Mapping[str, Any]) -> Page:
    """The page that a Service of the person's choice leads to. Raises Precondition when it selects no pods."""
    name, spec = service["metadata"]["name"], service["spec"]
    if not spec.get("selector"):
        raise Precondition(
            f"Service {name} has no selector, so nothing can be switched to its pods.",
            "Name a Service that selects its pods, or leave it out for the collection's own page.",
        )
    return Page(dict(spec["selector"]), tuple(spec.get("ports") or ()), str(name))


def service_state(service: Mapping[str, Any]) -> dict[str, Any]:
    """What a switch touches of a Service."""
    spec = service["spec"]
    return {
        "selector": dict(spec.get("selector") or {}),
        "target_ports": [port.get("targetPort") for port in spec.get("ports") or []],
    }


def switch_service(service: Mapping[str, Any], page: Page, about: Mapping[str, Any]) -> Step:
    """The change that leads a Service to the page; ``about`` is kept in the record."""
    before = service_state(service)
    ports = service["spec"].get("ports") or []
    target_ports = [_matching(port, page)["targetPort"] for port in ports] if page.ports else before["target_ports"]
    after = {"selector": dict(page.selector), "target_ports": target_ports}
    return Step(_service_patch(after), {**about, **before}, after)


def _service_patch(state: Mapping[str, Any]) -> list[dict[str, Any]]:
    patch: list[dict[str, Any]] = [{"op": "add", "path": "/spec/selector", "value": dict(state["selector"])}]
    for index, target in enumerate(state["target_ports"]):
        patch.append({"op": "add", "path": f"/spec/ports/{index}/targetPort", "value": target})
    return patch


def ingress_state(ingress: Mapping[str, Any]) -> dict[str, Any]:
    """Each backend of an Ingress by its place in the object."""
    return {path: copy.deepcopy(dict(backend)) for path, backend in _backends(ingress)}


def switch_ingress(ingress: Mapping[str, Any], service: str, page: Page, about: Mapping[str, Any]) -> Step:
    """The change that leads the backends of ``service`` to the page's Service.

    Raises Precondition when the Ingress has none.
    """
    name = ingress["metadata"]["name"]
    before = ingress_state(ingress)
    mine = {path: backend for path, backend in before.items() if backend["name"] == service}
    if not mine:
        others = sorted({backend["name"] for backend in before.values()})
        raise Precondition(
            f"Ingress {name} has no backend {service}; it leads to {', '.join(others) or 'no Service'}.",
            "Name another Ingress or Service (maintenance_ingress, maintenance_service).",
        )
    switched = {path: {"name": page.service, "port": _backend_port(backend, page)} for path, backend in mine.items()}
    return Step(_ingress_patch(switched), {**about, "backends": mine}, {**before, **switched})


def _ingress_patch(backends: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"op": "replace", "path": path, "value": dict(backend)} for path, backend in backends.items()]


def restore(record_previous: Mapping[str, Any]) -> Step:
    """The change that leads a Service or Ingress back to where its record says it led."""
    if "backends" in record_previous:
        return Step(_ingress_patch(record_previous["backends"]), {})
    return Step(_service_patch(record_previous), {})


def front_state(live: Mapping[str, Any]) -> dict[str, Any]:
    """What a switch touches of either."""
    spec = live["spec"]
    return ingress_state(live) if "rules" in spec or "defaultBackend" in spec else service_state(live)


def is_front(live: Mapping[str, Any]) -> bool:
    """Whether this is a Service or an Ingress; items of a list do not say."""
    return "template" not in live.get("spec", {})


def kind_of(text: str) -> WorkloadRef:
    """``service/x`` or ``ingress/x``, as records name it."""
    kind, _slash, name = text.partition("/")
    return WorkloadRef(INGRESSES if kind == "ingress" else SERVICES, name)


def _backends(ingress: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    spec = ingress["spec"]
    if service := (spec.get("defaultBackend") or {}).get("service"):
        yield "/spec/defaultBackend/service", service
    for rule_index, rule in enumerate(spec.get("rules") or []):
        for path_index, path in enumerate((rule.get("http") or {}).get("paths") or []):
            if service := path["backend"].get("service"):
                yield f"/spec/rules/{rule_index}/http/paths/{path_index}/backend/service", service


def _backend_port(backend: Mapping[str, Any], page: Page) -> dict[str, Any]:
    wanted = backend.get("port") or {}
    port = _matching({"name": wanted.get("name"), "port": wanted.get("number")}, page)
    return {"number": port["port"]}


def _matching(port: Mapping[str, Any], page: Page) -> Mapping[str, Any]:
    """The page's port for this one: of the same number, of the same name, or the only one."""
    for key in ("port", "name"):
        for candidate in page.ports:
            if port.get(key) and candidate.get(key) == port[key]:
                return candidate
    if len(page.ports) == 1:
        return page.ports[0]
    raise Precondition(
        f"Service {page.service} has no port {port.get('name') or port.get('port')}.",
        "Give it a port of the same name or number.",
    )
