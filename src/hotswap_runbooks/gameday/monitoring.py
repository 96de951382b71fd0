"""Prometheus, reading the service every second, with the alerts of the runbook."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import yaml

from hotswap_runbooks.gameday import http
from hotswap_runbooks.gameday.blueprint import Blueprint
from hotswap_runbooks.gameday.parts import OK, Part

JOB = "hotswap-api"
WINDOW = "15s"
ERROR_RATE = f"sum(rate(http_req_failed_total[{WINDOW}])) / sum(rate(http_req_duration_seconds_count[{WINDOW}]))"
# Longer than the window: what comes next must not find the last failures in the window before it.
FAILURES = "sum(increase(http_req_failed_total[20s]))"
P95 = f"histogram_quantile(0.95, sum by (le) (rate(http_req_duration_seconds_bucket[{WINDOW}])))"


def prepare(blueprint: Blueprint) -> None:
    """Write the configuration and the alert rules."""
    folder = blueprint.data("prometheus")
    folder.mkdir(parents=True, exist_ok=True)
    target = f"127.0.0.1:{blueprint.port('service')}"
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(folder / "rules.yml")],
        "scrape_configs": [{"job_name": JOB, "static_configs": [{"targets": [target]}]}],
    }
    rules = [
        _alert("HighErrorRate", f"{ERROR_RATE} > 0.05", "critical", "More than 5 % of the requests fail"),
        _alert("HighLatency", f"{P95} > 2", "warning", "One request in twenty takes longer than 2 s"),
        _alert("ServiceDown", f'up{{job="{JOB}"}} == 0', "critical", "The service does not answer"),
    ]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    groups = {"groups": [{"name": JOB, "rules": rules}]}
    (folder / "rules.yml").write_text(yaml.safe_dump(groups, sort_keys=False), encoding="utf-8")


def _alert(name: str, expression: str, severity: str, summary: str) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expression,
        "for": "3s",
        "labels": {"severity": severity, "service": JOB},
        "annotations": {"summary": summary},
    }


def part(blueprint: Blueprint) -> Part:
    address, folder = blueprint.address("prometheus"), blueprint.data("prometheus")

    def health() -> str:
        return OK if http.status(f"{address}/-/ready") == 200 else ""

    command = [
        blueprint.binary("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{blueprint.port('prometheus')}",
        "--storage.tsdb.retention.time=1d",
    ]
    return Part("prometheus", address, command, health)


def value(blueprint: Blueprint, expression: str) -> float | None:
    """The first value of an instant query; None when there is none (also NaN) or Prometheus does not answer."""
    url = f"{blueprint.address('prometheus')}/api/v1/query?{urlencode({'query': expression})}"
    try:
        found = http.request("GET", url, timeout=5).json()
        number = float(found["data"]["result"][0]["value"][1])
    except (OSError, TypeError, KeyError, IndexError, ValueError):
        return None
    return None if number != number else number  # noqa: PLR0124 - NaN is the only number unequal to itself
