"""Where a practice environment keeps its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = ".gameday"


@dataclass(frozen=True)
class Paths:
    """The state folder and every file in it that another part reads."""

    folder: Path  # absolute

    @classmethod
    def of(cls, folder: Path | None = None) -> Paths:
        """The paths below ``folder``, by default `.gameday` of the current directory."""
        return cls((folder or Path.cwd() / FOLDER).absolute())

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    @property
    def ready(self) -> Path:
        """Exists once everything worked for the first time."""
        return self.folder / "ready"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def pids(self) -> Path:
        return self.folder / "pids"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def certificates(self) -> Path:
        return self.folder / "certificates"

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    @property
    def kubeconfig_without_rights(self) -> Path:
        return self.folder / "kubeconfig-noaccess"

    @property
    def kubeconfig_read_only(self) -> Path:
        """Of an account that may look at everything in the service's namespace and change nothing."""
        return self.folder / "kubeconfig-reader"

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory.yml"

    @property
    def env(self) -> Path:
        return self.folder / "env"

    @property
    def audit_log(self) -> Path:
        return self.folder / "audit.log"

    @property
    def podlogs(self) -> Path:
        return self.folder / "podlogs"

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    @property
    def vault_keys(self) -> Path:
        return self.folder / "vault-keys.json"

    @property
    def service_config(self) -> Path:
        return self.folder / "service.json"
