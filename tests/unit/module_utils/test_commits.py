"""Recent commits, also of a checkout that means harm."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from ansible_collections.hotswap.runbooks.plugins.module_utils.commits import read_commits
from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import BadInput, Precondition, TimedOut


def git(folder: Path, *arguments: str, **environment: str) -> None:
    identity = {
        "GIT_AUTHOR_NAME": "Ann",
        "GIT_AUTHOR_EMAIL": "a@x",
        "GIT_COMMITTER_NAME": "C",
        "GIT_COMMITTER_EMAIL": "c@x",
    }
    subprocess.run(
        ["git", "-C", str(folder), *arguments],
        check=True,
        capture_output=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, **identity, **environment},
    )


def commit(folder: Path, subject: str, **environment: str) -> None:
    git(folder, "commit", "--allow-empty", "--cleanup=verbatim", "-m", subject, **environment)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


def test_the_last_day_is_listed_newest_first_and_older_commits_are_not(checkout: Path) -> None:
    commit(checkout, "long ago", GIT_COMMITTER_DATE="2020-01-01T00:00:00+0000")
    commit(checkout, "an hour ago", GIT_COMMITTER_DATE=f"{int(time.time()) - 3600} +0200")
    commit(checkout, "now")
    found = read_commits(str(checkout), Deadline(10))
    assert [item["subject"] for item in found["items"]] == ["now", "an hour ago"]
    assert (found["branch"], found["repository"]) == ("main", str(checkout))
    assert found["items"][0]["author"] == "Ann"
    assert len(found["items"][0]["id"]) == 40
    expected = time.strftime("%Y-%m-%dT%H", time.gmtime(time.time() - 3600))
    assert found["items"][1]["when"].startswith(expected)
    assert found["items"][1]["when"].endswith("Z")


def test_at_most_twenty_are_listed(checkout: Path) -> None:
    for number in range(22):
        commit(checkout, str(number))
    assert [item["subject"] for item in read_commits(str(checkout), Deadline(20))["items"]][::19] == ["21", "2"]


def test_row_77_hostile_text_stays_in_its_field(checkout: Path) -> None:
    commit(checkout, "fix \x1b[31mred\x1b[0m \u202eevil {{ lookup('pipe', 'id') }}\tx", GIT_AUTHOR_NAME="A|\x07%s%x00")
    commit(checkout, "x" * 5000)
    items = read_commits(str(checkout), Deadline(10))["items"]
    assert len(items) == 2
    assert len(items[0]["subject"]) == 200
    assert items[1]["subject"] == "fix red evil {{ lookup('pipe', 'id') }} x"
    assert items[1]["author"] == "A|%s%x00"


def test_nothing_that_the_checkout_configures_is_run(checkout: Path) -> None:
    commit(checkout, "one")
    trap, marker = checkout / "trap", checkout / "sprung"
    trap.write_text(f"#!/bin/sh\ntouch {marker}\n")
    trap.chmod(0o755)
    settings = ["core.fsmonitor", "core.pager", "core.sshCommand", "gpg.program", "diff.external", "pager.log"]
    for setting in settings:
        git(checkout, "config", setting, str(trap))
    git(checkout, "config", "log.showSignature", "true")
    git(checkout, "config", "core.hooksPath", str(checkout))
    assert len(read_commits(str(checkout), Deadline(10))["items"]) == 1
    assert not marker.exists()


def test_the_callers_git_settings_do_not_lead_elsewhere(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(checkout, "here")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_PAGER", "false")
    assert [item["subject"] for item in read_commits(str(checkout), Deadline(10))["items"]] == ["here"]


def test_a_checkout_of_another_user_can_be_read(checkout: Path) -> None:
    commit(checkout, "theirs")
    if os.geteuid() != 0:
        pytest.skip("needs root to give the checkout to another user")
    os.chown(checkout, 65534, 65534)
    os.chown(checkout / ".git", 65534, 65534)
    assert len(read_commits(str(checkout), Deadline(10))["items"]) == 1


def test_a_detached_head_has_no_branch(checkout: Path) -> None:
    commit(checkout, "one")
    git(checkout, "checkout", "-q", "--detach")
    assert read_commits(str(checkout), Deadline(10))["branch"] is None


def test_what_is_no_checkout_is_bad_input(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(BadInput, match=str(path)):
            read_commits(str(path), Deadline(10))


def test_a_checkout_without_commits_says_so(checkout: Path) -> None:
    with pytest.raises(BadInput, match="no commits"):
        read_commits(str(checkout), Deadline(10))


def test_a_missing_git_says_so(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(checkout))
    with pytest.raises(Precondition, match="git is not installed"):
        read_commits(str(checkout), Deadline(10))


def test_a_git_that_hangs_ends_at_the_deadline(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path_factory.mktemp("bin")
    (programs / "git").write_text("#!/bin/sh\nexec sleep 30\n")
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    start = time.monotonic()
    with pytest.raises(TimedOut):
        read_commits(str(checkout), Deadline(0.5))
    assert time.monotonic() - start < 2
