# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which keys of an account are to be looked at: the environment's, those of the other environments, and any other that
one of our principals' policies matches. Private to the collection. Pure: no ansible, no AWS; errors are ValueErrors.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils import _access_subjects as who
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_found import Account, Aliases, Wish
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_subjects import Access
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_evaluation import (
    Request,
    evaluate_identity,
)

_NEEDED: t.Mapping[str, type] = {
    "environment": str,
    "account_id": str,
    "partition": str,
    "backend": str,
    "path": str,
    "keys": list,
    "policies": list,
    "groups": list,
    "users": list,
    "roles": list,
}
_USES = ("kms:Sign", "kms:GetPublicKey")


def check_access_option(access: t.Mapping[str, t.Any]) -> None:
    """Raise ValueError if that is not what an environment wants, as signer_access_info returns it."""
    wrong = [name for name, kind in _NEEDED.items() if not isinstance(access.get(name), kind)]
    if wrong:
        raise ValueError(
            f"access has no {', '.join(wrong)}, or not in the form that is expected: what"
            " interchain.agent_ops.signer_access_info returns as access"
        )


def regions(access: Access, default: str) -> list[str]:
    """Return the Regions that keys of the environment, or of its neighbours, are in."""
    named = [key.get("region") for key in (*access["keys"], *_foreign(access))]
    return list(dict.fromkeys(region or default for region in [*named, *([] if named else [default])]))


def wishes(access: Access, account: Account, aliases: Aliases, default: str) -> list[Wish]:
    """Return every key that is to be read, the environment's first, in the inventory's order."""
    wanted = [
        Wish(key["name"], key.get("region") or default, key["resource"], access["environment"], wanted=True)
        for key in access["keys"]
    ]
    foreign = [
        Wish(key["name"], key.get("region") or default, key["resource"], str(key.get("environment", "")))
        for key in _foreign(access)
    ]
    if access["backend"] != "kms":
        return wanted + foreign
    seen = {(wish.region, aliases[wish.region].get(wish.resource)) for wish in wanted}
    neighbours = []
    for wish in foreign:
        place = (wish.region, aliases[wish.region].get(wish.resource))
        if place[1] and place not in seen:
            seen.add(place)
            neighbours.append(wish)
    return [*wanted, *neighbours, *_strangers(access, account, aliases, seen)]


def _foreign(access: Access) -> list[t.Mapping[str, t.Any]]:
    """Return the other environments' keys of the same kind. Of the other kind no policy of ours names any."""
    kms = access["backend"] == "kms"
    return [key for key in access.get("foreign_keys", ()) if key["resource"].startswith("alias/") is kms]


def _strangers(
    access: Access, account: Account, aliases: Aliases, seen: t.Collection[tuple[str, str | None]]
) -> t.Iterator[Wish]:
    """Return keys that nobody names, and whose aliases let one of our signers in as far as its policies go."""
    signers = [one for one in who.subjects(account, access) if one.ours and one.duty != who.ADMIN]
    for region, pointing in aliases.items():
        names: dict[str, list[str]] = {}
        for alias, key in sorted(pointing.items()):
            if (region, key) not in seen:
                names.setdefault(key, []).append(alias)
        for key, own in names.items():
            arn = f"arn:{access['partition']}:kms:{region}:{access['account_id']}:key/{key}"
            requests = [Request(action, arn, {"kms:ResourceAliases": own}) for action in _USES]
            if any(evaluate_identity(request, one.principal.policies) for one in signers for request in requests):
                yield Wish(f"{own[0].removeprefix('alias/')} in {region}", region, key, "")
