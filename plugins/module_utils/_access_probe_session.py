# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stored credentials of principals, and clients that use them. Private to the collection."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe import SECRET_VALUE, Inquiry
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe_ask import forget_secret_values
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_probe_credentials import (
    FileReader,
    NotStored,
    Reader,
    SecretReader,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule, identify
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, side_by_side
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_contents import Credential
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_files import Clear
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_secrets import secret_name
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_vault import Vault

STORES = ("csv", "vault", "secretsmanager")


class _AsPrincipal(AwsModule):
    """The same connection with the credentials of somebody else."""

    def __init__(self, module: AwsModule, key: Credential) -> None:
        # The module is there already: of the parent only connect() is wanted, with its session and its checks.
        self._module = module._module
        self._session = module._session
        self._endpoints = module._endpoints
        self._own = {
            "access_key": key.access_key_id,
            "secret_key": key.reveal(),
            "session_token": None,
            "profile": None,
        }

    @property
    def params(self) -> dict[str, t.Any]:
        return {**self._module.params, **self._own}


def open_store(module: AwsModule, call: Caller, region: str, environment: str) -> Reader:
    """Return where the credentials are. Raises ValueError for options that do not fit."""
    options = module.params["credentials"]
    if options["store"] == "csv":
        return FileReader(options["directory"], Clear())
    if options["store"] == "vault":
        return FileReader(options["directory"], Vault(options["vault_password_file"]))
    template = options["secret_name"]
    # Before any call, for a template that does not tell users apart.
    secret_name(template, environment, "user")
    store = SecretReader(call, module.connect("secretsmanager", region=region), template, environment)
    identify(module, call, region)
    return store


def read_credentials(
    module: AwsModule, store: Reader, asked: Inquiry, named: t.Collection[str]
) -> tuple[dict[str, Credential], dict[str, str]]:
    """Return principal -> access key, and principal -> why its credentials are of no use.

    Who has none is left out of the inquiry, unless it is named.
    """
    names = [suspect.name for suspect in asked.suspects]
    found = side_by_side(lambda name: _read(store, name), names, workers=module.params["workers"])
    told = json.dumps([module.params["access"], module.params["signing_keys"]], default=str)
    keys: dict[str, Credential] = {}
    unread: dict[str, str] = {}
    for name, one in zip(names, found, strict=True):
        if isinstance(one, Credential) and one.reveal() in told:
            # Masked wherever it occurs, it would take names out of the answers.
            unread[name] = "what is stored as its secret access key is part of the inventory"
        elif isinstance(one, Credential):
            # Whatever may happen: ansible removes these from everything that the module returns.
            module._module.no_log_values.add(one.reveal())
            keys[name] = one
        elif isinstance(one, NotStored) and name not in named:
            asked.leave_out(name, f"no credentials of it are stored: {one}")
        else:
            unread[name] = str(one)
    return keys, unread


def _read(store: Reader, name: str) -> Credential | NotStored | ValueError:
    try:
        return store.read(name)
    except (NotStored, ValueError) as exc:
        return exc


def clients_of(
    module: AwsModule, asked: Inquiry, keys: t.Mapping[str, Credential]
) -> dict[tuple[str, str, str], t.Any]:
    """Return a client for each principal, service and Region that is asked. They are made one after the other, since
    boto3's sessions must not be shared between threads; clients may be.
    """
    secrets = SECRET_VALUE.partition(":")[0]
    clients: dict[tuple[str, str, str], t.Any] = {}
    for suspect in asked.suspects:
        if suspect.name not in keys:
            continue
        connection = _AsPrincipal(module, keys[suspect.name])
        for question in (suspect.identity, *suspect.questions):
            place = (suspect.name, question.service, question.region)
            if place not in clients:
                clients[place] = connection.connect(question.service, region=question.region)
                if question.service == secrets:
                    forget_secret_values(clients[place])
    module.refuse_mixed_endpoints()
    return clients
