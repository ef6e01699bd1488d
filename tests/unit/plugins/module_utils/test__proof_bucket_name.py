# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._proof_bucket_name import (
    DEFAULT_TEMPLATE,
    proof_bucket_name,
)


def named(template: str = DEFAULT_TEMPLATE, project: str = "nomad") -> str:
    return proof_bucket_name(template, project=project, environment="staging", account_id="111122223333")


def test_the_name_is_the_accounts_own() -> None:
    assert named() == "nomad-staging-proofs-111122223333"


def test_a_projects_capitals_become_small_letters() -> None:
    assert named(project="nomadXYZ") == "nomadxyz-staging-proofs-111122223333"


def test_the_documented_name_can_be_given() -> None:
    assert named("nomadxyz-{environment}-proofs") == "nomadxyz-staging-proofs"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("Proofs", "3 to 63 small letters"),
        ("ab", "3 to 63 small letters"),
        ("a" * 64, "3 to 63 small letters"),
        ("a_b_c", "3 to 63 small letters"),
        ("proofs-", "3 to 63 small letters"),
        ("proofs\n", "3 to 63 small letters"),
        ("a..b", "two dots"),
        ("xn--proofs", "reserved"),
        ("proofs-s3alias", "reserved"),
        ("192.168.5.4", "an IP address"),
    ],
)
def test_a_name_that_s3_refuses_is_refused_with_the_variable_to_change(template: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as found:
        named(template)
    assert repr(template) in str(found.value)
    assert str(found.value).endswith("change agent_ops_proof_bucket")


@pytest.mark.parametrize("template", ["{network}-proofs", "{account_id!r}", "{account_id:>20}", "{", "{}", None])
def test_another_field_is_refused(template: str) -> None:
    with pytest.raises(
        ValueError, match=r"\{project\}, \{environment\}, \{account_id\}\. Change agent_ops_proof_bucket"
    ):
        named(template)
