# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done with each key in AWS KMS: data, from what is wanted and what was read. Private to the collection.

Check mode and diff mode are views of these plans. Pure: no ansible, no AWS.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.interchain.agent_ops.plugins.module_utils._key_names import KeySpec
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import (
    ENVIRONMENT_TAG,
    OWNERSHIP_TAG,
    wanted_tags,
)

KEY_SPEC = "ECC_SECG_P256K1"
KEY_USAGE = "SIGN_VERIFY"
ORIGIN = "AWS_KMS"

ENABLED = "Enabled"
DISABLED = "Disabled"
DYING = ("PendingDeletion", "PendingReplicaDeletion")
REVIVABLE = (DISABLED, "PendingDeletion")

Metadata = t.Mapping[str, t.Any]


@dataclass
class Orphan:
    """A key that carries the ownership tag for a wanted alias, while that alias does not exist."""

    metadata: Metadata
    tags: t.Mapping[str, str]
    aliases: t.Sequence[str] = ()
    grants: int = 0
    policy: str = ""

    @property
    def arn(self) -> str:
        return str(self.metadata["Arn"])


@dataclass
class Reading:
    """What AWS holds for one wanted key."""

    metadata: Metadata | None = None
    public_key: bytes | None = None
    tags: t.Mapping[str, str] = field(default_factory=dict)
    alias_without_target: bool = False
    orphans: t.Sequence[Orphan] = ()
    leftovers: t.Sequence[str] = ()
    aliases: t.Sequence[str] = ()
    planned: t.Mapping[str, t.Any] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True)
class Wish:
    """What the user asked for beyond the set of keys."""

    account_id: str
    revive: frozenset[str] = frozenset()
    replace: frozenset[str] = frozenset()
    key_policy: str | None = None


@dataclass
class Plan:
    """What is to be done with one key: the steps, and the action under which they are reported."""

    spec: KeySpec
    reading: Reading
    action: str
    steps: tuple[str, ...] = ()
    orphan: Orphan | None = None
    missing_tags: t.Mapping[str, str] = field(default_factory=dict)
    error: str | None = None
    warnings: tuple[str, ...] = ()


def plan_present(spec: KeySpec, reading: Reading, wish: Wish) -> Plan:
    """Plan for a key to be there, usable and ours."""
    if reading.error:
        return Plan(spec, reading, "failed", error=reading.error)
    if reading.metadata is None:
        return _plan_absent_alias(spec, reading, wish)
    what = f"{spec.alias} in {spec.region} points at {reading.metadata['Arn']}"
    error = _foreign(what, reading.metadata, wish) or _owned_by_another(what, spec, reading.tags)
    if error:
        return Plan(spec, reading, "failed", error=error)
    steps = _revival(reading.metadata, revive=spec.name in wish.revive)
    if steps is None:
        return Plan(spec, reading, "failed", error=_unusable(what, spec, reading.metadata))
    missing = _missing_tags(spec, reading.tags)
    if missing:
        steps += ("tag",)
    if reading.metadata.get("Description", "") != spec.description:
        steps += ("describe",)
    # A key that was made by other means (the original script sets nothing but the tag `environment`) is taken over.
    action = "unchanged" if not steps else "updated" if OWNERSHIP_TAG in reading.tags else "adopted"
    warnings = tuple(
        f"{arn} is tagged {OWNERSHIP_TAG}={spec.alias} as well, but the alias points at another key. A run that was cut"
        " short may have left it: schedule its deletion if nobody needs it"
        for arn in reading.leftovers
    )
    return Plan(spec, reading, action, steps, missing_tags=missing, warnings=warnings)


def _plan_absent_alias(spec: KeySpec, reading: Reading, wish: Wish) -> Plan:
    if reading.alias_without_target:
        error = (
            f"{spec.alias} exists in {spec.region}, but points at no key. Expected: a key, or no such alias."
            f" Delete the alias (aws kms delete-alias --alias-name {spec.alias}) and run again"
        )
        return Plan(spec, reading, "failed", error=error)
    revive = spec.name in wish.revive
    chosen, warnings = _choose_orphan(spec, reading.orphans, wish, revive=revive)
    dying = [orphan.arn for orphan in reading.orphans if orphan.metadata["KeyState"] in DYING]
    if revive and len(dying) > 1 and chosen is not None and chosen.arn in dying:
        error = (
            f"Several keys that are pending deletion were made for {spec.alias}: {', '.join(dying)}. Expected: one."
            " Which of them was in use is not known: cancel its deletion, enable it, give it the alias, and run again"
        )
        return Plan(spec, reading, "failed", error=error, warnings=warnings)
    if chosen is not None:
        steps = (*(_revival(chosen.metadata, revive=revive) or ()), "alias")
        missing = _missing_tags(spec, chosen.tags)
        if missing:
            steps += ("tag",)
        if chosen.metadata.get("Description", "") != spec.description:
            steps += ("describe",)
        return Plan(spec, reading, "adopted", steps, chosen, missing_tags=missing, warnings=warnings)
    if revive:
        error = (
            f"{spec.alias} does not exist in {spec.region}, and no key that was made for it can be revived."
            " Leave it out of the keys to revive, and it is created"
        )
        return Plan(spec, reading, "failed", error=error, warnings=warnings)
    if dying and spec.name not in wish.replace:
        error = (
            f"{spec.alias} does not exist in {spec.region}, and {', '.join(dying)}, which was made for it, is pending"
            f" deletion. Expected: no such key. Name {spec.name} in revive to use that key again, or in replace to have"
            " a new one with another address"
        )
        return Plan(spec, reading, "failed", error=error, warnings=warnings)
    tags = wanted_tags(spec, spec.alias)
    return Plan(spec, reading, "created", ("create", "alias"), missing_tags=tags, warnings=warnings)


def _choose_orphan(
    spec: KeySpec, orphans: t.Sequence[Orphan], wish: Wish, *, revive: bool
) -> tuple[Orphan | None, tuple[str, ...]]:
    """Return the oldest orphan that may be taken over, and why the others are not. Dying ones are passed over."""
    chosen: Orphan | None = None
    warnings = []
    for orphan in sorted(orphans, key=_age):
        state = orphan.metadata["KeyState"]
        doubt = _doubt(spec, orphan, wish)
        if doubt is None and _revival(orphan.metadata, revive=revive) is None:
            doubt = f"it is {state}"
        if doubt is None and chosen is not None:
            doubt = "another, older one is taken over"
        if doubt is None:
            chosen = orphan
        elif state not in DYING:
            warnings.append(f"{orphan.arn} is tagged {OWNERSHIP_TAG}={spec.alias}, but is not taken over: {doubt}")
    return chosen, tuple(warnings)


def plan_retirement(spec: KeySpec, reading: Reading, wish: Wish) -> Plan:
    """Plan for a key to go: deletion scheduled, alias removed."""
    if reading.error:
        return Plan(spec, reading, "failed", error=reading.error)
    if reading.metadata is None:
        if reading.alias_without_target:
            return Plan(spec, reading, "retired", ("unalias",))
        nothing = f"{spec.alias} does not exist in {spec.region}: it was retired before, or the name is mistyped"
        return Plan(spec, reading, "unchanged", warnings=(nothing,))
    what = f"{spec.alias} in {spec.region} points at {reading.metadata['Arn']}"
    error = _wrong_account(what, reading.metadata, wish)
    defect = no_signing_key(reading.metadata)
    if not error and defect:
        error = f"{what}, {defect.found}. Expected: {defect.expected}. Only signing keys are retired: check the name"
    if not error and reading.tags.get(ENVIRONMENT_TAG) != spec.environment:
        error = (
            f"{what}, whose tag {ENVIRONMENT_TAG} is {reading.tags.get(ENVIRONMENT_TAG)!r}."
            f" Expected: {spec.environment!r}. Only keys of the environment are retired: check the name, and the tag"
        )
    error = error or _owned_by_another(what, spec, reading.tags)
    others = [alias for alias in reading.aliases if alias != spec.alias]
    if not error and others:
        error = (
            f"{what}, and so does {', '.join(others)}. Expected: no other alias. Whoever uses the key by that name"
            " would lose it: remove that alias first, if nobody does"
        )
    if error:
        return Plan(spec, reading, "failed", error=error)
    # The deletion comes first: were the alias removed first and the run killed then, nothing would name the key.
    dying = reading.metadata["KeyState"] in DYING
    return Plan(spec, reading, "retired", ("unalias",) if dying else ("schedule_deletion", "unalias"))


def _age(orphan: Orphan) -> tuple[float, str]:
    # The same choice in every run, so that two runs at once adopt the same key.
    created = orphan.metadata.get("CreationDate")
    return (created.timestamp() if isinstance(created, datetime) else 0.0, str(orphan.metadata["KeyId"]))


def _missing_tags(spec: KeySpec, tags: t.Mapping[str, str]) -> dict[str, str]:
    wanted = wanted_tags(spec, spec.alias)
    return {name: value for name, value in wanted.items() if tags.get(name) != value}


def _revival(metadata: Metadata, *, revive: bool) -> tuple[str, ...] | None:
    """Return the steps that make a key usable: none where it is, None where it cannot or may not be done."""
    state = metadata["KeyState"]
    if state == ENABLED:
        return ()
    if not revive or state not in REVIVABLE:
        return None
    return ("enable",) if state == DISABLED else ("cancel_deletion", "enable")


def _wrong_account(what: str, metadata: Metadata, wish: Wish) -> str | None:
    account = str(metadata["Arn"]).split(":")[4]
    if account != wish.account_id:
        return (
            f"{what}, a key in the account {account}. Expected: a key in the caller's account {wish.account_id}."
            " Use credentials for the account that the keys are in"
        )
    return None


class Defect(t.NamedTuple):
    found: str
    expected: str


def no_signing_key(metadata: Metadata) -> Defect | None:
    """Return what keeps a key from being a signing key at all, or None."""
    if metadata.get("KeyManager", "CUSTOMER") != "CUSTOMER":
        return Defect("a key that AWS manages", "a customer managed key")
    spec, usage = metadata.get("KeySpec"), metadata.get("KeyUsage")
    if (spec, usage) != (KEY_SPEC, KEY_USAGE):
        return Defect(f"a key with the key spec {spec} and the usage {usage}", f"{KEY_SPEC} and {KEY_USAGE}")
    return None


def _defect(metadata: Metadata) -> Defect | None:
    """Return what makes a key another one than we would have made, as far as its metadata tells, or None."""
    defect = no_signing_key(metadata)
    if defect is None and metadata.get("Origin") != ORIGIN:
        defect = Defect(
            f"a key whose material has the origin {metadata.get('Origin')}",
            f"{ORIGIN}, since somebody else may hold material that KMS did not generate",
        )
    if defect is None and metadata.get("MultiRegion"):
        defect = Defect(
            "a multi-Region key",
            "a key of this Region alone, since a replica elsewhere has a key policy of its own",
        )
    return defect


def _foreign(what: str, metadata: Metadata, wish: Wish) -> str | None:
    """Return why a key that an alias points at is not one that we would have made, or None."""
    error = _wrong_account(what, metadata, wish)
    defect = _defect(metadata)
    if error or defect is None:
        return error
    return (
        f"{what}, {defect.found}. Expected: {defect.expected}."
        " That cannot be changed: remove the alias from that key and run again, and a key is created"
    )


def _owned_by_another(what: str, spec: KeySpec, tags: t.Mapping[str, str]) -> str | None:
    expected = {ENVIRONMENT_TAG: spec.environment, OWNERSHIP_TAG: spec.alias}
    for name, value in expected.items():
        if tags.get(name, value) != value:
            return (
                f"{what}, whose tag {name} is {tags[name]!r}. Expected: {value!r}. The alias was moved to a key that"
                " was made for something else: point it back at its own key, or correct the tag if the tag is wrong"
            )
    return None


def _unusable(what: str, spec: KeySpec, metadata: Metadata) -> str:
    state = metadata["KeyState"]
    deletion = f" (deletion on {metadata['DeletionDate']})" if metadata.get("DeletionDate") else ""
    if state in REVIVABLE:
        advice = f"A key is never revived unasked: name {spec.name} in revive to use it again"
    else:
        advice = "Wait for that to end, or remove the alias, and run again"
    return f"{what}, which is {state}{deletion}. Expected: {ENABLED}. {advice}"


def _doubt(spec: KeySpec, orphan: Orphan, wish: Wish) -> str | None:
    """Return why a key must not be taken over on the strength of its tag, or None. Anybody may plant a tag."""
    defect = _defect(orphan.metadata)
    if defect is not None:
        return f"it is {defect.found}, expected {defect.expected}"
    error = _wrong_account("it", orphan.metadata, wish) or _owned_by_another("it", spec, orphan.tags)
    if error:
        return error.partition(". ")[0].removeprefix("it, ")
    if orphan.aliases:
        return f"the alias {orphan.aliases[0]} points at it"
    if orphan.grants:
        return f"it has {orphan.grants} grants, which let others use it"
    expected = [default_policy(orphan.arn), *([wish.key_policy] if wish.key_policy else [])]
    if not any(same_policy(orphan.policy, policy) for policy in expected):
        return "its key policy is neither the default one nor the declared one"
    return None


def default_policy(key_arn: str) -> str:
    """Return the key policy that KMS gives to a key made by an API call that names none.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    _arn, partition, _kms, _region, account, _key = key_arn.split(":", 5)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def same_policy(first: str, second: str) -> bool:
    """Say whether two key policies allow the same, whatever their Ids, Sids, and the order of their parts."""
    try:
        return bool(_canonical(json.loads(first)) == _canonical(json.loads(second)))
    except (ValueError, TypeError, AttributeError, KeyError):
        return False


# IAM JSON policy elements, Version: what a policy without one is taken for, in which ${...} is literal text.
_OLD_VERSION = "2008-10-17"
_ACCOUNT = re.compile(r"[0-9]{12}\Z")


def _canonical(policy: t.Mapping[str, t.Any]) -> t.Any:
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    parts = [
        _canonical_part({name: value for name, value in statement.items() if name != "Sid"}) for statement in statements
    ]
    return policy.get("Version", _OLD_VERSION), sorted(json.dumps(part, sort_keys=True) for part in parts)


def _canonical_part(part: t.Any) -> t.Any:
    if isinstance(part, dict):
        return {name: _canonical_part(value) for name, value in part.items()}
    if isinstance(part, list):
        parts = sorted((_canonical_part(item) for item in part), key=json.dumps)
        return parts[0] if len(parts) == 1 else parts
    # An account's id and the ARN of its root are the same principal, and KMS answers with the ARN.
    return f"arn:aws:iam::{part}:root" if isinstance(part, str) and _ACCOUNT.match(part) else part
