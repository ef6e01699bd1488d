# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done so that ledgers and reports have a private bucket. Private to the collection.

Pure: no ansible, no AWS. The plan is data: the role calls Amazon's module with it, check mode and diff mode show it.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._bucket_plan import (
    ENCRYPTION,
    OWNERSHIP,
    SWITCHES,
    BucketPlan,
    Entry,
    Found,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._bucket_plan import OWNERSHIP_TAG as PROOFS_TAG
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import FUNDING
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_documents import VERSION
from ansible_collections.interchain.agent_ops.plugins.module_utils._proof_documents import (
    bucket_arn,
    same_bucket_policy,
)

STORE_TAG = "agent_ops:store"
"""Tag of a bucket that was made here for ledgers or reports, whose value is its name. Environments may share it."""

ALL_ON = dict.fromkeys(SWITCHES, True)


def tls_only(name: str, partition: str) -> Entry:
    """Return the policy of the bucket. It lets in nobody, and refuses whoever comes without TLS."""
    arn = bucket_arn(partition, name)
    statement = {
        "Sid": "TLSOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": VERSION, "Statement": [statement]}


def plan_store(name: str, region: str, partition: str, found: Found, setting: str = FUNDING) -> BucketPlan:
    """Return what makes the bucket, or brings one that was made here to what it was. Any other is only checked.

    What is in a bucket is never touched.

    :param setting: the variable that names the store.
    """
    plan = BucketPlan(problems=list(_refused(name, region, found, setting)))
    if plan.problems:
        return plan
    if found.exists:
        plan.before = plan.after = {f"bucket {name}": _held(found)}
        if not _ours(name, found):
            plan.problems += _open_to_others(name, found, setting)
            return plan
    arguments, details = _differences(name, partition, found)
    if arguments:
        if "object_ownership" in arguments and found.foreign_grants:
            # ACLs cannot be turned off while one lets somebody in beside the owner.
            plan.buckets.append({"acl": "private"})
        plan.buckets.append(arguments)
        plan.change(name, "update" if found.exists else "create", details)
        plan.after = {f"bucket {name}": {**_held(found), "region": region, **arguments, "tags": _tags(name, found)}}
    return plan


def _ours(name: str, found: Found) -> bool:
    return found.tags.get(STORE_TAG) == name


def _tags(name: str, found: Found) -> dict[str, str]:
    return dict(sorted({**found.tags, STORE_TAG: name}.items()))


def _refused(name: str, region: str, found: Found, setting: str) -> t.Iterator[str]:
    if not found.exists:
        return
    if not found.owned:
        yield (
            f"The bucket {name} belongs to another AWS account. Expected: none of that name, or one of this account."
            f" Names of buckets are global: choose another one ({setting})"
        )
    elif found.region != region:
        yield (
            f"The bucket {name} is in {found.region}. Expected: {region}, the Region of the keys. A bucket cannot be"
            f" moved: choose another name ({setting})"
        )
    elif PROOFS_TAG in found.tags:
        yield (
            f"The bucket {name} is one of proofs, by its tag {PROOFS_TAG}, which everybody may read. Expected: a"
            f" private bucket. Choose another name ({setting})"
        )


def _open_to_others(name: str, found: Found, setting: str) -> t.Iterator[str]:
    off = [switch for switch in SWITCHES if not (found.block.get(switch) or found.account_block.get(switch))]
    if off:
        yield (
            f"The bucket {name} was not made by this collection (it has no tag {STORE_TAG}={name}), and may be public:"
            f" of its Block Public Access {', '.join(off)} {'is' if len(off) == 1 else 'are'} off. Expected: all of it"
            f" on. Turn it on for the bucket or the account, or choose another bucket ({setting}). Nothing"
            " was changed"
        )


def _differences(name: str, partition: str, found: Found) -> tuple[Entry, list[str]]:
    """Return the arguments that amazon.aws.s3_bucket needs, and what they change."""
    arguments: Entry = {}
    details: list[str] = []
    policy = tls_only(name, partition)
    if found.block != ALL_ON:
        arguments["public_access"] = dict(ALL_ON)
        details.append("all of Block Public Access")
    if not same_bucket_policy(found.policy, policy):
        arguments["policy"] = policy
        details.append("its policy, TLS alone")
    if found.ownership != OWNERSHIP:
        arguments["object_ownership"] = OWNERSHIP
        details.append("without ACLs")
    if not found.encryption:
        # One with a key of AWS KMS, which somebody chose, stays.
        arguments["encryption"] = ENCRYPTION
        details.append("encrypted at rest")
    if found.versioning != "Enabled":
        arguments["versioning"] = True
        details.append("with versions")
    if not _ours(name, found):
        arguments["tags"] = {STORE_TAG: name}
        details.append(f"with the tag {STORE_TAG}={name}")
    return arguments, details


def _held(found: Found) -> Entry:
    return {
        "region": found.region,
        "policy": found.policy,
        "public_access": found.block,
        "object_ownership": found.ownership,
        "encryption": found.encryption,
        "versioning": found.versioning == "Enabled",
        "tags": dict(sorted(found.tags.items())),
    }
