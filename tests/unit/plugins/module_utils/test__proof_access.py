# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may write proofs, and what of a policy is refused before it is written."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_check import check_access
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_entities import entity_findings
from ansible_collections.interchain.agent_ops.plugins.module_utils._iam_plan import plan_access, plan_teardown

from tests.unit.plugins.module_utils.access_world import ACCOUNT, access, account_of, empty_account, named

AGENTS = {"watcher": ["signer"], "processor": ["signer"]}
BUCKET = f"nomad-staging-proofs-{ACCOUNT}"
WRITER = "staging-proof-writer"
ARN = f"arn:aws:iam::{ACCOUNT}:policy/agent_ops/staging/{WRITER}"
TEMPLATE = "{project}-{environment}-proofs-{account_id}"
OPERATORS = [
    {"name": "acme", "agents": ["processor"], "iam_user": True},
    {
        "name": "beta",
        "agents": ["processor", "watcher"],
        "assume_role": {"account_id": "444455556666", "external_id": "beta-9c2e41"},
    },
    {"name": "gamma", "agents": ["watcher"], "iam_user": True},
]


def wanted(**more: Any) -> dict[str, Any]:
    return access(**{"agents": AGENTS, "proof_bucket": TEMPLATE, "operators": OPERATORS, **more})


def holders(found: dict[str, Any]) -> set[str]:
    return {entry["name"] for kind in ("users", "groups", "roles") for entry in found[kind] if ARN in entry["policies"]}


def test_whoever_runs_the_processor_writes() -> None:
    found = wanted()
    policy = named(found["policies"], WRITER)
    assert (policy["arn"], policy["bucket"], policy["keys"]) == (ARN, BUCKET, [])
    assert holders(found) == {"staging-signer", "nomad-operator-acme-staging", "nomad-operator-beta-staging"}
    assert check_access(found, {}) == ([], [])


def test_an_additional_keys_agent_may_be_the_writer() -> None:
    found = wanted(additional=[{"agent": "prover"}], proof_agents=["prover"], operators=[])
    assert holders(found) == {"nomad-prover-staging"}


@pytest.mark.parametrize("more", [{"proof_bucket": ""}, {"agents": {"watcher": ["signer"]}, "operators": []}])
def test_without_a_bucket_or_a_writer_there_is_no_policy(more: dict[str, Any]) -> None:
    found = wanted(**more)
    assert holders(found) == set()
    assert WRITER not in [policy["name"] for policy in found["policies"]]
    assert found["removed"]["policies"] == [WRITER]


def test_hex_keys_need_the_bucket_as_well() -> None:
    found = wanted(backend="secretsmanager")
    assert "staging-signer" in holders(found)
    assert check_access(found, {}) == ([], [])


def test_the_forms() -> None:
    hardened, documented = wanted(), wanted(proof_form="documented")
    assert "s3:*Object*" not in str(named(hardened["policies"], WRITER)["document"])
    assert "s3:*Object*" in str(named(documented["policies"], WRITER)["document"])
    problems, warnings = check_access(documented, {})
    assert problems == []
    assert warnings == [
        f"The policy {WRITER} is in the documented form, by which whoever writes proofs may also do s3:DeleteObject,"
        " s3:DeleteObjectVersion, s3:PutObjectAcl, s3:PutObjectRetention to them. The hardened form does not"
        " (signer_iam_proof_writer_form)"
    ]
    with pytest.raises(ValueError, match="form of the permissions is 'soft'; expected one of: hardened, documented"):
        wanted(proof_form="soft")


def test_a_name_that_s3_does_not_allow() -> None:
    with pytest.raises(ValueError, match="not allowed by Amazon S3"):
        wanted(proof_bucket="Proofs_")


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ({"Action": "s3:*Object*", "Resource": "arn:aws:s3:::*/*"}, "would allow s3:GetObject on arn:aws:s3:::nomad"),
        (
            {"Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}*"},
            f"would allow s3:PutObject on arn:aws:s3:::{BUCKET}-2/home/0. Expected: nothing but objects of"
            f" arn:aws:s3:::{BUCKET}",
        ),
        ({"Action": "s3:*", "Resource": f"arn:aws:s3:::{BUCKET}"}, "would allow s3:DeleteBucket on arn"),
        ({"Action": "kms:*", "Resource": "*"}, "would allow kms:Sign with staging-kovan-watcher-signer. Expected: no"),
    ],
)
def test_a_policy_that_reaches_further_is_refused(statement: dict[str, str], problem: str) -> None:
    found = copy.deepcopy(wanted())
    named(found["policies"], WRITER)["document"]["Statement"].append({"Effect": "Allow", **statement})
    problems, _warnings = check_access(found, {})
    assert any(problem in one for one in problems), problems
    assert all(one.startswith(f"The policy {WRITER} ") and "(agent_ops_proof_bucket)" in one for one in problems)


def test_a_policy_that_does_not_reach_the_bucket_is_refused() -> None:
    found = copy.deepcopy(wanted())
    named(found["policies"], WRITER)["document"]["Statement"].pop(0)
    problems, _warnings = check_access(found, {})
    assert problems == [
        f"The policy {WRITER} does not allow s3:ListBucket on arn:aws:s3:::{BUCKET}. Expected: that it does. Nothing"
        " was written. Change the bucket's name (agent_ops_proof_bucket)"
    ]


def test_a_run_of_the_permissions_makes_keeps_and_corrects_it() -> None:
    found = wanted()
    plan = plan_access(found, empty_account())
    assert WRITER in [policy["name"] for policy in plan.apply["policies"]]
    held = account_of(found)
    for purge in (False, True):
        assert plan_access(found, held, purge=purge).changes == []
        assert plan_access(found, held, purge=purge).left == []
    named(held["policies"], WRITER)["document"] = {"Version": "2012-10-17", "Statement": []}
    (change,) = plan_access(found, held).changes
    assert (change["name"], change["action"]) == (WRITER, "update")


def test_a_verification_finds_what_became_of_it() -> None:
    found, held = wanted(), account_of(wanted())
    assert list(entity_findings(held, found, [])) == []
    named(held["policies"], WRITER)["document"]["Statement"][1]["Action"] = ["s3:*"]
    named(held["groups"], "staging-signer")["attached"].remove(ARN)
    named(held["users"], "nomad-operator-gamma-staging")["attached"].append(ARN)
    told = {(finding.kind, finding.found) for finding in entity_findings(held, wanted(), [])}
    assert {kind for kind, _found in told} == {"policy_differs", "policy_not_attached", "policy_attached"}
    assert all(WRITER in text for _kind, text in told)
    held = account_of(wanted())
    held["policies"].remove(named(held["policies"], WRITER))
    (missing,) = entity_findings(held, wanted(), [])
    assert missing.found == f"There is no policy {WRITER}"
    # And one that no inventory wants any more.
    (left, *_holders) = entity_findings(account_of(wanted()), wanted(proof_bucket=""), [])
    assert WRITER in left.found


def test_with_the_bucket_goes_the_policy() -> None:
    plan = plan_access(wanted(proof_bucket=""), account_of(wanted()))
    assert plan.remove["policies"] == [WRITER]
    assert [(change["name"], change["action"]) for change in plan.changes] == [(WRITER, "delete")]
    # Its attachments go with it, and nobody need be told.
    assert plan.left == []
    # One of that name that was not made here stays.
    held = account_of(wanted())
    named(held["policies"], WRITER)["path"] = "/"
    assert plan_access(wanted(proof_bucket=""), held).remove["policies"] == []


def test_a_teardown_takes_it_too() -> None:
    assert WRITER in plan_teardown(wanted(), account_of(wanted())).remove["policies"]
