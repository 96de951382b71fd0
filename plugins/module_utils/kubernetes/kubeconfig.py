# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads kubeconfig files as kubectl does and hands them to the official loader.

The official merger skips files that are missing and lets the last file name the current context, where kubectl
takes the first: joined files could make us act on another cluster than the person's own kubectl.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, NotFound
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.names import nearest_hint
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.official import official
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line

_LISTS = ("clusters", "contexts", "users")


def default_path() -> str:
    """What kubectl reads without options: $KUBECONFIG, else ~/.kube/config; empty when there is neither."""
    if joined := os.environ.get("KUBECONFIG", "").strip(os.pathsep):
        return joined
    home = Path("~/.kube/config").expanduser()
    return str(home) if home.is_file() else ""


def read_kubeconfig(source: str | Mapping[str, Any], context: str | None) -> tuple[Any, str]:
    """The merged configuration as the official ConfigNode, and the context to use.

    ``source`` is a path, several paths joined by the system's path separator, or the content. Raises NotFound for a
    missing file or context, BadInput for content that cannot be read.
    """
    if isinstance(source, Mapping):
        where, read = "the given kubeconfig", [("", dict(source))]
    else:
        where = str(source)
        read = [(path, _read_file(path)) for path in _existing(where)]
    merged: dict[str, Any] = {kind: [] for kind in _LISTS}
    for path, content in read:
        _merge(merged, content, path)
    names = [str(item.value["name"]) for item in merged["contexts"]]
    wanted = context or merged.get("current-context") or ""
    if not wanted:
        raise BadInput(
            f"{where} has no current context.", f"Set the option context; {nearest_hint('', names, 'context')}"
        )
    if wanted not in names:
        raise NotFound(f"There is no context {wanted!r} in {where}.", nearest_hint(wanted, names, "context"))
    return official().ConfigNode("kubeconfig", merged, read[0][0] or None), wanted


def data_as_files(entry: dict[str, Any], kind: str, folder: str) -> Mapping[str, Any]:
    """Write the certificates and keys that ``entry[kind]`` carries into ``folder`` and name these files instead.

    The official loader would leave them in the system's folder until the interpreter ends, which a forked worker
    never does in a way it notices.
    """
    content = dict(entry.get(kind) or {})
    for name in ("certificate-authority", "client-certificate", "client-key"):
        data = content.pop(f"{name}-data", None)
        if not data:
            continue
        try:
            plain = base64.b64decode(data)
        except (ValueError, TypeError):
            raise BadInput(f"'{name}-data' of the kubeconfig's {kind} is not base64.", "Check the file.") from None
        path = Path(folder, f"{kind}-{name}")
        path.touch(mode=0o600)
        path.write_bytes(plain)
        content[name] = str(path)
    entry[kind] = content
    return content


def _existing(joined: str) -> list[str]:
    paths = [str(Path(path).expanduser()) for path in joined.split(os.pathsep) if path]
    found = [path for path in paths if Path(path).is_file()]
    if not found:
        raise NotFound(
            f"The kubeconfig {' and '.join(paths) or joined!r} does not exist.",
            "Set the option kubeconfig, K8S_AUTH_KUBECONFIG or KUBECONFIG to a file that does.",
        )
    return found


def _read_file(path: str) -> dict[str, Any]:
    try:
        return parse_kubeconfig(Path(path).read_text(encoding="utf-8"), f"The kubeconfig {path}")
    except PermissionError:
        raise BadInput(f"The kubeconfig {path} may not be read by this user.", "Check its owner and mode.") from None
    except UnicodeDecodeError:
        raise BadInput(f"The kubeconfig {path} is not valid YAML.", "Check the file.") from None
    except OSError as problem:
        raise BadInput(f"The kubeconfig {path} cannot be read: {problem.strerror}.", "Check the file.") from None


def parse_kubeconfig(text: str, what: str) -> dict[str, Any]:
    """The content of a kubeconfig. Raises BadInput, which never quotes it: it holds credentials."""
    import yaml

    # The C parser: a kubeconfig of fifty clusters would cost as much as the whole triage in Python's own.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        content = yaml.load(text, Loader=loader)  # noqa: S506
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark else ""
        raise BadInput(f"{what} is not valid YAML{line}.", "Check it.") from None
    if not isinstance(content, dict):
        raise BadInput(f"{what} holds no configuration.", "Check that it is the right one.")
    return content


def _merge(merged: dict[str, Any], content: Mapping[str, Any], path: str) -> None:
    """Add what is new; as in kubectl the first file that names something wins."""
    node = official().ConfigNode
    for kind in _LISTS:
        items = content.get(kind) or []
        if not isinstance(items, list) or not all(isinstance(item, Mapping) and "name" in item for item in items):
            raise BadInput(f"In {path or 'the given kubeconfig'} '{kind}' is not a list of named items.", "Check it.")
        known = {item.value["name"] for item in merged[kind]}
        for item in items:
            if item["name"] not in known:
                known.add(item["name"])
                merged[kind].append(
                    node(f"{path}/{kind}[name={one_line(str(item['name']))}]", dict(item), path or None)
                )
    if content.get("current-context") and not merged.get("current-context"):
        merged["current-context"] = content["current-context"]
