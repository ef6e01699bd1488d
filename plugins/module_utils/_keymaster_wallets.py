# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which wallets the service funds, of what its configuration says. Private to the collection.

By the same functions as the modules, so that service and playbook agree on every wallet. Pure: no ansible, no AWS;
errors are :class:`ValueError`.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import NetworkFunding, Wallet
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_settings import read_settings, require_caps
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_wallets import (
    bank_key,
    find_wallets,
    key_problem,
    with_addresses,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_config import Config

Key: t.TypeAlias = "t.Mapping[str, t.Any]"


@dataclass(frozen=True)
class Watched:
    """What does not change while the service runs: settings, wallets without their addresses, and the bank's key."""

    settings: t.Mapping[str, NetworkFunding]
    wallets: t.Sequence[Wallet]
    keys: t.Sequence[Key]
    bank: Key

    @property
    def needed(self) -> list[Key]:
        """The keys whose state is read in each pass."""
        names = {wallet.key for wallet in self.wallets} | {self.bank["name"]}
        return [key for key in self.keys if key["name"] in names]

    def with_addresses(self, rows: t.Mapping[str, Key]) -> list[Wallet]:
        """Return the wallets with the addresses of their keys as AWS has them now.

        :param rows: key name to its row, read a moment ago.
        """
        return with_addresses(self.wallets, rows, self.keys)

    def bank_address(self, rows: t.Mapping[str, Key]) -> str | None:
        return (rows.get(self.bank["name"]) or {}).get("address")

    def bank_problem(self, rows: t.Mapping[str, Key]) -> str | None:
        """Return why nothing can be paid at all, or None."""
        return key_problem(self.bank, rows.get(self.bank["name"]))


def watched(config: Config) -> Watched:
    """Return what a configuration asks for. :raises ValueError: where it asks for what does not fit together."""
    keys = [{**key, "region": key["region"] or config.region} for key in config.signing_keys]
    settings = read_settings(config.networks, config.funding)
    for network, one in settings.items():
        if config.sends and one.chain_id is None:
            raise ValueError(
                f"networks.{network} has no chain_id. Expected: the chain's number, which its node is compared with"
                f" before money is sent. Add it to agent_ops_network in host_vars/{network}.yml"
            )
    if config.sends and config.protected:
        require_caps(settings)
    bank = bank_key(keys, config.environment, config.bank_key, agents=config.agents)
    wallets = find_wallets(
        config.networks,
        settings,
        config.agents,
        keys=keys,
        funding=config.funding,
        signer=config.transaction_signer,
    )
    return Watched(
        settings={name: settings[name] for name in config.only},
        wallets=[wallet for wallet in wallets if wallet.network in config.only],
        keys=keys,
        bank=bank,
    )
