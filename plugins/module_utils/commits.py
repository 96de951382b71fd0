# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What changed lately in a git checkout, read without running anything that the checkout brings along."""

from __future__ import annotations

import datetime
import os
import subprocess
from pathlib import Path
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, Precondition, TimedOut
from ansible_collections.hotswap.runbooks.plugins.module_utils.text import one_line

_DAY = datetime.timedelta(hours=24)
_MOST = 20
_FIELDS = ("%H", "%cI", "%an", "%s")
# The checkout's own configuration may name programs (fsmonitor, pager, hooks, signature checker): none is run.
# It may belong to another user, as on a CI machine: reading its history is harmless then, too.
_SAFE = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "log.showSignature=false",
    "safe.directory=*",
)


def read_commits(repository: str, deadline: Deadline) -> dict[str, Any]:
    """The last 24 hours, newest first, at most 20 commits.

    ``{repository, branch, items: [{id, when, author, subject}], since}``; ``branch`` is null on a detached
    head. Raises BadInput for a path that is no checkout, Precondition without git.
    """
    path = Path(repository).expanduser()
    if not path.is_dir():
        raise BadInput(f"service_repository {repository!r} is not a folder.", "Name the path of a git checkout.")
    since = datetime.datetime.now(datetime.UTC) - _DAY
    branch = _git(path, deadline, "symbolic-ref", "--quiet", "--short", "HEAD")
    log = _git(
        path, deadline, "log", f"--max-count={_MOST}", f"--since={since.isoformat()}", "--no-show-signature", "-z",
        f"--format={'%x00'.join(_FIELDS)}", "HEAD", "--",
    )  # fmt: skip
    if log.returncode != 0:
        _refuse(repository, log.stderr)
    return {
        "repository": repository,
        "branch": one_line(branch.stdout, 200) or None,
        "items": _items(log.stdout),
        "since": _utc(since),
    }


def _git(path: Path, deadline: Deadline, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    settings = [part for setting in _SAFE for part in ("-c", setting)]
    try:
        return subprocess.run(
            ["git", "--no-pager", *settings, "-C", str(path), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            env=_environment(),
            timeout=deadline.timeout(30.0, f"reading the history of {path}"),
        )
    except FileNotFoundError as error:
        raise Precondition("git is not installed, so recent commits cannot be read.", "Install git.") from error
    except subprocess.TimeoutExpired as error:
        raise TimedOut(f"git took longer than {error.timeout:.3g} s for the history of {path}.") from error


def _environment() -> dict[str, str]:
    """Nothing of the caller's GIT_* settings; no prompt, no lock, no fetching of what is missing."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    neutral = {
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
    }
    return kept | neutral


def _items(output: bytes) -> list[dict[str, str]]:
    """A commit is as many NUL-ended fields as were asked for: its text cannot hold a NUL."""
    fields = output.split(b"\0")
    rows = [fields[i : i + len(_FIELDS)] for i in range(0, len(fields) - len(_FIELDS) + 1, len(_FIELDS))]
    return [
        {
            "id": one_line(commit, 64),
            "when": _utc(datetime.datetime.fromisoformat(when.decode("ascii", "replace"))),
            "author": one_line(author, 100),
            "subject": one_line(subject, 200),
        }
        for commit, when, author, subject in rows
    ]


def _utc(when: datetime.datetime) -> str:
    return when.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _refuse(repository: str, stderr: bytes) -> None:
    says = one_line(stderr, 300)
    if "not a git repository" in says:
        raise BadInput(f"{repository!r} is not a git checkout.", "Name the path of one in service_repository.")
    if "does not have any commits" in says or "ambiguous argument 'HEAD'" in says or "bad revision 'HEAD'" in says:
        raise BadInput(f"{repository!r} has no commits yet.", "Name another checkout in service_repository.")
    raise Precondition(f"git could not read the history of {repository!r}: {says}", "Run git log there.")
