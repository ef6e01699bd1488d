# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks the nodes of several networks side by side. Private to the collection.

An edge; what asks one node comes as a parameter.
"""

from __future__ import annotations

import threading
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_drift import (
    Difference,
    Question,
    chain_differences,
    difference,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import Call, RpcError


class Node(t.Protocol):
    def batch(self, calls: t.Sequence[Call]) -> list[t.Any]: ...


def ask(
    asked: t.Sequence[Question],
    connect: t.Callable[[str], Node],
    chain_ids: t.Mapping[str, int],
    timeout: float,
) -> list[Difference]:
    """Return what differs on each network's chain. A network whose node does not answer is one difference.

    :param connect: network -> its node. It and the node raise :class:`RpcError`.
    :param chain_ids: network -> the number that its node must give, of the networks of which that is known.
    :param timeout: seconds after which an answer is not waited for any more, whatever the node sends meanwhile.
    """
    by_network: dict[str, list[Question]] = {}
    for question in asked:
        by_network.setdefault(question.network, []).append(question)
    outcomes: dict[str, list[Difference]] = {}

    def run(network: str) -> None:
        try:
            outcomes[network] = _ask_one(network, by_network[network], connect(network), chain_ids.get(network))
        except RpcError as exc:
            outcomes[network] = [_silent(network, str(exc))]

    # Daemons, since a node that sends its answer byte by byte must not keep the module from ending.
    threads = {network: threading.Thread(target=run, args=(network,), daemon=True) for network in by_network}
    for thread in threads.values():
        thread.start()
    for network, thread in threads.items():
        thread.join(timeout)
        outcomes.setdefault(network, [_silent(network, f"no whole answer within {timeout:g} s")])
    return [one for network in by_network for one in outcomes[network]]


def _ask_one(network: str, asked: t.Sequence[Question], node: Node, chain_id: int | None) -> list[Difference]:
    first, *answers = node.batch([("eth_chainId", []), *(question.call() for question in asked)])
    if isinstance(first, RpcError):
        return [_silent(network, str(first))]
    if chain_id is not None and _number(first) is None:
        return [_silent(network, "what the node says of its chain is not a number")]
    if chain_id is not None and _number(first) != chain_id:
        text = (
            f"The node of {network} is of the chain {_number(first)}. Expected: {chain_id}, the chain_id that"
            " agent_ops_network gives. Correct the network's RPC URL"
        )
        return [difference(network, "chain", text, _number(first), chain_id)]
    return chain_differences(asked, answers)


def _number(value: t.Any) -> int | None:
    try:
        return int(value, 16)
    except (TypeError, ValueError):
        return None


def _silent(network: str, why: str) -> Difference:
    return difference(network, "chain", f"The chain of {network} could not be asked: {why}")
