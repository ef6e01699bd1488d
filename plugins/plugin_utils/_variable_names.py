# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables and tags that nothing reads, and the ones that are likely meant. Private to the collection.

Ansible takes any name for a variable. What a misspelt one says would be lost without a word: an account that is not
pinned, a key that is not rotated.
"""

from __future__ import annotations

import difflib
import functools
import re
import typing as t
from pathlib import Path

SHARED = "agent_ops"
SHARED_NAMES = tuple(
    f"{SHARED}_{name}"
    for name in """
    additional_keys agent_infrastructure agents artifacts_root aws_account_id aws_region contract_deployment
    contracts_on deployment deployment_approvers environment key_backend key_name_template network
    node_infrastructure operators project proof_agents proof_bucket proof_bucket_region protected purpose
    report_store report_store_state sandbox_access_key sandbox_account_id sandbox_artifacts_root
    sandbox_endpoint_url sandbox_rpc_url sandbox_rpc_urls sandbox_secret_key transaction_signer
    """.split()
)
"""What several roles read. The other names are those of the roles' own specifications."""

TAGS = "agent_config contract_config matrix probe proof_bucket report signer_iam signing_keys".split()
"""What --tags and --skip-tags can name in the playbooks."""
_OF_ANSIBLE = ("all", "always", "never", "tagged", "untagged")

_ROLES = Path(__file__).resolve().parents[2] / "roles"
_PREFIXES = (
    SHARED,
    *"agent_config awx contract_config deployment environment keymaster proof_bucket signer_iam".split(),
    *"signing_keys wallet_funding".split(),
)
_OF_OTHERS_TOO = ("awx", "deployment", "environment", "keymaster")
"""Words that other people's variables begin with as well: only what is spelt almost alike is taken for ours."""

_FOUND_BY_A_RUN = {"signing_keys": ("signing_keys_origin", "signing_keys_rows")}
_SPECIFIED = re.compile(r"^ {6}([a-z][a-z0-9_]*):$", re.MULTILINE)
_LIKE_ANOTHER = 0.85


@functools.cache
def known_names(prefix: str) -> tuple[str, ...]:
    """Return the variables of a role, by its specification, or those that roles share."""
    if prefix == SHARED:
        return SHARED_NAMES
    text = (_ROLES / prefix / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    return (*sorted(set(_SPECIFIED.findall(text))), *_FOUND_BY_A_RUN.get(prefix, ()))


def meant_name(name: str) -> str | None:
    """Return the variable that is likely meant by one that nothing reads; None if it is known, or somebody else's."""
    prefix = next((prefix for prefix in _PREFIXES if name.startswith(f"{prefix}_")), None)
    if prefix is not None:
        known = known_names(prefix)
        return None if name in known else _nearest(name, prefix, known)
    for prefix in _PREFIXES:
        if prefix in _OF_OTHERS_TOO:
            continue
        # signing_key_rotate: the name of a role, misspelt, and then what only that role has.
        parts = name.split("_")
        size = prefix.count("_") + 1
        found, rest = "_".join(parts[:size]), "_".join(parts[size:])
        if rest and difflib.SequenceMatcher(None, found, prefix).ratio() >= _LIKE_ANOTHER:
            known = known_names(prefix)
            return f"{prefix}_{rest}" if f"{prefix}_{rest}" in known else None
    return None


def unread(variables: t.Mapping[str, t.Iterable[str]]) -> list[str]:
    """Return a sentence for each variable that is misspelt, by host to the names of its variables."""
    found = []
    for name, hosts in _holders(variables):
        meant = meant_name(name)
        if meant:
            of = "" if len(hosts) == len(variables) else f" for {', '.join(hosts)}"
            found.append(f"The variable {name} is set{of}, and nothing reads it. Expected: {meant}")
    return found


def unlike_any(variables: t.Mapping[str, t.Iterable[str]]) -> list[str]:
    """Return a sentence for each variable that is called as if it were ours, and is like none that is read."""
    return [
        f"The variable {name} is set, and nothing in this collection reads it. Those that are read are in"
        " docs/inventory.md"
        f"{'' if prefix == SHARED else f' and `ansible-doc -t role interchain.agent_ops.{prefix}`'}. A variable of your"
        " own is best called otherwise"
        for name, _hosts in _holders(variables)
        for prefix in _PREFIXES
        if name.startswith(f"{prefix}_") and prefix not in _OF_OTHERS_TOO
        if name not in known_names(prefix) and not meant_name(name)
    ]


def _holders(variables: t.Mapping[str, t.Iterable[str]]) -> list[tuple[str, list[str]]]:
    holders: dict[str, list[str]] = {}
    for host, names in variables.items():
        for name in names:
            # By far the most are ansible's own.
            if name[0] != "_" and not name.startswith("ansible_"):
                holders.setdefault(name, []).append(host)
    return sorted(holders.items())


def tag_problems(tags: t.Iterable[str], option: str) -> list[str]:
    """Return a sentence for each tag that is misspelt: such a run would do nothing, or what was to be skipped."""
    found = []
    for tag in tags:
        meant = None if tag in TAGS else difflib.get_close_matches(tag, TAGS, n=1, cutoff=_LIKE_ANOTHER)
        if meant:
            found.append(f"{option} {tag} is the tag of nothing. Expected: {meant[0]}")
    return found


def unknown_tags(tags: t.Iterable[str]) -> list[str]:
    """Return a sentence for each tag of a run that nothing here has. A playbook of somebody's own may have it."""
    return [
        f"No task of this collection has the tag {tag}, so that none of it is run for --tags {tag}. Expected: one of"
        f" {', '.join(TAGS)}"
        for tag in tags
        if tag not in (*TAGS, *_OF_ANSIBLE)
    ]


def _nearest(name: str, prefix: str, known: t.Sequence[str]) -> str | None:
    rest = {one.removeprefix(f"{prefix}_"): one for one in known}
    own = name.removeprefix(f"{prefix}_")
    near = difflib.get_close_matches(own, rest, n=1, cutoff=_LIKE_ANOTHER)
    if near:
        return rest[near[0]]
    if prefix in _OF_OTHERS_TOO:
        return None
    # agent_ops_account_id: a word is left out.
    words = set(own.split("_"))
    longer = [one for part, one in rest.items() if words < set(part.split("_"))]
    return min(longer, key=len) if longer else None
