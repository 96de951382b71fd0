"""Binaries are built once, whole or not at all. Go is played by a script that writes down each build."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from hotswap_runbooks.gameday import binaries
from hotswap_runbooks.gameday.errors import PracticeError
from hotswap_runbooks.gameday.programs import Program
from hotswap_runbooks.gameday.progress import Silence

GO = """#!/bin/sh
case "$1" in
version) echo "go version go1.99.0 linux/amd64"; exit ;;
clean) rm -rf "$GOMODCACHE"; exit ;;
esac
mkdir -p "$GOMODCACHE" "$GOCACHE"
echo "$@" >> "{log}"
[ -e "{fail}" ] && case "$*" in *second*) echo half > "$3"; exit 1 ;; esac
printf '#!/bin/sh\\necho v1.2.3\\n' > "$3"
chmod +x "$3"
"""
PROGRAM = Program("sample", "1.2.3", {"first": "example.com/first", "second": "example.com/second"}, (1, 2), 1)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a go and an empty cache; returns its folder."""
    (tmp_path / "bin").mkdir()
    go = tmp_path / "bin" / "go"
    go.write_text(GO.format(log=tmp_path / "builds", fail=tmp_path / "fail"))
    go.chmod(0o755)
    module = tmp_path / "modules" / "sample"
    module.mkdir(parents=True)
    (module / "go.mod").write_text("module sample\n\ngo 1.26.0\n")
    (module / "go.sum").write_text("")
    monkeypatch.setattr("hotswap_runbooks.gameday.programs.MODULES", tmp_path / "modules")
    monkeypatch.setattr(binaries, "PROGRAMS", (PROGRAM,))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    return tmp_path


def builds(machine: Path) -> list[str]:
    log = machine / "builds"
    return [line.split()[-1] for line in log.read_text().splitlines()] if log.exists() else []


def put(folder: Path, name: str, version: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho {version}\n")
    (folder / name).chmod(0o755)


def test_a_second_start_builds_nothing(machine: Path) -> None:
    found = binaries.find_or_build(Silence())
    assert set(found) == {"first", "second"}
    assert all(os.access(path, os.X_OK) for path in found.values())
    assert binaries.find_or_build(Silence()) == found
    assert builds(machine) == ["example.com/first", "example.com/second"]


def test_two_starts_at_once_build_once(machine: Path) -> None:
    threads = [threading.Thread(target=binaries.find_or_build, args=(Silence(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(builds(machine)) == ["example.com/first", "example.com/second"]


def test_a_failed_build_leaves_no_binary_and_the_next_one_goes_on_there(machine: Path) -> None:
    (machine / "fail").touch()
    with pytest.raises(PracticeError, match=r"Building second 1\.2\.3 failed.*run the command again"):
        binaries.find_or_build(Silence())
    assert binaries.built(PROGRAM, binaries.cache_folder()) is None
    assert not (binaries.target(PROGRAM, binaries.cache_folder()) / "second").exists()
    (machine / "fail").unlink()
    assert set(binaries.find_or_build(Silence())) == {"first", "second"}
    assert builds(machine) == ["example.com/first", "example.com/second", "example.com/second"]


def test_only_binaries_stay_after_a_build(machine: Path) -> None:
    binaries.find_or_build(Silence())
    left = sorted(entry.name for entry in binaries.cache_folder().iterdir())
    assert left == ["build.log", "lock", binaries.target(PROGRAM, binaries.cache_folder()).name]


def test_fitting_binaries_of_the_machine_are_used(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(machine / "assets", "first", "v1.3.0")
    put(machine / "bin", "second", "v1.3.9")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(machine / "assets"))
    found = binaries.find_or_build(Silence())
    assert found == {"first": machine / "assets" / "first", "second": machine / "bin" / "second"}
    assert builds(machine) == []


def test_binaries_of_the_machine_that_are_too_old_are_not_used(machine: Path) -> None:
    put(machine / "bin", "first", "v1.1.0")
    put(machine / "bin", "second", "v1.1.0")
    assert binaries.cache_folder() in binaries.find_or_build(Silence())["first"].parents


def test_an_empty_or_relative_cache_setting_means_the_default(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in ("", "relative/folder"):
        monkeypatch.setenv("XDG_CACHE_HOME", setting)
        assert binaries.cache_folder() == Path.home() / ".cache" / "hotswap-runbooks"
