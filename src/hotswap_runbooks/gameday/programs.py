"""The server programs that are built from Go modules, and which versions of the machine's own do as well."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

Version = tuple[int, int]
MODULES = Path(__file__).parent / "gomodules"
_VERSION_PACKAGE = "k8s.io/component-base/version"


@dataclass(frozen=True)
class Program:
    """One Go module in `gomodules/NAME/` and the binaries built from it."""

    name: str
    version: str
    packages: Mapping[str, str]  # binary -> Go package
    at_least: Version  # oldest version found on the machine that will do
    seconds: int  # about what a cold build takes on two cores
    ldflags: str = ""
    tags: str = ""

    @property
    def folder(self) -> Path:
        return MODULES / self.name

    def fingerprint(self) -> str:
        """Changes whenever a build from here could give other binaries."""
        content = hashlib.sha256()
        for part in (
            (self.folder / "go.mod").read_bytes(),
            (self.folder / "go.sum").read_bytes(),
            repr((sorted(self.packages.items()), self.ldflags, self.tags)).encode(),
        ):
            content.update(part)
        return content.hexdigest()[:12]

    def go_version(self) -> tuple[int, ...]:
        """The Go that its go.mod asks for."""
        found = re.search(r"^go (\d+)\.(\d+)(?:\.(\d+))?$", (self.folder / "go.mod").read_text(), re.MULTILINE)
        return tuple(int(number or 0) for number in found.groups()) if found else (0, 0, 0)


PROGRAMS = (
    Program("etcd", "3.6.8", {"etcd": "go.etcd.io/etcd/server/v3"}, (3, 5), 25),
    Program(
        "kubernetes",
        "1.36.3",
        {
            name: f"k8s.io/kubernetes/cmd/{name}"
            for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
        },
        (1, 33),
        270,
        ldflags=f"-X {_VERSION_PACKAGE}.gitVersion=v1.36.3 -X {_VERSION_PACKAGE}.gitMajor=1 "
        f"-X {_VERSION_PACKAGE}.gitMinor=36",
    ),
    Program("kwok", "0.8.0", {"kwok": "sigs.k8s.io/kwok/cmd/kwok"}, (0, 8), 60),
    Program(
        "metrics-server", "0.9.0", {"metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server"}, (0, 8), 110
    ),
    Program(
        "prometheus",
        "3.15.1",
        {"prometheus": "github.com/prometheus/prometheus/cmd/prometheus"},
        (3, 0),
        95,
        ldflags="-X github.com/prometheus/common/version.Version=3.15.1",
        tags="netgo,remove_all_sd",
    ),
)


def version_in(text: str) -> Version | None:
    """The first version a program's `--version` names, as (major, minor); None when it names none."""
    found = re.search(r"\bv?(\d+)\.(\d+)(?:\.\d+)?", text)
    return (int(found[1]), int(found[2])) if found else None


def usable(program: Program, found: Mapping[str, Version]) -> bool:
    """Whether binaries found on the machine can stand in: all of them, new enough, and of one minor version."""
    if set(found) != set(program.packages):
        return False
    versions = set(found.values())
    return len(versions) == 1 and min(versions) >= program.at_least
