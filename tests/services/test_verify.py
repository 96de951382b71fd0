"""Recovery is proved for a service however it is described."""

from __future__ import annotations

import pytest
import yaml
from plays import play

NO_SOAK = ("-e", '{"verify_soak": 0, "verify_interval": 1, "verify_patience": 60}')


@pytest.fixture
def by_selector(healthy, tmp_path):
    """The practice inventory with a selector in place of the workload."""
    content = yaml.safe_load(healthy.paths.inventory.read_text())
    variables = content["gameday"]["hosts"]["hotswap-api"]
    del variables["service_workload"]
    variables["service_selector"] = "app=hotswap-api"
    path = tmp_path / "inventory.yml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_a_service_described_by_its_selector_alone_is_verified(by_selector):
    verified = play("verify", by_selector, *NO_SOAK)
    assert verified.rc == 0, verified.output
    assert "are available" in verified.output


def test_and_after_a_change_too(by_selector):
    restarted = play("restart", by_selector, "-e", "remediate=auto", *NO_SOAK)
    assert restarted.rc == 0, restarted.output
    assert "RECOVERED" in restarted.output
    assert "are available" in restarted.output


def test_metrics_alone_prove_error_rate_and_latency(healthy, tmp_path):
    content = yaml.safe_load(healthy.paths.inventory.read_text())
    variables = content["gameday"]["hosts"]["hotswap-api"]
    kept = {name: variables[name] for name in variables if not name.startswith("service_")}
    described = {**kept, "service_metrics_url": variables["service_metrics_url"]}
    path = tmp_path / "inventory.yml"
    path.write_text(yaml.safe_dump({"all": {"hosts": {"hotswap-api": described}}}))
    verified = play("verify", path, "-e", '{"verify_soak": 3, "verify_interval": 1, "verify_patience": 60}')
    assert verified.rc == 0, verified.output
    assert "error rate is 0 %" in verified.output
