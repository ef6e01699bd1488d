# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an account holds the keys of those who sign. Private to the collection.

An edge: clients are parameters, and neither ansible nor amazon.aws is imported.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_read import KmsReader
from ansible_collections.interchain.agent_ops.plugins.module_utils._secret_read import SecretReader

Keys: t.TypeAlias = "t.Sequence[t.Mapping[str, t.Any]]"


def first_present(call: Caller, backend: str, clients: t.Mapping[str, t.Any], keys: Keys) -> str | None:
    """Return the first of the keys that the callers' account has; None if it has none of them.

    :param clients: Region -> client of the keys' service. :raises CallFailed: for a key that may not be read.
    """
    for key in keys:
        client = clients[key["region"]]
        if backend == "kms":
            found = KmsReader(client, None, call, workers=1).describe(f"alias/{key['name']}")
        else:
            found = SecretReader(client, call, workers=1).describe(str(key["name"]))
        if found is not None:
            return str(key["name"])
    return None


def missing_keys(backend: str, keys: Keys, account_id: str, environment: str) -> str:
    """Return what to say where an account has none of the keys of those who write proofs."""
    names = ", ".join((f"alias/{key['name']}" if backend == "kms" else str(key["name"])) for key in keys)
    return (
        f"The AWS account {account_id} has none of the keys of those who write proofs in {environment} ({names})."
        " Expected: keys and bucket in one account, since an agent signs and uploads by one access key. Make the keys"
        " first (provision.yml --tags signing_keys), or use credentials for the account that they are in"
    )
