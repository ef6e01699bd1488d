# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done so that an environment has its proof bucket. Private to the collection.

Pure: no ansible, no AWS. The plan is data: the role calls Amazon's modules with it, check mode and diff mode show it.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.interchain.agent_ops.plugins.module_utils._proof_documents import (
    public_read,
    same_bucket_policy,
)

OWNERSHIP_TAG = "agent_ops:bucket"
"""Tag of a bucket of ours. Its value is the name that it was made under."""

SWITCHES: t.Mapping[str, str] = {
    "block_public_acls": "BlockPublicAcls",
    "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "restrict_public_buckets": "RestrictPublicBuckets",
}
# Nobody gets in by an ACL, everybody by the policy.
WANTED_BLOCK = {
    "block_public_acls": True,
    "ignore_public_acls": True,
    "block_public_policy": False,
    "restrict_public_buckets": False,
}
OWNERSHIP = "BucketOwnerEnforced"
ENCRYPTION = "AES256"
"""With a key of AWS KMS nobody could read without credentials."""

_CORS_SECONDS = 3600

Entry = dict[str, t.Any]


@dataclass(frozen=True)
class Wish:
    """The bucket that an environment wants.

    :ivar cors_origins: origins of the GUI. Without any the bucket answers no other origin's scripts.
    :ivar adopt: take over a bucket of the account that was not made here, with what is in it.
    """

    name: str
    region: str
    environment: str
    account_id: str
    partition: str = "aws"
    versioning: bool = False
    tls_only: bool = False
    public_list: bool = False
    cors_origins: t.Sequence[str] = ()
    tags: t.Mapping[str, str] = field(default_factory=dict)
    adopt: bool = False

    @property
    def policy(self) -> dict[str, t.Any]:
        return public_read(self.name, partition=self.partition, public_list=self.public_list, tls_only=self.tls_only)

    @property
    def cors(self) -> list[Entry]:
        """As community.aws.s3_cors takes it. Whatever headers a GUI sends are let through: nothing depends on them."""
        if not self.cors_origins:
            return []
        return [
            {
                "allowed_origins": list(self.cors_origins),
                "allowed_methods": ["GET", "HEAD"],
                "allowed_headers": ["*"],
                "max_age_seconds": _CORS_SECONDS,
            }
        ]

    @property
    def all_tags(self) -> dict[str, str]:
        return {**self.tags, "environment": self.environment, OWNERSHIP_TAG: self.name}


@dataclass
class Found:
    """What AWS holds under the bucket's name.

    :ivar owned: it is this account's. :ivar foreign_grants: whom its ACL lets in beside its owner.
    :ivar contents: something that is in it, None if it is empty or was not looked into.
    :ivar block: its switches of Block Public Access. :ivar account_block: those of the account.
    """

    exists: bool = False
    owned: bool = False
    region: str | None = None
    policy: dict[str, t.Any] | None = None
    block: dict[str, bool] = field(default_factory=dict)
    account_block: dict[str, bool] = field(default_factory=dict)
    ownership: str | None = None
    encryption: str | None = None
    cors: list[Entry] = field(default_factory=list)
    versioning: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    foreign_grants: list[str] = field(default_factory=list)
    contents: str | None = None


@dataclass
class BucketPlan:
    """What is done, and why it must not be.

    :ivar buckets: the arguments of each call of amazon.aws.s3_bucket, in their order, beside the bucket's name.
    :ivar cors: those of community.aws.s3_cors, None if nothing is to be done.
    :ivar changes: kind, name, action and details of each, for people. :ivar problems: a sentence each.
    """

    buckets: list[Entry] = field(default_factory=list)
    cors: Entry | None = None
    changes: list[Entry] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    before: Entry = field(default_factory=dict)
    after: Entry = field(default_factory=dict)

    def change(self, name: str, action: str, details: t.Iterable[str]) -> None:
        self.changes.append({"kind": "bucket", "name": name, "action": action, "details": list(details)})


# Browsers send hosts in small letters and in ASCII (xn--), and S3 compares letter by letter.
_ORIGIN = re.compile(r"\*|https?://(?=[a-z0-9*\[])[a-z0-9._:\[\]-]*\*?[a-z0-9._:\[\]-]*")


def checked_origins(origins: t.Sequence[str]) -> list[str]:
    """Return origins that a browser can send, or the pattern of some.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html

    :raises ValueError: for anything else, a URL with a path for instance.
    """
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(
                f"proof_bucket_cors_origins has {origin!r}. Expected: *, or scheme and host as a browser sends them, in"
                " small letters and with at most one *, for instance https://app.example.org"
            )
    return list(dict.fromkeys(origins))


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging.html
_TAG_CHARACTERS = re.compile(r"[\w .:/=+@-]*")
_MOST_TAGS = 50


def checked_tags(tags: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Return further tags that Amazon S3 takes, which it says only after the bucket was made and opened.

    :raises ValueError: for others, and those that the bucket is known by.
    """
    found = {str(name): str(value) for name, value in tags.items()}
    expected = (
        "Expected: up to 128 letters, digits, spaces and any of . : / = + - @ _ for a name, not aws: at its beginning,"
        " up to 256 for a value, and neither environment nor agent_ops:bucket, which are the collection's"
    )
    for name, value in found.items():
        reserved = name.lower().startswith("aws:") or name in ("environment", OWNERSHIP_TAG)
        fits = 0 < len(name) <= 128 and len(value) <= 256 and _TAG_CHARACTERS.fullmatch(name + value)
        if reserved or not fits:
            raise ValueError(f"proof_bucket_tags has the tag {name!r} with the value {value!r}. {expected}")
    if len(found) > _MOST_TAGS - 2:
        raise ValueError(
            f"proof_bucket_tags has {len(found)} tags. Expected: at most {_MOST_TAGS - 2}, as a bucket has at most"
            f" {_MOST_TAGS}, two of which are the collection's"
        )
    return found


def plan_bucket(wish: Wish, found: Found) -> BucketPlan:
    """Return what brings the account to what is wanted. Nothing that is in the bucket is touched."""
    plan = BucketPlan(problems=[*_refused(wish, found), *_blocked(found)])
    if found.exists and not found.owned:
        return plan
    arguments, details = _differences(wish, found)
    cors = [_camel(rule) for rule in wish.cors]
    if _rules(found.cors) != _rules(cors):
        plan.cors = {"state": "present", "rules": wish.cors} if cors else {"state": "absent"}
        details.append(f"CORS for {', '.join(wish.cors_origins)}" if cors else "without CORS")
    if arguments or not found.exists:
        plan.buckets = [*_acl_first(found, arguments), *_policy_first(found, arguments), arguments]
    if found.exists:
        plan.before = {f"bucket {wish.name}": _held(found)}
    if details or not found.exists:
        plan.change(wish.name, "update" if found.exists else "create", details)
        plan.after = {f"bucket {wish.name}": _wanted(wish, found)}
    else:
        plan.after = plan.before
    return plan


def plan_removal(name: str, environment: str, found: Found, confirmation: str) -> BucketPlan:
    """Return what removes the bucket, if it is confirmed and empty: objects are never deleted here."""
    plan = BucketPlan()
    if not found.exists:
        return plan
    if not found.owned:
        plan.problems.append(_foreign(name))
        return plan
    if confirmation != name:
        plan.problems.append(
            f"The bucket {name} is to be removed (proof_bucket_state), and proof_bucket_removal_confirmation is"
            f" {confirmation!r}. Expected: the bucket's name. Nothing was removed"
        )
    if found.tags.get(OWNERSHIP_TAG) != name:
        plan.problems.append(
            f"The bucket {name} was not made by this collection: it has no tag {OWNERSHIP_TAG}={name}. Nothing was"
            " removed. Delete it by hand if it is not needed"
        )
    else:
        plan.problems += _of_another_environment(name, environment, found)
    if found.contents:
        plan.problems.append(
            f"The bucket {name} is not empty: it holds {found.contents}. Nothing was removed. Readers may still need"
            " what is in it; delete objects, versions and unfinished uploads first if nobody does"
        )
    plan.buckets = [{"state": "absent"}]
    plan.before = {f"bucket {name}": _held(found)}
    plan.change(name, "delete", ())
    return plan


def _foreign(name: str) -> str:
    return (
        f"The bucket {name} belongs to another AWS account. Expected: none of that name, or one of this account. Names"
        " of buckets are global: choose another one (agent_ops_proof_bucket)"
    )


def _refused(wish: Wish, found: Found) -> t.Iterator[str]:
    if not found.exists:
        return
    if not found.owned:
        yield _foreign(wish.name)
        return
    if found.region != wish.region:
        yield (
            f"The bucket {wish.name} is in {found.region}. Expected: {wish.region}. A bucket cannot be moved: correct"
            " agent_ops_proof_bucket_region, or choose another name (agent_ops_proof_bucket)"
        )
    ours = found.tags.get(OWNERSHIP_TAG) == wish.name
    if ours:
        yield from _of_another_environment(wish.name, wish.environment, found)
    if not ours and found.contents and not wish.adopt:
        yield (
            f"The bucket {wish.name} was not made by this collection (it has no tag {OWNERSHIP_TAG}={wish.name}), and"
            f" holds {found.contents}, which anybody could read. Expected: a bucket of ours, or an empty one. To take"
            " it over with what is in it, set proof_bucket_adopt to true"
        )


def _of_another_environment(name: str, wanted: str, found: Found) -> t.Iterator[str]:
    environment = found.tags.get("environment")
    # Without that tag, which somebody took away, it is put right as any other.
    if environment not in (None, wanted):
        yield (
            f"The bucket {name} is that of the environment {environment}, by its tag. Expected: {wanted}. Give each"
            " environment a bucket of its own (agent_ops_proof_bucket)"
        )


def _blocked(found: Found) -> t.Iterator[str]:
    on = [SWITCHES[name] for name, wanted in WANTED_BLOCK.items() if not wanted and found.account_block.get(name)]
    if on:
        yield (
            f"The AWS account blocks public policies for all of its buckets ({', '.join(on)} of its Block Public"
            " Access), so that nobody could read the proofs, whatever the bucket says. Expected: off. Turn that off"
            " for the account (s3control PutPublicAccessBlock), or use an account of its own"
        )


def _differences(wish: Wish, found: Found) -> tuple[Entry, list[str]]:
    """Return the arguments that amazon.aws.s3_bucket needs, and what they change."""
    arguments: Entry = {}
    details: list[str] = []
    if found.block != WANTED_BLOCK:
        arguments["public_access"] = dict(WANTED_BLOCK)
        details.append("Block Public Access for ACLs, not for policies")
    if not same_bucket_policy(found.policy, wish.policy):
        arguments["policy"] = wish.policy
        details.append("its policy")
    if found.ownership != OWNERSHIP:
        arguments["object_ownership"] = OWNERSHIP
        details.append("without ACLs")
    if found.encryption != ENCRYPTION:
        arguments["encryption"] = ENCRYPTION
        details.append("encrypted at rest")
    if wish.versioning is not (found.versioning == "Enabled"):
        arguments["versioning"] = wish.versioning
        details.append("with versions" if wish.versioning else "without further versions")
    missing = {name: value for name, value in wish.all_tags.items() if found.tags.get(name) != value}
    if missing:
        # With all of them, since tags are put as a whole; what others tagged stays (purge_tags).
        arguments["tags"] = wish.all_tags
        details += [f"with the tag {name}={value}" for name, value in missing.items()]
    return arguments, details


def _acl_first(found: Found, arguments: Entry) -> list[Entry]:
    """ACLs cannot be turned off while one lets somebody in beside the owner, and the module would try that first.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-ownership-error-responses.html
    """
    return [{"acl": "private"}] if "object_ownership" in arguments and found.foreign_grants else []


def _policy_first(found: Found, arguments: Entry) -> list[Entry]:
    """A policy that nobody was let in by is replaced before it is let to count, and the module would open first.

    Otherwise, whatever it allows to everybody would be allowed until then, and on, if the new policy cannot be put.
    """
    if "policy" not in arguments or found.policy is None or not found.block.get("restrict_public_buckets"):
        return []
    return [{"public_access": {**WANTED_BLOCK, "restrict_public_buckets": True}, "policy": arguments["policy"]}]


def _held(found: Found) -> Entry:
    view: Entry = {
        "region": found.region,
        "policy": found.policy,
        "block_public_access": found.block,
        "object_ownership": found.ownership,
        "encryption": found.encryption,
        "cors": _rules(found.cors),
        "versioning": found.versioning == "Enabled",
        "tags": dict(sorted(found.tags.items())),
    }
    if found.foreign_grants and found.ownership != OWNERSHIP:
        view["acl"] = sorted(found.foreign_grants)
    return view


def _wanted(wish: Wish, found: Found) -> Entry:
    same = same_bucket_policy(found.policy, wish.policy)
    return {
        "region": wish.region,
        "policy": found.policy if same else wish.policy,
        "block_public_access": dict(WANTED_BLOCK),
        "object_ownership": OWNERSHIP,
        "encryption": ENCRYPTION,
        "cors": _rules([_camel(rule) for rule in wish.cors]),
        "versioning": wish.versioning,
        "tags": dict(sorted({**found.tags, **wish.all_tags}.items())),
    }


def _camel(rule: Entry) -> Entry:
    return {"".join(word.capitalize() for word in name.split("_")): value for name, value in rule.items()}


def _rules(rules: t.Iterable[Entry]) -> list[Entry]:
    """Return the rules of CORS in one order, however they were written. A rule's name says nothing."""
    ordered = [
        {name: sorted(value) if isinstance(value, list) else value for name, value in sorted(rule.items())}
        for rule in rules
    ]
    return [{name: value for name, value in rule.items() if name != "ID"} for rule in sorted(ordered, key=str)]
