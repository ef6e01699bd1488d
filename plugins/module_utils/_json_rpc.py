# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a chain's node by JSON-RPC over HTTP. Private to the collection.

An edge, on Python's own library. The URL often holds an API key: no error names it, nor any part of it. What opens the
connections comes as a parameter.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import time
import typing as t
import urllib.error
import urllib.request
from urllib.parse import unquote, urlsplit, urlunsplit

from ansible_collections.interchain.agent_ops.plugins.module_utils._report import plain

_LARGEST = 32 * 1024 * 1024
_CHUNK = 65536
_BUSY = (429, 502, 503, 504)
_SHORTEST_SECRET = 4
_HIDDEN = "***"
_OWN_HOSTS = ("127.0.0.1", "::1", "localhost")

Call: t.TypeAlias = "tuple[str, t.Sequence[t.Any]]"


class RpcError(Exception):
    """A node did not answer, or answered with an error. The text has nothing of the URL.

    :param code: the error's number in JSON-RPC, None if there was no such answer.
    """

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.code = code


class Response(t.Protocol):
    def read1(self, amount: int, /) -> bytes: ...

    def close(self) -> None: ...


Opener: t.TypeAlias = "t.Callable[[urllib.request.Request, float], Response]"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST loses its body, and would take the URL's secrets elsewhere."""

    def redirect_request(self, *_args: t.Any, **_kwargs: t.Any) -> None:
        return None


def default_opener(url: str) -> Opener:
    """Return what opens connections as the environment says; a proxy has no business before this machine's own node."""
    own = (urlsplit(url).hostname or "") in _OWN_HOSTS
    director = urllib.request.build_opener(_NoRedirect(), *([urllib.request.ProxyHandler({})] if own else []))

    def open_request(request: urllib.request.Request, timeout: float) -> Response:
        return t.cast(Response, director.open(request, timeout=timeout))

    return open_request


class JsonRpc:
    """A node. Every call ends within the time limit, give or take one last piece of an answer."""

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 10.0,
        attempts: int = 3,
        opener: Opener | None = None,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self._secrets = _secrets_of(url)
        self._url, self._headers = _target(url)
        self._timeout = timeout
        self._attempts = attempts
        self._open = opener or default_opener(self._url)
        self._sleep = sleep
        self._number = 0

    def call(self, method: str, *params: t.Any) -> t.Any:
        """Return a call's result. :raises RpcError: if there is none."""
        answer = self._tried(self._request(method, params))
        if isinstance(answer, RpcError):
            raise answer
        return answer

    def batch(self, calls: t.Sequence[Call]) -> list[t.Any]:
        """Return what each call gives, in this order: its result, or the :class:`RpcError` that came instead.

        A node that takes no batches is asked one by one. :raises RpcError: if it does not answer at all.
        """
        if not calls:
            return []
        requests = [self._request(method, params) for method, params in calls]
        try:
            answers = self._post(requests)
        except RpcError as exc:
            if exc.code is None:
                raise
            answers = None
        if not isinstance(answers, list):
            return [self._tried(request) for request in requests]
        known = {one["id"]: one for one in answers if isinstance(one, dict) and _is_number(one.get("id"))}
        return [self._outcome(known.get(request["id"])) for request in requests]

    def _request(self, method: str, params: t.Sequence[t.Any]) -> dict[str, t.Any]:
        self._number += 1
        return {"jsonrpc": "2.0", "id": self._number, "method": method, "params": list(params)}

    def _tried(self, request: dict[str, t.Any]) -> t.Any:
        answer = self._post(request)
        if not isinstance(answer, dict):
            return RpcError("the node's answer is not one of JSON-RPC")
        if answer.get("error") is None and "result" in answer and answer.get("id") != request["id"]:
            return RpcError("the node answered another call than it was asked")
        return self._outcome(answer)

    def _outcome(self, answer: t.Mapping[str, t.Any] | None) -> t.Any:
        if answer is None:
            return RpcError("the node left a call of a batch unanswered")
        try:
            return self._result(answer)
        except RpcError as exc:
            return exc

    def _result(self, answer: t.Mapping[str, t.Any]) -> t.Any:
        error = answer.get("error")
        if isinstance(error, dict):
            code = error.get("code")
            text = self._hidden(plain(error.get("message")))
            raise RpcError(f"the node says: {text} ({code})", code if isinstance(code, int) else 0)
        if error is not None or "result" not in answer:
            raise RpcError("the node's answer is not one of JSON-RPC", 0)
        return answer["result"]

    def _hidden(self, text: str) -> str:
        for secret in self._secrets:
            text = re.sub(re.escape(secret), _HIDDEN, text, flags=re.IGNORECASE)
        return text[:300]

    def _post(self, body: t.Any) -> t.Any:
        """Send a request, again if the node is busy, until the time limit. All that is asked bears a repetition."""
        end = time.monotonic() + self._timeout
        for attempt in range(1, self._attempts + 1):
            try:
                return self._post_once(body, end)
            except _Busy as exc:
                pause = min(0.25 * 2**attempt, 2.0)
                if attempt == self._attempts or time.monotonic() + pause >= end:
                    raise RpcError(str(exc)) from None
                self._sleep(pause)
        raise AssertionError("the loop returns or raises")  # pragma: no cover

    def _post_once(self, body: t.Any, end: float) -> t.Any:
        request = urllib.request.Request(  # noqa: S310  the scheme is checked where the URL is taken apart
            self._url, data=json.dumps(body).encode(), headers=self._headers, method="POST"
        )
        problem: Exception
        try:
            response = self._open(request, max(end - time.monotonic(), 0.1))
            try:
                data = self._read(response, end)
            finally:
                response.close()
            return json.loads(data)
        except urllib.error.HTTPError as exc:
            status = exc.code
            answer = _error_body(exc)
            if answer is not None:
                # Some nodes send an error of JSON-RPC with a status of HTTP that says the same.
                return answer
            text = f"the node answers with HTTP status {status}"
            problem = _Busy(text) if status in _BUSY else RpcError(text, 0 if status < 500 else None)
        except TimeoutError:
            problem = self._late()
        except urllib.error.URLError as exc:
            problem = self._late() if isinstance(exc.reason, TimeoutError) else RpcError(_unreachable(exc.reason))
        except (OSError, http.client.HTTPException) as exc:
            problem = RpcError(_unreachable(exc))
        except (ValueError, RecursionError):
            problem = RpcError("the node's answer is not JSON")
        raise problem from None

    def _read(self, response: Response, end: float) -> bytes:
        data = b""
        # What has come, not all that was announced: a node that sends byte by byte is not waited for.
        while chunk := response.read1(_CHUNK):
            data += chunk
            if time.monotonic() > end:
                raise TimeoutError
            if len(data) > _LARGEST:
                raise RpcError("the node's answer is too long")
        return data

    def _late(self) -> RpcError:
        return RpcError(f"the node did not answer within {self._timeout:g} s")


def network_node(network: str, rpc_urls: t.Mapping[str, t.Any], *, timeout: float) -> JsonRpc:
    """Return a network's node. :raises RpcError: if the inventory gives no URL for it, or none that can be used."""
    url = rpc_urls.get(network)
    if not isinstance(url, str) or not url:
        raise RpcError(
            f"there is no RPC URL. Expected: rpc_url in agent_ops_network of host_vars/{network}.yml, or a value in the"
            " environment variable that it names"
        )
    return JsonRpc(url, timeout=timeout)


def is_own_machine(url: t.Any) -> bool:
    """Say whether a URL leads to this machine."""
    try:
        return isinstance(url, str) and (urlsplit(url).hostname or "") in _OWN_HOSTS
    except ValueError:
        return False


class _Busy(Exception):
    """The node may answer if it is asked again."""


def _is_number(value: t.Any) -> bool:
    """Whether a value can be the id of a request: True is a 1 as well, and a list is the key of nothing."""
    return isinstance(value, int) and not isinstance(value, bool)


def _error_body(response: urllib.error.HTTPError) -> t.Any:
    try:
        answer = json.loads(response.read(_CHUNK))
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        response.close()
    return answer if isinstance(answer, dict) and isinstance(answer.get("error"), dict) else None


def _unreachable(reason: t.Any) -> str:
    """Return why a node cannot be reached, in words that the system chose: other errors quote the URL."""
    verify = getattr(reason, "verify_message", None)
    if verify:
        return f"the node's certificate is not accepted: {verify}"
    text = reason.strerror if isinstance(reason, OSError) and reason.errno and reason.strerror else None
    return f"the node cannot be reached: {text or type(reason).__name__}"


def _target(url: str) -> tuple[str, dict[str, str]]:
    """Return the URL without user and password, and the headers, which carry them instead."""
    headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "interchain.agent_ops"}
    problem = None
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
    except ValueError:
        problem = "it cannot be taken apart"
    else:
        if parts.scheme not in ("http", "https"):
            problem = "it does not begin with http:// or https://"
        elif not host or re.search(r"\s", url) or not url.isascii():
            problem = "it has no host, or characters that a URL has not"
    if problem:
        raise RpcError(f"the RPC URL cannot be used: {problem}")
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    netloc = (f"[{host}]" if ":" in host else host) + (f":{port}" if port is not None else "")
    return urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, "")), headers


def _secrets_of(url: str) -> list[str]:
    """Return the parts of a URL that must not be seen, longest first."""
    found = {url}
    rest = re.sub(r"\A[a-z]+://", "", url, flags=re.IGNORECASE)
    found.update(re.split(r"[/?&=#@:,;]", rest))
    found.update(unquote(part) for part in list(found))
    return sorted((part for part in found if len(part) >= _SHORTEST_SECRET), key=len, reverse=True)
