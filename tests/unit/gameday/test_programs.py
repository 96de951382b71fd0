"""Which binaries are built, and which of the machine's own do as well."""

from __future__ import annotations

import dataclasses
import re

import pytest

from hotswap_runbooks.gameday import toolchain
from hotswap_runbooks.gameday.programs import PROGRAMS, Program, usable, version_in

KUBERNETES = next(program for program in PROGRAMS if program.name == "kubernetes")


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("Kubernetes v1.36.3\n", (1, 36)),
        ("etcd Version: 3.6.8\nGit SHA: Not provided\nGo Version: go1.26.8", (3, 6)),
        ("kwok version v0.8.0 go1.26.8 (linux/amd64)", (0, 8)),
        ("prometheus, version 3.15.1 (branch: HEAD, revision: abc)", (3, 15)),
        ("flag provided but not defined", None),
    ],
)
def test_version_is_read_from_what_programs_say(said: str, version: tuple[int, int] | None) -> None:
    assert version_in(said) == version


@pytest.mark.parametrize(
    ("apiserver", "manager", "scheduler", "fits"),
    [
        ((1, 33), (1, 33), (1, 33), True),
        ((1, 40), (1, 40), (1, 40), True),
        ((1, 32), (1, 32), (1, 32), False),
        ((1, 36), (1, 36), (1, 35), False),
    ],
)
def test_kubernetes_on_the_machine_fits_when_new_enough_and_of_one_minor_version(
    apiserver: tuple[int, int], manager: tuple[int, int], scheduler: tuple[int, int], fits: bool
) -> None:
    found = {"kube-apiserver": apiserver, "kube-controller-manager": manager, "kube-scheduler": scheduler}
    assert usable(KUBERNETES, found) is fits


def test_an_api_server_alone_does_not_replace_the_build() -> None:
    assert not usable(KUBERNETES, {"kube-apiserver": (1, 36)})


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_the_pinned_module_is_the_version_that_is_named(program: Program) -> None:
    module = {
        "etcd": "go.etcd.io/etcd/server/v3",
        "kubernetes": "k8s.io/kubernetes",
        "kwok": "sigs.k8s.io/kwok",
        "metrics-server": "sigs.k8s.io/metrics-server",
        "prometheus": "github.com/prometheus/prometheus",
    }[program.name]
    pinned = re.search(rf"^\s*(?:require )?{module} v(\S+)", (program.folder / "go.mod").read_text(), re.MULTILINE)
    assert pinned is not None
    # Prometheus numbers its module apart from its releases: 3.15.1 is v0.315.1.
    number = program.version
    if program.name == "prometheus":
        major, minor, patch = number.split(".")
        number = f"0.{major}{int(minor):02}.{patch}"
    assert pinned[1] == number
    assert (program.folder / "go.sum").stat().st_size > 0


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_the_go_from_pypi_can_build_every_program(program: Program) -> None:
    assert tuple(map(int, toolchain.PACKAGE_VERSION.split("."))) >= program.go_version() > (1, 0)


def test_other_flags_belong_into_another_folder() -> None:
    other = dataclasses.replace(KUBERNETES, ldflags="-X a=b")
    assert other.fingerprint() != KUBERNETES.fingerprint()
    assert dataclasses.replace(KUBERNETES).fingerprint() == KUBERNETES.fingerprint()
