# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Key rows: what they hold, what of them a diff shows, and keys that two names share."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _key_row
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec

SPEC = KeySpec(
    name="staging-kovan-updater-signer",
    environment="staging",
    network="kovan",
    agent="updater",
    purpose="signer",
    description="staging kovan updater-signer",
    region="us-west-2",
    tags={"team": "bridge"},
)
ARN = "arn:aws:kms:us-west-2:111122223333:key/1"
FIELDS = (
    "name environment network agent purpose backend alias key_id arn region description address public_key key_spec"
    " state action"
).split()


def row(name: str, action: str, **changes: t.Any) -> dict[str, t.Any]:
    held = {
        "name": name,
        "alias": f"alias/{name}",
        "arn": ARN,
        "description": "staging kovan updater-signer",
        "address": "0xE94E130546485b928C9C9b9A5e69EB787172952e",
        "state": "Enabled",
        "tags": {"environment": "staging"},
        "action": action,
        "public_key": "MFYw",
    }
    return {**held, **changes}


def test_the_fields_of_a_row_and_their_order() -> None:
    made = _key_row.key_row(SPEC, "kms")
    assert list(_key_row.ROW_FIELDS) == FIELDS
    assert list(made) == [*FIELDS, "error", "tags"]


def test_what_the_inventory_does_not_say_is_unknown() -> None:
    # The description is what AWS holds, not what is wanted.
    made = _key_row.key_row(SPEC, "kms", state="Enabled")
    assert {name: value for name, value in made.items() if value is not None} == {
        "name": SPEC.name,
        "environment": "staging",
        "network": "kovan",
        "agent": "updater",
        "purpose": "signer",
        "backend": "kms",
        "region": "us-west-2",
        "state": "Enabled",
        "tags": {},
    }


def test_rows_share_nothing() -> None:
    first, second = _key_row.key_row(SPEC, "kms"), _key_row.key_row(SPEC, "kms")
    first["tags"]["x"] = "y"
    assert second["tags"] == {}


def test_a_row_takes_a_previous_address_and_nothing_unknown() -> None:
    assert _key_row.key_row(SPEC, "secretsmanager", previous_address="0x1")["previous_address"] == "0x1"
    with pytest.raises(TypeError, match="private_key"):
        _key_row.key_row(SPEC, "secretsmanager", private_key="0x1")


def test_the_ownership_tag_and_the_tags_of_what_a_key_is_for_cannot_be_overridden() -> None:
    mine = {"environment": "x", "network": "x", "agent": "x", "purpose": "x", "agent_ops:alias": "x", "team": "bridge"}
    spec = KeySpec(**{**SPEC.as_dict(), "tags": mine})
    assert _key_row.wanted_tags(spec, spec.alias) == {
        "environment": "staging",
        "network": "kovan",
        "agent": "updater",
        "purpose": "signer",
        "agent_ops:alias": "alias/staging-kovan-updater-signer",
        "team": "bridge",
    }


def test_a_shared_key_has_no_tag_network() -> None:
    spec = KeySpec(**{**SPEC.as_dict(), "name": "staging-bank", "network": None, "agent": "bank", "tags": {}})
    assert _key_row.wanted_tags(spec, "staging-bank") == {
        "environment": "staging",
        "agent": "bank",
        "purpose": "signer",
        "agent_ops:alias": "staging-bank",
    }


# Summary and change --------------------------------------------------------------------------------------------------


def test_the_summary_counts_what_happened_in_a_fixed_order() -> None:
    rows = [row(str(n), action) for n, action in enumerate(["failed", "unchanged", "created", "unchanged", "retired"])]
    assert list(_key_row.summary(rows).items()) == [("created", 1), ("unchanged", 2), ("failed", 1), ("retired", 1)]
    assert _key_row.summary([]) == {}


def test_the_summary_knows_every_action() -> None:
    rows = [row(action, action) for action in _key_row.ACTIONS]
    assert sum(_key_row.summary(rows).values()) == len(rows)
    assert {*_key_row.ACTIONS} - {*_key_row.CHANGES} == {"unchanged", "failed"}


@pytest.mark.parametrize("action", _key_row.ACTIONS)
def test_which_actions_are_changes(action: str) -> None:
    assert _key_row.changed([row("a", "unchanged"), row("b", action)]) is (action not in ("unchanged", "failed"))


def test_failed_rows() -> None:
    rows = [row("a", "unchanged"), row("b", "failed"), row("c", "created")]
    assert [found["name"] for found in _key_row.failed_rows(rows)] == ["b"]


# Diff ----------------------------------------------------------------------------------------------------------------


def test_a_diff_shows_only_what_changes() -> None:
    before = [row("a", "unchanged"), row("b", "unchanged", description="old"), row("c", "unchanged")]
    after = [row("a", "unchanged"), row("b", "updated"), row("c", "failed", description="other")]
    shown = _key_row.diff(before, after)
    assert list(shown["before"]) == list(shown["after"]) == ["b"]
    assert shown["before"]["b"] == {**shown["after"]["b"], "description": "old"}
    assert set(shown["after"]["b"]) == {"alias", "arn", "description", "address", "state", "tags"}


def test_a_diff_of_a_key_that_is_created_has_nothing_before() -> None:
    before = [row("a", "unchanged", state="Absent", arn=None, address=None, tags={})]
    planned = [row("a", "created", state="Absent", arn=None, address=None)]
    assert _key_row.diff(before, planned) == {
        "before": {},
        "after": {
            "a": {
                "alias": "alias/a",
                "description": "staging kovan updater-signer",
                "tags": {"environment": "staging"},
            }
        },
    }


def test_a_diff_of_a_retired_key_shows_that_the_alias_goes() -> None:
    shown = _key_row.diff(
        [row("a", "unchanged")], [row("a", "retired", alias=None, state="PendingDeletion", address=None)]
    )
    assert shown["before"]["a"]["alias"] == "alias/a"
    assert "alias" not in shown["after"]["a"]
    assert shown["after"]["a"]["state"] == "PendingDeletion"


def test_a_diff_of_nothing_is_empty() -> None:
    rows = [row("a", "unchanged"), row("b", "failed")]
    assert _key_row.diff(rows, rows) == {"before": {}, "after": {}}


# Shared keys ---------------------------------------------------------------------------------------------------------


def test_keys_of_their_own_are_no_error() -> None:
    assert _key_row.refuse_shared_keys([("a", "arn:1"), ("b", "arn:2"), ("c", None), ("d", None)]) == {}
    assert _key_row.refuse_shared_keys([]) == {}


def test_each_name_of_a_shared_key_gets_an_error_that_names_the_others_and_the_key() -> None:
    errors = _key_row.refuse_shared_keys([("a", ARN), ("b", "arn:2"), ("c", ARN), ("d", ARN)])
    assert list(errors) == ["a", "c", "d"]
    assert errors["c"] == (
        f"c is the same key as a, d ({ARN}). Expected: a key of its own for each."
        " Find out which name was given to the wrong key, and remove it from there"
    )
