# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody can do with a signing key that matters to its owner. Private to the collection.

Pure: no ansible, no AWS.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

USE, COME, ALIASES, ADMINISTER = "use", "come", "aliases", "administer"
PUBLIC = "public_key"
"""The one use that gives nothing away."""


@dataclass(frozen=True)
class Capability:
    """Something that may be done with a key.

    :ivar letter: how the table shows it.
    :ivar kind: use the key, come to use it, choose whom its aliases let in, or administer it otherwise.
    """

    name: str
    action: str
    letter: str
    kind: str
    on_alias: bool = False
    """AWS asks for the permission on the alias as well as on the key."""


# Who may create a grant, put a key policy or replicate a key can come to sign with it; who may manage its aliases
# decides whose policies match it. https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
KMS = (
    Capability("sign", "kms:Sign", "S", USE),
    Capability("public_key", "kms:GetPublicKey", "P", USE),
    Capability("create_grant", "kms:CreateGrant", "C", COME),
    Capability("put_key_policy", "kms:PutKeyPolicy", "C", COME),
    Capability("replicate_key", "kms:ReplicateKey", "C", COME),
    Capability("create_alias", "kms:CreateAlias", "A", ALIASES, on_alias=True),
    Capability("update_alias", "kms:UpdateAlias", "A", ALIASES, on_alias=True),
    Capability("delete_alias", "kms:DeleteAlias", "A", ALIASES, on_alias=True),
    Capability("schedule_key_deletion", "kms:ScheduleKeyDeletion", "A", ADMINISTER),
    Capability("disable_key", "kms:DisableKey", "A", ADMINISTER),
    Capability("tag_resource", "kms:TagResource", "A", ADMINISTER),
)

# Whoever reads the secret holds the private key. Whoever puts its policy can come to read it.
SECRETS = (
    Capability("get_secret_value", "secretsmanager:GetSecretValue", "S", USE),
    Capability("put_resource_policy", "secretsmanager:PutResourcePolicy", "C", COME),
    Capability("put_secret_value", "secretsmanager:PutSecretValue", "A", ADMINISTER),
    Capability("update_secret", "secretsmanager:UpdateSecret", "A", ADMINISTER),
    Capability("delete_secret", "secretsmanager:DeleteSecret", "A", ADMINISTER),
)

BY_SERVICE: t.Mapping[str, tuple[Capability, ...]] = {"kms": KMS, "secretsmanager": SECRETS}
BY_NAME: t.Mapping[str, Capability] = {capability.name: capability for capability in (*KMS, *SECRETS)}

LETTERS: t.Mapping[str, str] = {
    "S": "sign",
    "P": "read the public key",
    "C": "come to sign, by a grant, a policy or a replica",
    "A": "administer: aliases, tags, contents, disabling, deletion",
}
"""What the letters of the table mean."""
