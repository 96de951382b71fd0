"""A small git repository: what the team committed today."""

from __future__ import annotations

import datetime
import os
import shutil
import subprocess
from pathlib import Path

from hotswap_runbooks.gameday.errors import PracticeError

_APPSETTINGS = '{\n  "Database": {"MaxPoolSize": %d},\n  "HttpClientTimeout": 10000\n}\n'
# hours ago, author, subject, file, content
COMMITS = (
    (30, "Dana Ruiz", "Describe the service", "README.md", "# hotswap-api\n"),
    (7, "Kim Olsen", "Add the settings of the database pool", "appsettings.json", _APPSETTINGS % 10),
    (3, "Dana Ruiz", "Raise the database pool to 20 connections", "appsettings.json", _APPSETTINGS % 20),
    (1, "Kim Olsen", "Release 1", "VERSION", "1\n"),
)


def create(folder: Path) -> bool:
    """Create the repository; an existing one is kept. False when there is no git on this machine."""
    if (folder / ".git").exists():
        return True
    git = shutil.which("git")
    if git is None:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.datetime.now(datetime.UTC)
    _run(git, folder, "init", "--quiet", "--initial-branch=main")
    for hours, author, subject, name, content in COMMITS:
        (folder / name).write_text(content, encoding="utf-8")
        _run(git, folder, "add", name)
        when = (now - datetime.timedelta(hours=hours)).isoformat(timespec="seconds")
        _run(git, folder, "commit", "--quiet", "--message", subject, author=author, when=when)
    return True


def _run(git: str, folder: Path, *arguments: str, author: str = "gameday", when: str = "") -> None:
    # Nothing of the user's own git settings (hooks, signing, templates) may take part.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_NAME": author, f"GIT_{role}_EMAIL": "team@example.com"}
        if when:
            environment[f"GIT_{role}_DATE"] = when
    done = subprocess.run([git, *arguments], cwd=folder, env=environment, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise PracticeError(f"The sample git repository failed at `git {arguments[0]}`: {done.stderr.strip()[:300]}")
