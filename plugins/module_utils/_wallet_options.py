# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the modules for wallets, and what they do with them. Private to the collection.

The argument specifications are documented in the doc fragment ``wallets``; the two are to be kept in step.
"""

from __future__ import annotations

import traceback
import typing as t
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.interchain.agent_ops.plugins.module_utils import _evm_transaction
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_key_read import (
    Found,
    read_hex_keys,
    read_kms_keys,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_signer import CHOICES, Key
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule, endpoint
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._bank_signer import HexSigner, KmsSigner
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_store import (
    EmptyStore,
    FolderPlace,
    S3Place,
    open_store,
    parse_place,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._environment import KEY_BACKENDS
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import (
    CONFIRMED,
    NetworkFunding,
    Signer,
    Store,
    Wallet,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_network import Job
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_pass import (
    NetworkReport,
    approved_amounts,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_rows import PLANNED, SENT
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_settings import (
    read_settings,
    require_caps,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_wallets import (
    BANK_AGENT,
    bank_key,
    find_wallets,
    key_problem,
    with_addresses,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import is_own_machine, network_node
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_session import kms_readers
from ansible_collections.interchain.agent_ops.plugins.module_utils._signing_key_options import call_options


def wallet_options() -> dict[str, t.Any]:
    names: dict[str, t.Any] = {"type": "list", "elements": "str"}
    return {
        "environment": {"type": "str", "required": True},
        "networks": {"type": "dict", "required": True},
        "funding": {"type": "dict", "default": {}},
        "rpc_urls": {"type": "dict", "required": True, "no_log": True},
        "rpc_timeout": {"type": "int", "default": 10},
        "check_chain_ids": {"type": "bool", "default": True},
        "only": {**names},
        "agents": {**names, "required": True},
        "signing_keys": {"type": "list", "elements": "dict", "required": True, "no_log": False},
        "backend": {"type": "str", "choices": list(KEY_BACKENDS), "required": True},
        "transaction_signer": {"type": "str", "choices": list(CHOICES), "default": "home"},
        "bank_key": {"type": "str", "no_log": False},
        **call_options(),
    }


@dataclass(frozen=True)
class Wish:
    """What the options ask for. :ivar keys: of the wallets and of the bank. :ivar bank: None where there is none."""

    settings: t.Mapping[str, NetworkFunding]
    wallets: t.Sequence[Wallet]
    keys: t.Sequence[Key]
    bank: Key | None


@dataclass(frozen=True)
class Accounts:
    """What AWS has. :ivar clients: Region -> client for where the keys live. :ivar facts: whose they are, and where."""

    found: Found
    clients: t.Mapping[str, t.Any]
    facts: t.Mapping[str, t.Any]


def read_options(module: AwsModule, region: str, *, needs_bank: bool) -> Wish:
    """Return what is asked for; fail before any call if something about it is wrong."""
    given = module.params
    networks, funding = given["networks"], given["funding"]
    try:
        for network in given["only"] or ():
            if network not in networks:
                raise ValueError(f"only names the unknown network {network!r}. Expected: of {', '.join(networks)}")
        settings = read_settings(networks, funding)
        if not given["check_chain_ids"]:
            settings = {name: replace(one, chain_id=None) for name, one in settings.items()}
        elif needs_bank:
            _require_chain_ids(settings)
        if given["rpc_timeout"] < 1:
            raise ValueError(f"rpc_timeout is {given['rpc_timeout']}. Expected: at least 1 second")
        keys = [_key(key, region) for key in given["signing_keys"]]
        bank = _bank(keys, given, needed=needs_bank)
        wallets = find_wallets(
            networks, settings, given["agents"], keys=keys, funding=funding, signer=given["transaction_signer"]
        )
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    only = given["only"] if given["only"] is not None else list(networks)
    wallets = [wallet for wallet in wallets if wallet.network in only]
    names = {wallet.key for wallet in wallets} | ({bank["name"]} if bank else set())
    return Wish(
        {name: one for name, one in settings.items() if name in only},
        wallets,
        [key for key in keys if key["name"] in names],
        bank,
    )


def _key(given: t.Mapping[str, t.Any], region: str) -> Key:
    for field in ("name", "environment", "network", "agent", "purpose"):
        if field not in given:
            raise ValueError(
                f"signing_keys has a key without {field}. Expected: keys as the filter environment_signing_keys returns"
                " them"
            )
    return {**given, "region": given.get("region") or region}


def _require_chain_ids(settings: t.Mapping[str, NetworkFunding]) -> None:
    for name, one in settings.items():
        if one.chain_id is None:
            raise ValueError(
                f"agent_ops_network of {name} has no chain_id. Expected: the chain's number, which its node is compared"
                f" with before money is sent. Add it in host_vars/{name}.yml"
            )


def refuse_without_caps(module: AwsModule, wish: Wish) -> None:
    try:
        require_caps(wish.settings)
    except ValueError as exc:
        module.fail_json(msg=str(exc))


def _bank(keys: t.Sequence[Key], given: t.Mapping[str, t.Any], *, needed: bool) -> Key | None:
    if not needed and not given["bank_key"] and not any(key["agent"] == BANK_AGENT for key in keys):
        return None
    return bank_key(keys, given["environment"], given["bank_key"], agents=given["agents"])


def read_accounts(
    module: AwsModule, wish: Wish, call: Caller, region: str, identity: t.Callable[[], dict[str, t.Any]]
) -> Accounts:
    """Read the keys as AWS has them now. Private keys stay in what is returned, and go nowhere else."""
    regions = list(dict.fromkeys([region, *(str(key["region"]) for key in wish.keys)]))
    clients: dict[str, t.Any]
    if module.params["backend"] == "kms":
        readers = kms_readers(module, call, regions, tagging=False)
        who = identity()
        found = read_kms_keys(wish.keys, {}, readers)
        clients = {name: reader.kms for name, reader in readers.items()}
    else:
        clients = {name: module.connect("secretsmanager", region=name) for name in regions}
        module.refuse_mixed_endpoints()
        who = identity()
        found = read_hex_keys(wish.keys, clients, call, workers=module.params["workers"])
        for secret in found.secrets.values():
            # Nothing here says a private key. Should a library do so, ansible takes it out.
            module._module.no_log_values.update({secret, f"0x{secret}"})
    facts = {**who, **endpoint(clients[region])}
    _refuse_others_chains(module, wish, sandbox=facts["sandbox"])
    return Accounts(found, clients, facts)


def _refuse_others_chains(module: AwsModule, wish: Wish, *, sandbox: bool) -> None:
    """A sandbox's keys are not real ones: real chains have no business with them."""
    for network in wish.settings if sandbox else ():
        url = module.params["rpc_urls"].get(network)
        if url and not is_own_machine(url):
            module.fail_json(
                msg=f"The keys are a sandbox's, but the RPC URL of {network} leads to another machine. Expected: a"
                " chain on this machine, such as anvil. Leave inventories/sandbox out to use real keys, or set"
                " AGENT_OPS_SANDBOX_RPC_URLS"
            )


def bank_problem(wish: Wish, accounts: Accounts) -> str | None:
    """Return why the bank cannot pay; None if it can."""
    return key_problem(wish.bank, accounts.found.rows.get(wish.bank["name"])) if wish.bank else None


def make_jobs(module: AwsModule, wish: Wish, accounts: Accounts) -> list[Job]:
    """Return what is to be done for each network."""
    rows = accounts.found.rows
    wallets = with_addresses(wish.wallets, rows, wish.keys)
    bank = (rows.get(wish.bank["name"]) or {}).get("address") if wish.bank else None
    # A sandbox's chain has the network's number, and nothing that the network's explorer knows.
    sandbox = accounts.facts["sandbox"]
    return [
        Job(
            replace(settings, explorer_url=None) if sandbox else settings,
            [wallet for wallet in wallets if wallet.network == name],
            partial(network_node, name, module.params["rpc_urls"], timeout=module.params["rpc_timeout"]),
            bank,
        )
        for name, settings in wish.settings.items()
    ]


def as_result(
    module: AwsModule, reports: t.Sequence[NetworkReport], accounts: Accounts, *, now: float
) -> dict[str, t.Any]:
    """Return what both modules return."""
    return {
        "environment": module.params["environment"],
        "read_at": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        "wallets": [row for report in reports for row in report.wallets],
        "networks": [report.row for report in reports],
        **accounts.facts,
    }


def read_store(module: AwsModule, *, needed: bool) -> S3Place | FolderPlace | None:
    """Return where transfers are written down; fail before any call if that is no place, or none and one is needed."""
    if not module.params["store"] and not needed:
        return None
    try:
        return parse_place(module.params["store"])
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    raise AssertionError("fail_json ends the process")  # pragma: no cover


def read_approved(module: AwsModule) -> dict[str, dict[str, int]] | None:
    """Return the most that was approved, by network and address; None: all that is planned."""
    rows = module.params["approved"]
    try:
        return None if rows is None else approved_amounts(rows)
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    raise AssertionError("fail_json ends the process")  # pragma: no cover


def private_store(
    module: AwsModule, place: S3Place | FolderPlace | None, accounts: Accounts, call: Caller, region: str
) -> Store:
    """Return the store. It must be private, and a bucket in the account of the keys."""
    if place is None:
        return EmptyStore()

    def connect(service: str) -> t.Any:
        client = module.connect(service, region=region)
        module.refuse_mixed_endpoints()
        return client

    try:
        return open_store(place, connect=connect, call=call, account_id=lambda: str(accounts.facts["account_id"]))
    except ValueError as exc:
        module.fail_json(msg=str(exc), **accounts.facts)
    raise AssertionError("fail_json ends the process")  # pragma: no cover


def require_transactions(module: AwsModule) -> None:
    """Load what transactions are made with."""
    if _evm_transaction.IMPORT_ERROR is not None:
        module.fail_json(
            msg=missing_required_lib("rlp and eth-hash[pycryptodome]"),
            exception="".join(traceback.format_exception(_evm_transaction.IMPORT_ERROR)),
        )


def bank_signer(module: AwsModule, wish: Wish, accounts: Accounts, call: Caller) -> Signer:
    """Return what signs with the bank's key, which must be usable (see :func:`bank_problem`)."""
    bank = wish.bank or {}
    row = accounts.found.rows[bank["name"]]
    try:
        if module.params["backend"] == "kms":
            return KmsSigner(accounts.clients[bank["region"]], call, row["arn"], row["address"])
        return HexSigner(accounts.found.secrets[bank["name"]], row["address"])
    except ValueError as exc:
        module.fail_json(msg=f"Nothing can be paid. {exc}", **accounts.facts)
    raise AssertionError("fail_json ends the process")  # pragma: no cover


def transfer_diff(transfers: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """Return what is paid, for ansible's diff mode: by network and agent."""
    paid = [row for row in transfers if row["action"] in (PLANNED, CONFIRMED, SENT)]
    after = {
        f"{row['network']} {row['agent']} {row['address']}": {
            "from": row["bank"],
            "amount": f"{row['amount']} {row['unit']}",
            "fee": f"{row['fee']} {row['unit']}",
            **({} if row["bank_left"] is None else {"bank_left": f"{row['bank_left']} {row['unit']}"}),
        }
        for row in paid
    }
    return {"before": {}, "after": after}
