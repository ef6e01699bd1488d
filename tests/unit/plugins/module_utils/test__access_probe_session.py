# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients use a principal's credentials, and nothing of those of whoever runs this."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe import Inquiry, Suspect, inquiry
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe_session import clients_of
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_contents import Credential

URL = "http://127.0.0.1:9"
OWN = {
    "access_key": "TESTOWN7OWN7OWN7OWN7",
    "secret_key": "own+secret/own+secret/own+secret",
    "session_token": "own+token/own+token/own+token",
    "profile": None,
}
PLACE = {"region": "us-west-2", "endpoint_url": URL, "validate_certs": True, "aws_ca_bundle": None, "aws_config": None}


def module(**params: Any) -> AwsModule:
    """What is read of a module to make its clients."""
    given = {**OWN, **PLACE, "workers": 7, **params}
    endpoints: dict[str, str] = {}
    fake = SimpleNamespace(
        _module=SimpleNamespace(params=given), _session=None, _endpoints=endpoints, refuse_mixed_endpoints=lambda: None
    )
    return cast("AwsModule", fake)


def asked() -> Inquiry:
    name, account = "nomad-signer-staging", "111122223333"
    user = {"name": name, "arn": f"arn:aws:iam::{account}:user/{name}", "keys": ["a"], "credentials": True}
    arns = {"a": f"arn:aws:kms:us-west-2:{account}:key/a", "b": f"arn:aws:kms:eu-west-1:{account}:key/b"}
    access = {
        "environment": "staging",
        "account_id": account,
        "backend": "kms",
        "keys": [{"name": key, "resource": f"alias/{key}"} for key in arns],
        "foreign_keys": [{"name": "c", "resource": "c", "backend": "secretsmanager"}],
        "users": [user],
    }
    return inquiry(access, [{"name": key, "arn": arn} for key, arn in arns.items()], region="us-west-2")


def test_credentials_and_places() -> None:
    key = Credential("nomad-signer-staging", "TESTZQ3TESTQ7XW2PLMV", "kQ7+vTz/3Wm9XbR2Lc8NyHf5Jd1Gs6Pa4Ue0BoIq")
    clients = clients_of(module(), asked(), {key.user: key})
    assert {place[1:] for place in clients} == {
        ("sts", "us-west-2"),
        ("kms", "us-west-2"),
        ("kms", "eu-west-1"),
        ("secretsmanager", "us-west-2"),
    }
    for (_principal, service, region), client in clients.items():
        used = client._request_signer._credentials.get_frozen_credentials()
        assert (used.access_key, used.secret_key, used.token) == (key.access_key_id, key.reveal(), None)
        assert (client.meta.service_model.signing_name, client.meta.region_name) == (service, region)
        assert client.meta.endpoint_url == URL
        client.close()


def test_no_client_for_who_has_no_credentials() -> None:
    assert clients_of(module(), Inquiry(suspects=[Suspect("one", asked().suspects[0].identity, ())]), {}) == {}
