# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the keys themselves: their aliases, their policies and grants. Private to the collection.

Pure: no ansible, no AWS.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._access_capabilities import USE
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_finding import (
    PROVISION,
    Finding,
    listed,
    trusted,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_found import Resource
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_matrix import Matrix
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_subjects import ADMIN, Subject
from ansible_collections.interchain.agent_ops.plugins.module_utils._key_row import OWNERSHIP_TAG
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_principals import trusted_by

ALIASES_A_KEY = 50
"""Beyond this AWS KMS refuses everybody who is authorised by an alias of the key.
https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html"""

_MOST_ALONE = 5

_USABLE: t.Mapping[str, str] = {
    "KeyState": "Enabled",
    "KeySpec": "ECC_SECG_P256K1",
    "KeyUsage": "SIGN_VERIFY",
    "Origin": "AWS_KMS",
}
"""What AWS KMS says of a key that an agent can sign with, and whose private part nobody else has."""


def key_findings(matrix: Matrix, account: str, headroom: int) -> t.Iterator[Finding]:
    for index, resource in enumerate(matrix.resources):
        if resource.wanted:
            yield from _state(resource)
            yield from _aliases(resource, headroom)
            yield from _outsiders(resource, account)
            yield from _grants(matrix, index, account)
        elif resource.error:
            yield _unreadable(resource)
    yield from _covered(matrix)


def _called(resource: Resource) -> str:
    return f"key {resource.name}" if resource.service == "kms" else f"secret {resource.name}"


def _unreadable(resource: Resource) -> Finding:
    return Finding(
        "unreadable",
        f"Who may use the {_called(resource)} cannot be said: {resource.error}",
        "that it can be read",
        "Give whoever asks the permission, or mend the key",
        keys=(resource.name,),
    )


def _state(resource: Resource) -> t.Iterator[Finding]:
    if resource.error:
        yield _unreadable(resource)
    elif not resource.there:
        yield Finding(
            "key_missing",
            f"There is no {resource.alias or _called(resource)} in {resource.region}",
            "a signing key of that name",
            PROVISION,
            keys=(resource.name,),
        )
    elif resource.service == "kms":
        yield from _unusable(resource)
        yield from _moved(resource)
    elif resource.metadata.get("DeletedDate"):
        yield _dying_secret(resource)


def _dying_secret(resource: Resource) -> Finding:
    return Finding(
        "key_unusable",
        f"The secret {resource.name} is scheduled for deletion, and nobody can read it",
        "a secret that can be read",
        "Run provision.yml with its name in signing_keys_revive; and find out who deleted it",
        arn=resource.arn,
        keys=(resource.name,),
    )


def _unusable(resource: Resource) -> t.Iterator[Finding]:
    """Return why nobody can sign with a key, whatever IAM says."""
    wrong = [
        f"{name} {resource.metadata[name]}"
        for name, value in _USABLE.items()
        if name in resource.metadata and resource.metadata[name] != value
    ]
    if wrong:
        yield Finding(
            "key_unusable",
            f"{resource.alias} points at the key {resource.arn}, which has {', '.join(wrong)}",
            ", ".join(f"{name} {value}" for name, value in _USABLE.items()),
            f"{PROVISION}, which says what can be done; and find out who disabled, deleted or re-aliased the key",
            arn=resource.arn,
            keys=(resource.name,),
        )


def _moved(resource: Resource) -> t.Iterator[Finding]:
    """Return that an alias points at a key that was not made for it, by the tag that its own key has had since then.

    A key without the tag may be one of the original script, and as well any key that somebody made. Nothing in AWS
    tells them apart, and provision.yml tags the key that it finds under the alias: so whoever knows must look first.
    """
    tag = resource.tags.get(OWNERSHIP_TAG)
    if tag == resource.alias:
        return
    said = f"was made for {tag}" if tag else "does not say what it was made for"
    held = f"its tag {OWNERSHIP_TAG} is {tag}" if tag else f"it has no tag {OWNERSHIP_TAG}"
    yield Finding(
        "alias_moved",
        f"{resource.alias} points at the key {resource.arn}, which {said}: {held}",
        f"the key that was made for it, whose tag {OWNERSHIP_TAG} is {resource.alias}",
        "Find out whether the address of the key is the agent's. If not, point the alias back at its own key"
        " (kms:UpdateAlias); if so, run provision.yml, which tags the key as the alias's own",
        arn=resource.arn,
        keys=(resource.name,),
    )


def _aliases(resource: Resource, headroom: int) -> t.Iterator[Finding]:
    others = [alias for alias in resource.aliases if alias != resource.alias]
    if others:
        yield Finding(
            "additional_alias",
            f"The key {resource.name} also has the alias{'es' if len(others) > 1 else ''} {listed(others, 'aliases')},"
            " and whoever may use keys of that name may use it",
            f"only {resource.alias}",
            f"Delete what is too many (kms:DeleteAlias) in {resource.region}",
            arn=resource.arn,
            keys=(resource.name,),
        )
    if len(resource.aliases) >= headroom:
        yield Finding(
            "alias_headroom",
            f"The key {resource.name} has {len(resource.aliases)} aliases; beyond {ALIASES_A_KEY} AWS refuses whoever"
            " is authorised by one of them",
            f"fewer than {headroom}",
            f"Delete aliases of the key in {resource.region}",
            arn=resource.arn,
            keys=(resource.name,),
        )


def _outsiders(resource: Resource, account: str) -> t.Iterator[Finding]:
    """Return who is let in by a key's own policy without being of the account: those whom IAM here cannot show."""
    if not isinstance(resource.policy, t.Mapping):
        return
    statements = resource.policy.get("Statement", [])
    listed_statements = statements if isinstance(statements, list) else [statements]
    # What the statements are about is the key, and said by where they are.
    bare = [
        {name: value for name, value in one.items() if name not in ("Resource", "NotResource")}
        for one in listed_statements
        if isinstance(one, t.Mapping) and ("Resource" in one or "NotResource" in one or resource.service != "kms")
    ]
    what = "key policy" if resource.service == "kms" else "resource policy"
    for trust in trusted_by({**resource.policy, "Statement": bare}, account):
        if trust.own_account and not trust.wildcard:
            continue
        sid = f" (statement {trust.sid})" if trust.sid else ""
        yield Finding(
            "wildcard_principal" if trust.wildcard else "outside_principal",
            f"The {what} of {resource.name}{sid} allows {listed(trust.actions, 'actions')} to {trusted(trust)}",
            "nobody but the account itself, whose IAM policies say who",
            f"Change the {what} of {resource.arn}",
            trust.value,
            resource.arn,
            (resource.name,),
        )


def _grants(matrix: Matrix, index: int, account: str) -> t.Iterator[Finding]:
    """Return the grants of a key, but for those whose whole effect is told as what a principal of the account may."""
    resource = matrix.resources[index]
    for grant in resource.grants:
        grantee = str(grant.get("GranteePrincipal", ""))
        name = str(grant.get("Name") or grant.get("GrantId", ""))
        if any(one.arn == grantee and _told_of(matrix, one, index) for one in matrix.subjects):
            continue
        inside = f":{account}:" in grantee
        yield Finding(
            "grant" if inside else "outside_principal",
            f"The grant {name} of the key {resource.name} allows {', '.join(grant.get('Operations', ()))} to {grantee}",
            "no grants",
            f"Revoke it (kms:RevokeGrant, key {resource.arn}, grant {grant.get('GrantId', '')})",
            grantee,
            resource.arn,
            (resource.name,),
        )


def _told_of(matrix: Matrix, subject: Subject, index: int) -> bool:
    """Say whether something that a grant allows is more than the principal is to do."""
    return any("the grant " in cell.reason for cell in matrix.excess(subject, index).values())


def _covered(matrix: Matrix) -> t.Iterator[Finding]:
    """Return the keys that are none of the environment's, and that its principals may use by one of their aliases."""
    groups: dict[tuple[str, ...], list[tuple[Resource, str]]] = {}
    for index, resource in enumerate(matrix.resources):
        if resource.wanted:
            continue
        uses = [capability.name for capability in matrix.capabilities(index) if capability.kind == USE]
        principals: list[str] = []
        reasons: list[str] = []
        for subject in matrix.subjects:
            held = matrix.held(subject, index)
            told = [held[name].reason for name in uses if name in held]
            if subject.ours and subject.duty != ADMIN and told:
                principals.append(subject.name)
                reasons += told
        if principals:
            groups.setdefault(tuple(principals), []).append((resource, reasons[0]))
    for names, resources in groups.items():
        if len(resources) <= _MOST_ALONE:
            for resource, reason in resources:
                yield _covered_finding(names, [resource], reason)
        else:
            yield _covered_finding(names, [resource for resource, _reason in resources], resources[0][1])


def _covered_finding(names: tuple[str, ...], resources: t.Sequence[Resource], reason: str) -> Finding:
    one = resources[0]
    keys = tuple(resource.name for resource in resources)
    what = f"{listed(keys)}, which are no keys of this environment"
    where = "Take away the policy that matches them"
    if len(resources) == 1:
        whose = f"of {one.environment}" if one.environment else "that the inventory does not name"
        aliases = f", with the alias{'es' if len(one.aliases) > 1 else ''} {listed(one.aliases, 'aliases')}"
        what = f"the key {one.name} {whose}{aliases if one.aliases else ''}"
        where = f"Delete the alias that matches (kms:DeleteAlias, key {one.arn}), or mend the policy"
    return Finding(
        "foreign_key_covered",
        f"{listed(names, 'principals')} may use {what}: {reason}",
        "that no principal of this environment may use a key of another",
        where,
        listed(names, "principals"),
        one.arn if len(resources) == 1 else None,
        keys,
    )
