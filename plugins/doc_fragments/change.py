# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the options of every module that changes a workload."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  namespace:
    description: The namespace of the workload. It never falls back to another one.
    type: str
    required: true
  workload:
    description: Kind and name, such as V(deployment/hotswap-api) or V(statefulset/postgresql).
    type: str
  selector:
    description:
      - A label selector of the pods, in place of O(workload). It must match the pods of exactly one workload.
    type: str
  cluster:
    description:
      - The cluster that is meant, as the UID of its namespace C(kube-system) or the name of its API server.
      - On any other cluster nothing is changed.
    type: str
  force:
    description:
      - Make the change although a tool such as Helm, Argo CD or Flux owns the workload and will change it back.
    type: bool
    default: false
  allow_outage:
    description:
      - Make the change although no replica may be ready for a while. Otherwise at least one stays.
    type: bool
    default: false
  planned:
    description:
      - What an earlier run in check mode returned as RV(ignore:planned). Anything else than that is refused, so that
        nothing is done that nobody has seen.
      - An empty list refuses every change.
    type: list
    elements: str
  takeover:
    description:
      - Take the workload's lock although another incident holds it. That incident writes nothing to it any more.
    type: bool
    default: false
notes:
  - One incident at a time changes a workload; a Lease beside it names the incident. It runs out after 15 minutes.
  - Everything that is missing is told at once, before anything is changed - the right cluster, the workload, and by
    SelfSubjectAccessReview exactly the rights that the change takes.
"""
