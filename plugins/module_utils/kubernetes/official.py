# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one place that imports the official Kubernetes client.

Measured inside an Ansible process (kubernetes 37, Python 3.11): 110 ms, of which 20 ms are urllib3. A stripped import
would have to put stand-ins for half of its packages into sys.modules to save 65 ms, so it is imported whole:
once, and where forked workers inherit it.
"""

from __future__ import annotations

import functools
import sys
import threading
from typing import Any, NamedTuple

from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import Precondition

# Probe threads start together; two threads importing one package with circular imports can see half of it.
_IMPORTING = threading.Lock()


class Official(NamedTuple):
    """The classes we build on."""

    Configuration: Any
    RESTClientObject: Any
    ConfigException: Any
    ConfigNode: Any
    KubeConfigLoader: Any
    InClusterConfigLoader: Any
    incluster_config: Any
    ExecProvider: Any


@functools.cache
def _load() -> Official:
    try:
        from kubernetes.client.configuration import Configuration
        from kubernetes.client.rest import RESTClientObject
        from kubernetes.config import incluster_config
        from kubernetes.config.config_exception import ConfigException
        from kubernetes.config.exec_provider import ExecProvider
        from kubernetes.config.incluster_config import InClusterConfigLoader
        from kubernetes.config.kube_config import ConfigNode, KubeConfigLoader
    except ImportError as missing:
        raise Precondition(
            f"The Python package 'kubernetes' cannot be imported by {sys.executable}: {missing}.",
            "Install it there: pip install 'kubernetes>=31.0'.",
        ) from missing
    return Official(
        Configuration,
        RESTClientObject,
        ConfigException,
        ConfigNode,
        KubeConfigLoader,
        InClusterConfigLoader,
        incluster_config,
        ExecProvider,
    )


def official() -> Official:
    """The official client's classes, imported at the first call. Raises Precondition when it is not installed."""
    with _IMPORTING:
        return _load()
