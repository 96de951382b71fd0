"""What people and playbooks use: the inventory, and the settings for a shell."""

from __future__ import annotations

import shlex
import sys
from typing import Any

import yaml

from hotswap_runbooks.gameday import monitoring
from hotswap_runbooks.gameday.application import NAMESPACE, WORKLOAD
from hotswap_runbooks.gameday.blueprint import Blueprint
from hotswap_runbooks.gameday.database import DATABASE
from hotswap_runbooks.gameday.state import write_private

SOAK = 5  # seconds that a recovery has to hold


def variables(blueprint: Blueprint) -> dict[str, Any]:
    """The service's description, as a host's variables."""
    paths = blueprint.paths
    service = blueprint.address("service")
    described: dict[str, Any] = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "service_name": WORKLOAD,
        "service_namespace": NAMESPACE,
        "service_workload": f"deployment/{WORKLOAD}",
        "service_container": WORKLOAD,
        "service_selector": f"app={WORKLOAD}",
        "service_kubernetes": {"kubeconfig": str(paths.kubeconfig)},
        "service_health_url": f"{service}/health",
        "service_metrics_url": f"{service}/metrics",
        "service_prometheus_url": blueprint.address("prometheus"),
        "service_prometheus_job": monitoring.JOB,
        "service_prometheus_window": monitoring.WINDOW,
        "service_database": {
            "login_host": "127.0.0.1",
            "login_port": blueprint.port("postgres"),
            "login_user": "runbook",
            "login_password": blueprint.state.passwords["runbook"],
            "login_db": DATABASE,
        },
        "service_vault": {
            "url": blueprint.address("vault", "https"),
            "ca_cert": str(paths.certificates / "vault-ca.crt"),
        },
        "verify_soak": SOAK,
    }
    if (paths.repository / ".git").exists():
        described["service_repository"] = str(paths.repository)
    return described


def write(blueprint: Blueprint) -> None:
    """`inventory.yml` with one host, and `env` to be sourced by a shell; both mode 600, they hold a password."""
    inventory = {"gameday": {"hosts": {WORKLOAD: variables(blueprint)}}}
    header = "# The practice environment's service; written by `runbook gameday up`.\n"
    write_private(blueprint.paths.inventory, header + yaml.safe_dump(inventory, sort_keys=False))
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in shell(blueprint).items()]
    write_private(blueprint.paths.env, "".join(lines))


def shell(blueprint: Blueprint) -> dict[str, str]:
    """Environment variables with which kubectl, psql, bao and vault reach the practice environment."""
    paths = blueprint.paths
    vault, ca = blueprint.address("vault", "https"), str(paths.certificates / "vault-ca.crt")
    return {
        "KUBECONFIG": str(paths.kubeconfig),
        "K8S_AUTH_KUBECONFIG": str(paths.kubeconfig),
        "PGHOST": "127.0.0.1",
        "PGPORT": str(blueprint.port("postgres")),
        "PGUSER": "runbook",
        "PGPASSWORD": blueprint.state.passwords["runbook"],
        "PGDATABASE": DATABASE,
        "VAULT_ADDR": vault,
        "VAULT_CACERT": ca,
        "BAO_ADDR": vault,
        "BAO_CACERT": ca,
    }
