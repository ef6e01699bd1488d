# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever holds the bank sees the keys that it pays, writes that down, and may do no more."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_check import check_access
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_documents import LONGEST_POLICY, length

from tests.unit.plugins.module_utils.access_world import NETWORKS, access, named

STORE = "s3://nomad-staging-funding/wallets"


def policy(**more: Any) -> dict[str, Any]:
    return named(access(**more)["policies"], "staging-keymaster")


def statements(**more: Any) -> dict[str, dict[str, Any]]:
    return {one["Sid"]: one for one in policy(**more)["document"]["Statement"]}


def test_the_keys_that_pay_gas_are_seen_and_the_bank_and_no_others() -> None:
    assert policy()["keys"] == []
    assert set(policy()["reads"]) == {
        "staging-bank",
        *(f"staging-{network}-{agent}-signer" for network in NETWORKS for agent in ("watcher", "updater", "relayer")),
    }
    (look,) = statements().values()
    assert look["Action"] == ["kms:DescribeKey", "kms:GetPublicKey", "kms:ListResourceTags"]
    assert set(look["Condition"]["ForAnyValue:StringEquals"]["kms:ResourceAliases"]) == {
        f"alias/{name}" for name in policy()["reads"]
    }


def test_the_user_has_it_beside_the_banks_own_policy() -> None:
    user = named(access(funding_store=STORE)["users"], "nomad-keymaster-staging")
    assert [arn.rpartition("/")[2] for arn in user["policies"]] == ["staging-bank-signer", "staging-keymaster"]
    assert user["keys"] == ["staging-bank"]
    assert "staging-kovan-relayer-signer" in user["reads"]
    others = [one for one in access()["users"] if one["name"] != user["name"]]
    assert not any(one["reads"] for one in others)


def test_the_store_is_written_and_nothing_is_deleted_there() -> None:
    found = statements(funding_store=STORE)
    assert found["WriteDownTransfers"]["Action"] == ["s3:GetObject", "s3:PutObject"]
    assert found["WriteDownTransfers"]["Resource"] == ["arn:aws:s3:::nomad-staging-funding/wallets/*"]
    assert found["WriteDownTransfers"]["Condition"] == {"StringEquals": {"aws:ResourceAccount": "111122223333"}}
    assert found["SeeWhetherTheBookIsPrivate"]["Resource"] == ["arn:aws:s3:::nomad-staging-funding"]
    assert set(statements(funding_store="/var/lib/keymaster")) == {"SeeTheKeysOfWallets"}


def test_without_a_bank_there_is_none() -> None:
    wanted = access(additional=[])
    assert "staging-keymaster" not in [one["name"] for one in wanted["policies"]]
    assert "staging-keymaster" in wanted["removed"]["policies"]


def test_hex_keys_are_shown_to_nobody_who_must_not_sign_with_them() -> None:
    assert "staging-keymaster" not in [one["name"] for one in access(backend="secretsmanager")["policies"]]
    found = statements(backend="secretsmanager", funding_store=STORE)
    assert "secretsmanager" not in str(found)
    assert check_access(access(backend="secretsmanager", funding_store=STORE), {}) == ([], [])


def test_a_place_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="wallet_funding_store"):
        access(funding_store="s3://NoBucket")


@pytest.mark.parametrize("more", [{}, {"funding_store": STORE}, {"form": "documented"}])
def test_what_is_wanted_passes_the_evaluation(more: dict[str, Any]) -> None:
    problems, _warnings = check_access(access(**more), {})
    assert problems == []


def test_a_list_that_is_too_long_becomes_patterns_and_passes_as_well() -> None:
    networks = tuple(f"network{number}" for number in range(60))
    wanted = access(networks=networks, funding_store=STORE)
    document = named(wanted["policies"], "staging-keymaster")["document"]
    assert length(document) <= LONGEST_POLICY
    assert "alias/staging-*-watcher-signer" in str(document)
    assert check_access(wanted, {}) == ([], [])


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            {"Action": "kms:Sign", "Resource": "*"},
            "would allow kms:Sign on staging-kovan-watcher-signer",
        ),
        (
            {"Action": "kms:DescribeKey", "Resource": "*"},
            "would allow kms:DescribeKey on staging-kovan-watcher-attestation",
        ),
        (
            {"Action": "s3:*", "Resource": "arn:aws:s3:::nomad-staging-funding/wallets/*"},
            "would allow s3:DeleteObject on arn:aws:s3:::nomad-staging-funding/wallets/ledger.json",
        ),
        (
            {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::nomad-staging-funding/*"},
            "would allow s3:PutObject on arn:aws:s3:::nomad-staging-funding/wallets-2/ledger.json",
        ),
        (
            {"Action": "s3:ListBucket", "Resource": "*"},
            "would allow s3:ListBucket on arn:aws:s3:::somebody-elses-bucket",
        ),
    ],
)
def test_a_right_too_many_is_found(statement: dict[str, Any], problem: str) -> None:
    wanted = access(funding_store=STORE)
    one = named(wanted["policies"], "staging-keymaster")
    one["document"]["Statement"].append({"Effect": "Allow", **statement})
    problems, _warnings = check_access(wanted, {})
    assert any(text.startswith(f"The policy staging-keymaster {problem}. Expected: ") for text in problems), problems


@pytest.mark.parametrize("number", range(4))
def test_a_right_too_few_is_found(number: int) -> None:
    wanted = access(funding_store=STORE)
    document = named(wanted["policies"], "staging-keymaster")["document"]
    del document["Statement"][number]
    problems, _warnings = check_access(wanted, {})
    assert problems
    assert all("staging-keymaster does not allow" in text for text in problems)
