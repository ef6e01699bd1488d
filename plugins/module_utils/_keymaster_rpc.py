# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node whose requests, errors and answers' times are counted. Private to the collection. Pure: no ansible, no AWS."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import Node
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import RpcError

REFUSED, UNANSWERED = "refused", "unanswered"
ERRORS = (REFUSED, UNANSWERED)
"""``refused``: the node answered, with an error. ``unanswered``: no answer came that is one."""

BATCH = "batch"
"""The method of what fails or takes its time as a whole: many calls in one request."""


class Meter(t.Protocol):
    """What counts."""

    def rpc_request(self, network: str, method: str, amount: int = 1) -> None: ...

    def rpc_error(self, network: str, method: str, kind: str) -> None: ...

    def rpc_seconds(self, network: str, method: str, seconds: float) -> None: ...


class MeteredNode:
    """Asks a node, and counts. Methods are those that this collection calls: no label comes from outside."""

    def __init__(
        self, node: Node, network: str, meter: Meter, *, clock: t.Callable[[], float] = time.perf_counter
    ) -> None:
        self._node = node
        self._network = network
        self._meter = meter
        self._clock = clock

    def call(self, method: str, *params: t.Any) -> t.Any:
        self._meter.rpc_request(self._network, method)
        begin = self._clock()
        try:
            return self._node.call(method, *params)
        except RpcError as exc:
            self._failed(method, exc)
            raise
        finally:
            self._meter.rpc_seconds(self._network, method, self._clock() - begin)

    def batch(self, calls: t.Sequence[tuple[str, t.Sequence[t.Any]]]) -> list[t.Any]:
        counts: dict[str, int] = {}
        for method, _params in calls:
            counts[method] = counts.get(method, 0) + 1
        for method, amount in counts.items():
            self._meter.rpc_request(self._network, method, amount)
        begin = self._clock()
        try:
            answers = self._node.batch(calls)
        except RpcError as exc:
            self._failed(BATCH, exc)
            raise
        finally:
            if calls:
                self._meter.rpc_seconds(self._network, BATCH, self._clock() - begin)
        for (method, _params), answer in zip(calls, answers, strict=False):
            if isinstance(answer, RpcError):
                self._failed(method, answer)
        return answers

    def _failed(self, method: str, error: RpcError) -> None:
        self._meter.rpc_error(self._network, method, UNANSWERED if error.code is None else REFUSED)
