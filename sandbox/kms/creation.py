# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CreateKey and ReplicateKey."""

from __future__ import annotations

import copy
from typing import Any

from moto.core.utils import unix_time
from moto.kms.models import kms_backends

from sandbox.kms import errors
from sandbox.kms.backend import SandboxKmsBackend
from sandbox.kms.keys import SandboxKey, generate_pair
from sandbox.kms.operation import KmsCall, operation
from sandbox.kms.policies import policy_of
from sandbox.kms.specs import NOT_HERE, SPECS, USAGES
from sandbox.kms.tags import checked_tags
from sandbox.locks import STATE

_LONGEST_DESCRIPTION = 8192


def checked_description(call: KmsCall) -> str:
    description = call.params.get("Description") or ""
    if not isinstance(description, str):
        raise errors.validation("Description must be a string")
    if len(description) > _LONGEST_DESCRIPTION:
        raise errors.constraint("...", "description", f"have length less than or equal to {_LONGEST_DESCRIPTION}")
    return description


def _spec_and_usage(params: dict[str, Any]) -> tuple[str, str]:
    named, old_name = params.get("KeySpec"), params.get("CustomerMasterKeySpec")
    if named and old_name and named != old_name:
        raise errors.validation("KeySpec and CustomerMasterKeySpec must not differ")
    spec = named or old_name or "SYMMETRIC_DEFAULT"
    if spec in NOT_HERE:
        raise errors.unsupported(f"The sandbox does not implement keys of spec {spec}.")
    if spec not in SPECS:
        known = ", ".join(sorted((*SPECS, *NOT_HERE)))
        raise errors.constraint(spec, "keySpec", f"satisfy enum value set: [{known}]")
    usage = params.get("KeyUsage")
    if usage is None:
        if spec != "SYMMETRIC_DEFAULT":
            raise errors.validation(
                "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
            )
        usage = "ENCRYPT_DECRYPT"
    if usage not in USAGES:
        raise errors.constraint(usage, "keyUsage", f"satisfy enum value set: [{', '.join(USAGES)}]")
    if usage not in SPECS[spec].usages:
        raise errors.validation(f"KeyUsage {usage} is not compatible with KeySpec {spec}")
    return spec, usage


def _origin(params: dict[str, Any]) -> str:
    origin = params.get("Origin") or "AWS_KMS"
    if origin in ("AWS_CLOUDHSM", "EXTERNAL_KEY_STORE") or params.get("CustomKeyStoreId") or params.get("XksKeyId"):
        raise errors.unsupported("The sandbox does not implement custom key stores.")
    if origin not in ("AWS_KMS", "EXTERNAL"):
        raise errors.constraint(
            origin, "origin", "satisfy enum value set: [AWS_KMS, EXTERNAL, AWS_CLOUDHSM, EXTERNAL_KEY_STORE]"
        )
    return str(origin)


# Not locked as a whole: making an RSA key pair takes long.
@operation("CreateKey", locked=False)
def create_key(call: KmsCall) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html"""
    params = call.params
    spec, usage = _spec_and_usage(params)
    origin = _origin(params)
    tags = checked_tags(params.get("Tags"))
    description = checked_description(call)
    key = SandboxKey(  # type: ignore[abstract]
        account_id=call.backend.account_id,
        region=call.backend.region_name,
        spec=spec,
        usage=usage,
        pair=generate_pair(spec) if origin == "AWS_KMS" else None,
        policy=policy_of(call),
        description=description,
        multi_region=params.get("MultiRegion") is True,
        origin=origin,
    )
    with STATE:
        call.backend.add(key, tags)
    return {"KeyMetadata": key.metadata()}


@operation("ReplicateKey")
def replicate_key(call: KmsCall) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html"""
    region = call.text("ReplicaRegion", longest=32)
    tags = checked_tags(call.params.get("Tags"))
    description = checked_description(call)
    primary = call.key()
    if not primary.multi_region or primary.multi_region_configuration["MultiRegionKeyType"] != "PRIMARY":
        raise errors.unsupported(f"{primary.arn} is not a multi-Region primary key.")
    if region == primary.region:
        raise errors.validation("A replica must be in another Region than its primary key")
    target = kms_backends[call.backend.account_id][region]
    if not isinstance(target, SandboxKmsBackend):
        raise TypeError("the corrections of KMS are not installed")
    if primary.id in target.keys:
        raise errors.already_exists(f"{region} already has a replica of {primary.arn}")
    replica = _replica(primary, region, policy_of(call), description)
    target.add(replica, tags)
    return {
        "ReplicaKeyMetadata": replica.metadata(),
        "ReplicaPolicy": replica.policy,
        "ReplicaTags": tags,
    }


def _replica(primary: SandboxKey, region: str, policy: str | None, description: str) -> SandboxKey:
    """Id, material, spec, usage and origin are shared; policy, description, tags, aliases, grants and state are not."""
    replica = copy.copy(primary)
    replica.region = region
    replica.arn = primary.arn.replace(f":{primary.region}:", f":{region}:")
    replica.policy = policy or replica.generate_default_policy()
    replica.description = description
    replica.grants = {}
    replica.aliases = {}
    replica.rotations = []
    replica.creation_date = unix_time()
    replica.set_state("Enabled")
    replicas = primary.multi_region_configuration["ReplicaKeys"]
    replicas.append({"Arn": replica.arn, "Region": region})
    # The list of replicas is one for all of them; the key's own type is not.
    replica.multi_region_configuration = {
        **primary.multi_region_configuration,
        "MultiRegionKeyType": "REPLICA",
        "ReplicaKeys": replicas,
    }
    if primary.origin == "EXTERNAL":
        replica.pair = None
        replica.__dict__.pop("public_key", None)
        replica.set_state("PendingImport")
    return replica
