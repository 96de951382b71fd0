# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a container may use, as a person asks for it, and the change that says so in a workload. Pure functions."""

from __future__ import annotations

import copy
import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, NotFound
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.changes import Step
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.quantity import parse_quantity
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.record import Record
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.workloads import WorkloadRef

ACTION = "resources"
OPTIONS = {
    "cpu_request": ("requests", "cpu"),
    "cpu_limit": ("limits", "cpu"),
    "memory_request": ("requests", "memory"),
    "memory_limit": ("limits", "memory"),
}
"""An option and where it stands in a container's resources."""

Wanted = Mapping[tuple[str, str], str]
_MEBIBYTE = 1024**2
_MEANT_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgtpe])i?b?", re.IGNORECASE)
_MEANT_CORES = re.compile(r"(\d+(?:\.\d+)?)\s*(m)?\s*(?:i?cpus?|i?cores?|millicores?)", re.IGNORECASE)


def checked(options: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """What is asked for, by place. Raises BadInput for what is no fitting quantity, and where nothing is asked for."""
    wanted = {}
    for option, place in OPTIONS.items():
        if options.get(option) is not None:
            text = str(options[option]).strip()
            _check_quantity(option, place[1], text)
            wanted[place] = text
    if not wanted:
        raise BadInput(
            "Nothing was given to change.",
            f"Give one of {', '.join(OPTIONS)} (in a playbook with resources_ before it).",
        )
    for resource in ("cpu", "memory"):
        _refuse_request_above_limit({kind: {name: text} for (kind, name), text in wanted.items() if name == resource})
    return wanted


def container_index(live: Mapping[str, Any], name: str | None) -> int:
    """Where the container stands; without a name it must be the only one. Raises NotFound, BadInput: both list all."""
    names = [container["name"] for container in live["spec"]["template"]["spec"]["containers"]]
    listed = f"There {'is' if len(names) == 1 else 'are'}: {', '.join(names)}."
    if name is None and len(names) == 1:
        return 0
    if name is None:
        raise BadInput("The workload has several containers; which one is meant?", f"Name it (container). {listed}")
    if name not in names:
        raise NotFound(f"{live['metadata']['name']} has no container {name!r}.", listed, containers=names)
    return names.index(name)


def resources_step(live: Mapping[str, Any], index: int, wanted: Wanted) -> Step | None:
    """The change that gives the container what is wanted and leaves all else; None where it has that already.

    Raises BadInput where a request would exceed the limit that stays.
    """
    container = live["spec"]["template"]["spec"]["containers"][index]
    before = container.get("resources") or {}
    if all(_same(before.get(kind, {}).get(name), text) for (kind, name), text in wanted.items()):
        return None
    after = copy.deepcopy(dict(before))
    for (kind, name), text in wanted.items():
        after.setdefault(kind, {})[name] = text
    _refuse_request_above_limit(after)
    return _replace(live, index, after)


def undo_step(live: Mapping[str, Any], record: Record) -> Step | None:
    """The change that gives the container its recorded resources back; None where it has them."""
    index = container_index(live, record.previous["container"])
    step = _replace(live, index, record.previous["resources"])
    return None if step.after == state(live) else step


def state(live: Mapping[str, Any]) -> dict[str, Any]:
    """What this action touches: the resources of all containers, each quantity in one form however it is written."""
    return {
        container["name"]: _canonical(container.get("resources") or {})
        for container in live["spec"]["template"]["spec"]["containers"]
    }


def patched(live: Mapping[str, Any], index: int, resources: Mapping[str, Any]) -> dict[str, Any]:
    """The live object with other resources in one container."""
    after = copy.deepcopy(dict(live))
    after["spec"]["template"]["spec"]["containers"][index]["resources"] = copy.deepcopy(dict(resources))
    return after


def resources_of(live: Mapping[str, Any], index: int) -> dict[str, Any]:
    return dict(live["spec"]["template"]["spec"]["containers"][index].get("resources") or {})


def qos_class(pod: Mapping[str, Any]) -> str:
    """The quality of service class of a pod with this spec.

    Source: kubernetes pkg/apis/core/v1/helper/qos ComputePodQOS.
    """
    containers = [*(pod.get("containers") or []), *(pod.get("initContainers") or [])]
    parts = [pod["resources"]] if pod.get("resources") else [one.get("resources") or {} for one in containers]
    said, guaranteed = False, True
    for part in parts:
        limits = _positive(part.get("limits"))
        requests = limits | _positive(part.get("requests"))
        said = said or bool(requests)
        guaranteed = guaranteed and set(limits) == {"cpu", "memory"} and requests == limits
    if not said:
        return "BestEffort"
    return "Guaranteed" if guaranteed else "Burstable"


def described(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """``memory limit from 1Gi to 1536Mi, CPU request from none to 100m``"""
    parts = []
    for kind, name in OPTIONS.values():
        old, new = (side.get(kind, {}).get(name) for side in (before, after))
        if not _same(old, new):
            label = f"{'CPU' if name == 'cpu' else name} {kind.removesuffix('s')}"
            parts.append(f"{label} from {old or 'none'} to {new or 'none'}")
    return ", ".join(parts)


def undo_command(workload: WorkloadRef, namespace: str, live: Mapping[str, Any], index: int, wanted: Wanted) -> str:
    """The command that puts back what ``live`` has, and removes what it does not have."""
    name = live["spec"]["template"]["spec"]["containers"][index]["name"]
    before = resources_of(live, index)
    old = {place: before.get(place[0], {}).get(place[1]) for place in wanted}
    words = ["kubectl", "-n", namespace]
    if None in old.values():
        # `set resources` can set a value, not take one away.
        path = f"/spec/template/spec/containers/{index}"
        patch = [
            {"op": "test", "path": f"{path}/name", "value": name},
            {"op": "replace", "path": f"{path}/resources", "value": before},
        ]
        return shlex.join([*words, "patch", str(workload), "--type=json", "-p", json.dumps(patch)])
    words += ["set", "resources", str(workload), f"-c={name}"]
    for kind in ("requests", "limits"):
        listed = ",".join(f"{place[1]}={text}" for place, text in old.items() if place[0] == kind)
        words += [f"--{kind}={listed}"] if listed else []
    return shlex.join(words)


def _replace(live: Mapping[str, Any], index: int, resources: Mapping[str, Any]) -> Step:
    previous = {
        "container": live["spec"]["template"]["spec"]["containers"][index]["name"],
        "resources": resources_of(live, index),
    }
    path = f"/spec/template/spec/containers/{index}/resources"
    after = state(patched(live, index, resources))
    return Step([{"op": "add", "path": path, "value": dict(resources)}], previous, after)


def _check_quantity(option: str, resource: str, text: str) -> None:
    try:
        value = parse_quantity(text)
    except BadInput as error:
        raise BadInput(f"{option}: {error.message}", _meant(resource, text) or error.hint) from None
    if value <= 0:
        raise BadInput(f"{option}: {text!r} must be more than nothing.", "Write it as 500m, 2, 512Mi or 1Gi.")
    if resource == "memory" and value < _MEBIBYTE:
        number = re.match(r"[\d.]+", text)
        digits = number[0] if number else text
        raise BadInput(
            f"{option}: {text!r} is {value.normalize():f} bytes, less than a mebibyte.",
            f"Did you mean {digits}Mi or {digits}Gi?",
        )
    if resource == "cpu" and re.search(r"[KMGTPE]i?$", text):
        raise BadInput(f"{option}: {text!r} is an amount of memory, not of CPU.", "Write CPU as 500m or 2.")


def _meant(resource: str, text: str) -> str:
    if resource == "memory" and (found := _MEANT_MEMORY.fullmatch(text)):
        number, unit = found[1], found[2].upper()
        return f"Did you mean {number}{unit}i (powers of 1024) or {number}{'k' if unit == 'K' else unit} (of 1000)?"
    if resource == "cpu" and (found := _MEANT_CORES.fullmatch(text)):
        return f"Did you mean {found[1]}{(found[2] or '').lower()}?"
    return ""


def _refuse_request_above_limit(resources: Mapping[str, Any]) -> None:
    for name in ("cpu", "memory"):
        request = (resources.get("requests") or {}).get(name)
        limit = (resources.get("limits") or {}).get(name)
        if request is not None and limit is not None and parse_quantity(request) > parse_quantity(limit):
            raise BadInput(
                f"The {name} request of {request} would be above the {name} limit of {limit}.",
                f"Give {name}_request and {name}_limit so that they fit.",
            )


def _canonical(resources: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {key: value for key, value in resources.items() if key not in ("limits", "requests")}
    for kind in ("limits", "requests"):
        if resources.get(kind):
            plain[kind] = {name: f"{parse_quantity(text).normalize():f}" for name, text in resources[kind].items()}
    return plain


def _same(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one is other
    return parse_quantity(one) == parse_quantity(other)


def _positive(quantities: Mapping[str, str] | None) -> dict[str, Any]:
    parsed = {name: parse_quantity(text) for name, text in (quantities or {}).items() if name in ("cpu", "memory")}
    return {name: value for name, value in parsed.items() if value > 0}
