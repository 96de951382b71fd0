# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sends requests over the official REST client: timeouts inside the deadline, retries, one reload of credentials."""

from __future__ import annotations

import datetime
import email.utils
import json
import time
from typing import Any

from ansible_collections.hotswap.runbooks.plugins.module_utils.deadline import Deadline
from ansible_collections.hotswap.runbooks.plugins.module_utils.errors import RunbookError, TimedOut
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.network import failure_from, network_errors
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.request import Answer, Request
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.retry import AttemptFailed, Attempts, Budget
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.session import Login, Session
from ansible_collections.hotswap.runbooks.plugins.module_utils.kubernetes.statuses import failure_of

CONNECT_S = 5.0
ANSWER_S = 15.0
_CHUNK = 65536
_ERROR_BYTES = 1 << 20


class Transport:
    """Thread-safe. ``answer_s`` bounds the wait for one attempt's answer, the deadline bounds everything."""

    def __init__(self, session: Session, deadline: Deadline, budget: Budget, answer_s: float = ANSWER_S) -> None:
        self.session = session
        self.deadline = deadline
        self.budget = budget
        self.answer_s = answer_s
        self.ahead = datetime.timedelta(0)
        """By how much the API server's clock is ahead of ours, as of the last answer that told it."""

    def call(self, request: Request, at_most: int | None = None) -> Answer:
        """The whole answer, or its first ``at_most`` bytes. Raises a RunbookError for everything but 2xx.

        The error of a request that may have been done all the same carries the fact ``uncertain``.
        """
        attempts = Attempts(self.budget, self.deadline)
        renewed = False
        while True:
            login = self.session.login(self.deadline)
            try:
                return self._attempt(request, login, at_most)
            except AttemptFailed as failed:
                if failed.error.facts.get("http_status") == 401 and not renewed:
                    renewed = True
                    if self.session.renew(login, self.deadline) is not None:
                        continue
                pause = attempts.pause_after(failed, request.idempotent)
                if pause is None:
                    raise self._given_up(failed.error, attempts) from None
                self.deadline.sleep(pause)

    def open(self, request: Request, silence_s: float) -> Any:
        """The open stream of an answer, one attempt; reading from it raises after ``silence_s`` without a byte."""
        login = self.session.login(self.deadline)
        response = self._send(request, login, min(silence_s, self.deadline.timeout(silence_s, request.doing)))
        if not 200 <= response.status < 300:
            failed = failure_of(request, self._collect(response, request, login, _ERROR_BYTES))
            if failed.error.facts.get("http_status") == 401:
                self.session.renew(login, self.deadline)
            raise failed
        return response

    def _attempt(self, request: Request, login: Login, at_most: int | None) -> Answer:
        limit = self.deadline.timeout(self.answer_s, request.doing)
        response = self._send(request, login, limit)
        ok = 200 <= response.status < 300
        answer = self._collect(response, request, login, at_most if ok else _ERROR_BYTES)
        if not ok:
            raise failure_of(request, answer)
        return answer

    def _send(self, request: Request, login: Login, limit: float) -> Any:
        from urllib3 import Timeout

        headers = login.headers()
        headers["Accept"] = request.accept
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        body = None if request.body is None else json.dumps(request.body)
        url = login.host + request.path
        started = time.monotonic()
        try:
            # The official client's pool (TLS, proxies), below its request(): that one has changed from release to
            # release, and preloads bodies.
            return login.rest.pool_manager.request(
                request.method,
                url,
                headers=headers,
                body=body,
                timeout=Timeout(connect=min(CONNECT_S, limit), read=limit),
                retries=False,
                redirect=False,
                preload_content=False,
            )
        except network_errors() as problem:
            raise failure_from(problem, request, login.host, time.monotonic() - started) from problem

    def _collect(self, response: Any, request: Request, login: Login, at_most: int | None) -> Answer:
        """Read the body in pieces: a server that drips must not outlast the deadline, a log not fill the memory."""
        started = time.monotonic()
        read = getattr(response, "read1", response.read)
        body = bytearray()
        try:
            while at_most is None or len(body) < at_most:
                piece = read(_CHUNK)
                if not piece:
                    response.release_conn()
                    break
                body += piece
                if self.deadline.expired():
                    raise TimedOut(f"The deadline of {self.deadline.seconds:g} s passed while {request.doing}.")
            else:
                response.close()
        except network_errors() as problem:
            response.close()
            raise failure_from(problem, request, login.host, time.monotonic() - started) from problem
        except RunbookError:
            response.close()
            raise
        names = {name.lower(): value for name, value in response.headers.items()}
        self._compare_clocks(names.get("date"))
        return Answer(response.status, names, bytes(body[:at_most]), login.host)

    def _compare_clocks(self, date: str | None) -> None:
        try:
            told = email.utils.parsedate_to_datetime(date) if date else None
        except ValueError:
            return
        if told is not None and told.tzinfo is not None:
            self.ahead = told - datetime.datetime.now(datetime.UTC)

    def _given_up(self, error: RunbookError, attempts: Attempts) -> RunbookError:
        if attempts.uncertain:
            error.facts["uncertain"] = True
        if attempts.made > 1:
            error.facts["attempts"] = attempts.made
            error.message = f"{error.message.rstrip('.')} (tried {attempts.made} times)."
        return error
