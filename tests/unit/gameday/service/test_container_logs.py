"""The log files of a container."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hotswap_runbooks.gameday.service import podlogs
from hotswap_runbooks.gameday.service.podlogs import ContainerLog, cri


def test_lines_have_the_form_the_kubelet_reads() -> None:
    at = datetime(2026, 11, 23, 10, 57, 0, 12, tzinfo=UTC)
    assert cri(["one", "  two"], at) == (
        "2026-11-23T10:57:00.000012000Z stdout F one\n2026-11-23T10:57:00.000012000Z stdout F   two\n"
    )


def test_the_current_log_exists_before_anything_is_written(tmp_path: Path) -> None:
    ContainerLog(tmp_path, "default", "pod-1", "api")
    assert [file.name for file in tmp_path.iterdir()] == ["default_pod-1_api.log"]


def test_after_an_exit_both_logs_show_the_run_that_ended_and_after_a_restart_only_the_previous_one(
    tmp_path: Path,
) -> None:
    log = ContainerLog(tmp_path, "default", "pod-1", "api")
    log.write(["first run"])
    log.exited()
    assert "first run" in log.current.read_text()
    assert "first run" in log.previous.read_text()
    log.restarted()
    log.write(["second run"])
    assert "first run" not in log.current.read_text()
    assert "first run" in log.previous.read_text()


def test_a_log_stays_bounded_and_keeps_whole_lines_and_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(podlogs, "LARGEST", 2000)
    log = ContainerLog(tmp_path, "default", "pod-1", "api")
    for number in range(200):
        log.write([f"line {number}"])
        assert log.current.stat().st_size <= 2100
    kept = log.current.read_text().splitlines()
    assert kept[-1].endswith("line 199")
    assert all(re.fullmatch(r"\S+Z stdout F line \d+", line) for line in kept)


def test_what_a_removed_pod_still_writes_does_not_bring_its_log_back(tmp_path: Path) -> None:
    log = ContainerLog(tmp_path, "default", "pod-1", "api")
    log.remove()
    log.write(["shutting down"])
    assert not list(tmp_path.iterdir())
