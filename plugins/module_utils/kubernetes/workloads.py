# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Workloads as kubectl names them: how far their rollout is, which pods are theirs, who owns them. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.names import checked_name
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.resources import (
    DEPLOYMENTS,
    STATEFULSETS,
    Resource,
)

_KINDS = {
    "deployment": DEPLOYMENTS,
    "deployments": DEPLOYMENTS,
    "deployment.apps": DEPLOYMENTS,
    "deployments.apps": DEPLOYMENTS,
    "deploy": DEPLOYMENTS,
    "statefulset": STATEFULSETS,
    "statefulsets": STATEFULSETS,
    "statefulset.apps": STATEFULSETS,
    "statefulsets.apps": STATEFULSETS,
    "sts": STATEFULSETS,
}


_TOOLS = (
    (
        "Flux",
        ("kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/"),
        {"kustomize-controller", "helm-controller"},
    ),
    ("Argo CD", ("argocd.argoproj.io/",), {"argocd-controller", "argocd-application-controller"}),
)


@dataclass(frozen=True)
class WorkloadRef:
    """One workload by kind and name; as text it is ``deployment/hotswap-api``."""

    resource: Resource
    name: str

    @property
    def kind(self) -> str:
        """``Deployment`` or ``StatefulSet``."""
        return self.resource.kind

    def __str__(self) -> str:
        return f"{self.kind.lower()}/{self.name}"


def parse_workload(text: str) -> WorkloadRef:
    """``deployment/x`` or ``statefulset/x``, also by kubectl's short names. Raises BadInput for anything else."""
    kind, slash, name = str(text).strip().partition("/")
    resource = _KINDS.get(kind.lower())
    if not slash or resource is None:
        raise BadInput(
            f"{text!r} is not a workload." if text else "No workload was given.",
            "Write it as deployment/NAME or statefulset/NAME (service_workload in an inventory).",
        )
    return WorkloadRef(resource, checked_name(name, resource.words))


def workload_ref(workload: Mapping[str, Any], resource: Resource) -> WorkloadRef:
    """The reference of an object that was read as ``resource``; items of a list do not carry their kind."""
    return WorkloadRef(resource, str(workload["metadata"]["name"]))


@dataclass(frozen=True)
class RolloutStatus:
    """``failed``: it cannot become done any more by waiting. ``reason`` is one word, ``message`` for a person."""

    done: bool
    failed: bool
    reason: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def rollout_status(workload: Mapping[str, Any]) -> RolloutStatus:
    """kubectl's algorithm of ``rollout status`` for a Deployment or StatefulSet.

    Source: k8s.io/kubectl polymorphichelpers/rollout_status.go.
    """
    if _is_stateful_set(workload):
        return _stateful_set_status(workload)
    return _deployment_status(workload)


def _is_stateful_set(workload: Mapping[str, Any]) -> bool:
    # Only a StatefulSet has a serviceName or an updateStrategy; kind is missing on items of a list.
    return workload.get("kind") == "StatefulSet" or "updateStrategy" in workload.get("spec", {})


def _waiting(reason: str, message: str) -> RolloutStatus:
    return RolloutStatus(done=False, failed=False, reason=reason, message=message)


def _deployment_status(workload: Mapping[str, Any]) -> RolloutStatus:
    spec, status = workload.get("spec", {}), workload.get("status") or {}
    if _number(workload["metadata"].get("generation")) > _number(status.get("observedGeneration")):
        return _waiting("NotObserved", "the controller has not seen the new specification yet")
    progressing = condition(workload, "Progressing")
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        message = "it exceeded its progress deadline"
        if why := condition(workload, "ReplicaFailure").get("message"):
            message += f": {why}"
        return RolloutStatus(done=False, failed=True, reason="ProgressDeadlineExceeded", message=message)
    wanted = _number(spec.get("replicas"), 1)
    updated, available = _number(status.get("updatedReplicas")), _number(status.get("availableReplicas"))
    total = _number(status.get("replicas"))
    if updated < wanted:
        if spec.get("paused"):
            return _waiting("Paused", f"it is paused: {updated} of {wanted} new replicas have been updated")
        if why := condition(workload, "ReplicaFailure").get("message"):
            return _waiting("ReplicaFailure", f"{updated} of {wanted} new replicas have been updated: {why}")
        return _waiting("Updating", f"{updated} of {wanted} new replicas have been updated")
    if total > updated:
        return _waiting("OldReplicas", f"{total - updated} old replicas are pending termination")
    if available < updated:
        return _waiting("NotAvailable", f"{available} of {updated} updated replicas are available")
    return RolloutStatus(done=True, failed=False, reason="Complete", message=f"{available} of {wanted} are available")


def _stateful_set_status(workload: Mapping[str, Any]) -> RolloutStatus:
    spec, status = workload.get("spec", {}), workload.get("status") or {}
    observed = _number(status.get("observedGeneration"))
    if observed == 0 or _number(workload["metadata"].get("generation")) > observed:
        return _waiting("NotObserved", "the controller has not seen the new specification yet")
    wanted, ready = _number(spec.get("replicas"), 1), _number(status.get("readyReplicas"))
    updated = _number(status.get("updatedReplicas"))
    if ready < wanted:
        return _waiting("NotAvailable", f"{ready} of {wanted} pods are ready")
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        # kubectl refuses to say; with this strategy only a person's deletes bring the new pods.
        if status.get("updateRevision") == status.get("currentRevision") or updated >= wanted:
            return RolloutStatus(done=True, failed=False, reason="Complete", message=f"{ready} of {wanted} are ready")
        return _waiting(
            "OnDelete", f"{updated} of {wanted} pods are new; the others are replaced when they are deleted"
        )
    partition = _number((strategy.get("rollingUpdate") or {}).get("partition"))
    if updated < wanted - partition:
        return _waiting("Updating", f"{updated} of {wanted - partition} new pods have been updated")
    if partition:
        message = f"{updated} new pods have been updated, {partition} are held back by the partition"
        return RolloutStatus(done=True, failed=False, reason="Partitioned", message=message)
    if status.get("updateRevision") != status.get("currentRevision"):
        return _waiting("Updating", f"{updated} pods are at revision {status.get('updateRevision')}")
    return RolloutStatus(done=True, failed=False, reason="Complete", message=f"{ready} of {wanted} are ready")


def condition(workload: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The condition of that type, or an empty one."""
    for one in (workload.get("status") or {}).get("conditions") or []:
        if one.get("type") == kind:
            return dict(one)
    return {}


def selector_of(workload: Mapping[str, Any]) -> str:
    """The workload's own label selector as text. Raises BadInput when it is empty: it would match everything."""
    selector = (workload.get("spec") or {}).get("selector") or {}
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for rule in selector.get("matchExpressions") or []:
        key, operator, values = rule["key"], rule["operator"], ",".join(sorted(rule.get("values") or []))
        parts.append(
            {
                "In": f"{key} in ({values})",
                "NotIn": f"{key} notin ({values})",
                "Exists": key,
                "DoesNotExist": f"!{key}",
            }[operator]
        )
    if not parts:
        name = (workload.get("metadata") or {}).get("name")
        raise BadInput(f"The selector of workload {name} is empty, which would match everything.")
    return ",".join(parts)


def owner_tool(item: Mapping[str, Any]) -> str | None:
    """The tool that will change the object back: ``Flux``, ``Argo CD``, ``Helm``, or an operator's kind.

    Flux and Argo CD come first: both install Helm charts, and then they are who reconciles. Argo CD before 3.0 marks
    what it owns only by a label that everybody uses; there its field manager tells.
    """
    metadata = item.get("metadata") or {}
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    marks = {*labels, *annotations}
    managers = {str(entry.get("manager")) for entry in metadata.get("managedFields") or []}
    for tool, prefixes, names in _TOOLS:
        if any(mark.startswith(prefixes) for mark in marks) or managers & names:
            return tool
    if labels.get("app.kubernetes.io/managed-by") == "Helm" and "meta.helm.sh/release-name" in annotations:
        return "Helm"
    # Some operators name themselves as owner without the flag of a controller.
    owners = sorted(metadata.get("ownerReferences") or [], key=lambda owner: not owner.get("controller"))
    return str(owners[0]["kind"]) if owners else None


def _number(value: Any, default: int = 0) -> int:
    return default if value is None else int(value)
