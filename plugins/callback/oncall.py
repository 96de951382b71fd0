# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the person on call sees: what was found, what was done, what failed and what to do next."""

from __future__ import annotations

DOCUMENTATION = r"""
name: oncall
type: stdout
short_description: Plain lines for the person on call
description:
  - Shows messages as plain text, changes and failures in one line each, and nothing else.
  - A failure shows the sentence and the next step, not a dictionary.
  - Raise the verbosity (C(-v)) to see the steps that changed nothing, too.
extends_documentation_fragment:
  - ansible.builtin.default_callback
"""

import re
import time
from typing import Any

from ansible import constants
from ansible.plugins.callback import CallbackBase, strip_internal_keys

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "hotswap.runbooks.oncall"

    def __init__(self) -> None:
        super().__init__()
        self._hosts = 1
        self._dry_run = False
        self._started: dict[str, float] = {}
        self._warned: set[str] = set()

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._hosts = len(play.get_variable_manager()._inventory.get_hosts(play.hosts)) if play.hosts else 1
        title = play.get_name().strip()
        self._dry_run = bool(play.check_mode)
        if self._dry_run:
            title += "  (check mode: nothing is changed)"
        self._line(title, constants.COLOR_HIGHLIGHT)

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        self._started[f"{host}/{task._uuid}"] = time.monotonic()

    def v2_runner_on_ok(self, result: Any) -> None:
        answer = result._result
        if result._task.loop and "results" in answer:
            return
        self._warn(result)
        message = answer.get("msg")
        if result._task.action in constants._ACTION_DEBUG:
            self._show(result, message if "msg" in answer else strip_internal_keys(dict(answer)))
            return
        text = answer.get("summary") or ""
        if answer.get("changed") and result._task.check_mode and not self._dry_run:
            # A plan inside a real run; the play itself shows it where a person decides.
            self._show_diff(answer)
        elif answer.get("changed"):
            self._mark("changed", result, text, constants.COLOR_CHANGED)
            self._show_diff(answer)
        elif text and not result._task.no_log:
            self._mark("ok", result, text, constants.COLOR_OK)
        elif self._display.verbosity:
            self._mark("ok", result, "", constants.COLOR_OK)

    v2_runner_item_on_ok = v2_runner_on_ok

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        if result._task.loop and "results" in result._result:
            return
        if ignore_errors and not self._display.verbosity:
            return
        color = constants.COLOR_SKIP if ignore_errors else constants.COLOR_ERROR
        self._mark("ignored" if ignore_errors else "FAILED", result, str(result._result.get("msg", "")), color)

    v2_runner_item_on_failed = v2_runner_on_failed

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._mark("UNREACHABLE", result, str(result._result.get("msg", "")), constants.COLOR_UNREACHABLE)

    def v2_playbook_on_no_hosts_matched(self) -> None:
        self._line("No service matches: check the inventory (-i) and the limit (-l).", constants.COLOR_ERROR)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        if self._display.verbosity or self._hosts > 1:
            for host in sorted(stats.processed):
                totals = stats.summarize(host)
                self._line(f"{host}: " + ", ".join(f"{count} {what}" for what, count in totals.items() if count))

    def _warn(self, result: Any) -> None:
        """Say what a step warns of, with its plan already: a person reads it before deciding. Once is enough."""
        for warning in result._result.get("warnings") or []:
            text = self._named(result, f"WARNING: {' '.join(str(warning).split())}")
            if text not in self._warned:
                self._warned.add(text)
                self._line(text, constants.COLOR_WARN)

    def _show(self, result: Any, message: Any) -> None:
        lines = message if isinstance(message, list) else [self._dump(message)]
        for line in lines:
            for part in str(line).split("\n"):
                self._line(self._named(result, part))

    def _dump(self, message: Any) -> str:
        return message if isinstance(message, str) else self._dump_results(message, indent=2)

    def _show_diff(self, answer: dict[str, Any]) -> None:
        if answer.get("diff") and self._display.verbosity >= 0 and answer.get("_ansible_diff", True):
            text = self._get_diff(answer["diff"])
            if text:
                self._display.display(text.rstrip())

    def _mark(self, mark: str, result: Any, text: str, color: str) -> None:
        started = self._started.get(f"{result._host}/{result._task._uuid}")
        took = "" if started is None else f" ({time.monotonic() - started:.1f} s)"
        name = result._task.get_name().partition(" : ")[2] or result._task.get_name()
        said = f": {' '.join(text.split())}" if text else ""
        self._line(self._named(result, f"{mark}: {name}{said}{took}"), color)

    def _named(self, result: Any, text: str) -> str:
        return f"[{result._host.get_name()}] {text}" if self._hosts > 1 else text

    def _line(self, text: str, color: str | None = None) -> None:
        self._display.display(_CONTROLS.sub("", text), color=color)
