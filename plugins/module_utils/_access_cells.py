# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do more, or less, with the environment's keys than the inventory wants. Private to the collection.

Pure: no ansible, no AWS.
"""

from __future__ import annotations

import fnmatch
import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils._access_capabilities import (
    ADMINISTER,
    ALIASES,
    BY_NAME,
    COME,
    USE,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_finding import (
    NAME_ADMINISTRATOR,
    PROVISION,
    Finding,
    listed,
    trusted,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_matrix import Cell, Matrix
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_requests import Asked, ask
from ansible_collections.interchain.agent_ops.plugins.module_utils._access_subjects import ADMIN, Subject
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_evaluation import Answer
from ansible_collections.interchain.agent_ops.plugins.module_utils._policy_principals import trusted_by

KINDS: t.Mapping[str, str] = {
    USE: "unexpected_access",
    COME: "comes_to_sign",
    ALIASES: "manages_aliases",
    ADMINISTER: "administers_keys",
}
_DOES: t.Mapping[str, str] = {
    "sign": "sign with",
    "public_key": "read the public key of",
    "get_secret_value": "read the private key of",
}
_DOES_KIND: t.Mapping[str, str] = {
    COME: "come to sign with",
    ALIASES: "manage the aliases of",
    ADMINISTER: "administer",
}
_MOST_ALIKE = 3
"""More principals than this with the very same rights are told of together."""
_MOST_REASONS = 2


@dataclass(frozen=True)
class Administrator:
    """A principal that may do everything with every key.

    :ivar named: the inventory names it, or it is who asks.
    """

    subject: Subject
    reason: str
    named: bool


@dataclass(frozen=True)
class _Excess:
    """What a principal may do to some keys that it must not."""

    subject: Subject
    kind: str
    capabilities: tuple[str, ...]
    answer: Answer
    keys: tuple[str, ...]
    reasons: tuple[str, ...]


def find_administrators(matrix: Matrix, named: t.Sequence[str], caller: str) -> list[Administrator]:
    """Return who may do everything with every key of the environment, without being one of its principals.

    :param named: ARNs that the inventory names, with ``*`` for the random end of a role of AWS IAM Identity Center.
    :param caller: ARN of who asks: whoever sets this up cannot but have these rights.
    """
    indexes = _own_keys(matrix)
    found = []
    for subject in matrix.subjects:
        if subject.ours or not indexes:
            continue
        held = [matrix.held(subject, index) for index in indexes]
        if all(len(cells) == len(matrix.capabilities(index)) for cells, index in zip(held, indexes, strict=True)):
            reason = next(iter(held[0].values())).reason
            found.append(Administrator(subject, reason, is_named(subject, named) or _is_caller(subject, caller)))
    return found


def is_named(subject: Subject, named: t.Sequence[str]) -> bool:
    return matches(subject.arn, named)


def matches(arn: str, named: t.Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(arn, pattern) for pattern in named)


def _is_caller(subject: Subject, caller: str) -> bool:
    if subject.kind == "user":
        return subject.arn == caller
    # arn:aws:sts::111122223333:assumed-role/name/session
    return f":{subject.principal.account}:assumed-role/{subject.name}/" in caller


def cell_findings(
    matrix: Matrix, found_administrators: t.Sequence[Administrator], named: t.Sequence[str]
) -> t.Iterator[Finding]:
    """Return who may more, and who may less, than is wanted.

    :param named: ARNs of the account's administrators, about whom nothing more is said.
    """
    for one in found_administrators:
        if not one.named:
            yield Finding(
                "administrator",
                f"The {_called(one.subject)} may do everything with every key: {one.reason}{_assumable(one.subject)}",
                "only those whom the inventory names as administrators of the account may",
                f"Take the right away where it comes from: {_sources([one.reason])}; or, {NAME_ADMINISTRATOR}",
                one.subject.name,
                one.subject.arn,
                tuple(matrix.resources[index].name for index in _own_keys(matrix)),
            )
    skipped = {one.subject.arn for one in found_administrators}
    excesses = [
        excess
        for subject in matrix.subjects
        if subject.arn not in skipped and not is_named(subject, named)
        for excess in _excesses(matrix, subject)
    ]
    yield from _told(excesses, matrix)
    for subject in matrix.subjects:
        yield from _lacks(matrix, subject)


def _own_keys(matrix: Matrix) -> list[int]:
    return [index for index, one in enumerate(matrix.resources) if one.wanted and one.there and not one.error]


def _excesses(matrix: Matrix, subject: Subject) -> t.Iterator[_Excess]:
    groups: dict[tuple[str, tuple[str, ...], Answer], list[tuple[str, Cell]]] = {}
    for index in _own_keys(matrix):
        by_kind: dict[tuple[str, Answer], list[tuple[str, Cell]]] = {}
        for name, cell in matrix.excess(subject, index).items():
            by_kind.setdefault((BY_NAME[name].kind, cell.answer), []).append((name, cell))
        for (kind, answer), cells in by_kind.items():
            names = tuple(name for name, _cell in cells)
            key = matrix.resources[index].name
            groups.setdefault((kind, names, answer), []).extend((key, cell) for _name, cell in cells)
    for (kind, names, answer), entries in groups.items():
        keys = tuple(dict.fromkeys(key for key, _cell in entries))
        reasons = tuple(dict.fromkeys(cell.reason for _key, cell in entries))
        yield _Excess(subject, kind, names, answer, keys, reasons)


def _told(excesses: t.Sequence[_Excess], matrix: Matrix) -> t.Iterator[Finding]:
    """Return a finding each; one for many strangers with the very same rights, whom one statement let in."""
    alike: dict[tuple[t.Any, ...], list[_Excess]] = {}
    for one in excesses:
        alike.setdefault((one.subject.ours, one.kind, one.capabilities, one.answer, one.keys, one.reasons), []).append(
            one
        )
    done: set[tuple[t.Any, ...]] = set()
    for one in excesses:
        key = (one.subject.ours, one.kind, one.capabilities, one.answer, one.keys, one.reasons)
        group = alike[key]
        if one.subject.ours or len(group) <= _MOST_ALIKE:
            yield _excess_finding(one, f"The {_called(one.subject)}", one.subject.name, one.subject.arn, matrix)
        elif key not in done:
            done.add(key)
            names = listed([f"{other.subject.kind} {other.subject.name}" for other in group], "principals")
            yield _excess_finding(one, names[:1].upper() + names[1:], names, None, matrix)


def _excess_finding(one: _Excess, called: str, name: str, arn: str | None, matrix: Matrix) -> Finding:
    reasons = "; ".join(one.reasons[:_MOST_REASONS])
    if len(one.reasons) > _MOST_REASONS:
        reasons += f"; and {len(one.reasons) - _MOST_REASONS} more"
    may = "may, on a condition that nobody here can know," if one.answer is Answer.CONDITIONAL else "may"
    where = f"Take the right away where it comes from: {_sources(one.reasons)}"
    if not one.subject.ours and one.kind != USE:
        where += f"; or, {NAME_ADMINISTRATOR}"
    return Finding(
        KINDS[one.kind],
        f"{called} {may} {_does(one, matrix)}: {reasons}{_assumable(one.subject)}",
        _meant(matrix, one.subject, one.kind),
        where,
        name,
        arn,
        one.keys,
    )


def _sources(reasons: t.Sequence[str]) -> str:
    """Return which policies, grants and key policies the reasons name."""
    named = []
    for reason in reasons:
        source = reason.rpartition("allowed by ")[2].partition(" on condition that ")[0].partition(", unless denied")[0]
        named.append(source.rpartition(" (")[0] if source.endswith(")") else source)
    return listed(list(dict.fromkeys(named)), "places")


def _meant(matrix: Matrix, subject: Subject, kind: str) -> str:
    if not subject.ours:
        whom = (
            "the principals that the inventory names" if kind == USE else "kms-admin and the account's administrators"
        )
        return f"only {whom} may"
    keys = tuple((subject.wanted or {}).get("keys", ()))
    if subject.duty == ADMIN:
        return "no more than its own policy says" if keys else "that it administers keys without being able to sign"
    if kind != USE:
        return "that it uses its keys, and does nothing else with any"
    if len(keys) > _MOST_REASONS:
        return f"only its {len(keys)} keys"
    return f"only {listed(keys)}" if keys else "none of the keys"


def keys_text(matrix: Matrix, keys: t.Sequence[str]) -> str:
    """Return keys as text: all of them in a few words."""
    everything = [one.name for one in matrix.resources if one.wanted]
    if len(keys) > 1 and list(keys) == everything:
        return f"all {len(keys)} keys"
    return listed(keys)


def _does(one: _Excess, matrix: Matrix) -> str:
    keys = keys_text(matrix, one.keys)
    if one.kind == USE:
        return f"{' and '.join(_DOES[name] for name in one.capabilities)} {keys}"
    return f"{_DOES_KIND[one.kind]} {keys} ({', '.join(BY_NAME[name].action for name in one.capabilities)})"


def _called(subject: Subject) -> str:
    return f"{subject.kind} {subject.name}"


def _assumable(subject: Subject) -> str:
    """Return who may come by the rights of a role from outside of the account, if that was not asked for."""
    if subject.kind != "role" or subject.ours:
        return ""
    outside = [
        trusted(trust)
        for trust in trusted_by(subject.entry.get("trust"), subject.principal.account)
        if not trust.own_account
    ]
    return f". It may be assumed by {listed(outside, 'principals')}" if outside else ""


def _lacks(matrix: Matrix, subject: Subject) -> t.Iterator[Finding]:
    """Return what a principal of ours is to do with its keys, and may not, or only on conditions."""
    if not subject.ours:
        return
    groups: dict[tuple[tuple[str, ...], bool, str], list[str]] = {}
    for index in _own_keys(matrix):
        held = matrix.held(subject, index)
        resource = matrix.resources[index]
        expected = matrix.expected(subject, index)
        lacking = [one.name for one in matrix.capabilities(index) if one.name in expected]
        # What an administrator's own policy allows on a condition is wanted on that condition.
        enough = (Answer.YES, Answer.CONDITIONAL) if subject.duty == ADMIN else (Answer.YES,)
        lacking = [name for name in lacking if name not in held or held[name].answer not in enough]
        if not lacking:
            continue
        first = held.get(lacking[0])
        reason = first.reason if first else ask(subject, BY_NAME[lacking[0]], Asked.of(resource)).reason
        designed = not matrix.unattainable.get((subject.arn, index), frozenset()).intersection(lacking)
        groups.setdefault((tuple(lacking), designed, reason), []).append(resource.name)
    for (names, designed, reason), keys in groups.items():
        actions = " and ".join(_DOES.get(name, BY_NAME[name].action + " on") for name in names)
        where = f"{PROVISION}; if that changes nothing, the key policy or another policy is in the way"
        if not designed:
            where = "The wanted policy itself does not match it: choose the hardened form, or another pattern"
        may = "may only on a condition that nobody here can know" if "on condition that" in reason else "may not"
        yield Finding(
            "missing_access",
            f"The {_called(subject)} {may} {actions} {keys_text(matrix, keys)}: {reason}",
            "that it may",
            where,
            subject.name,
            subject.arn,
            tuple(keys),
        )
