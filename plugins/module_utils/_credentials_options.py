# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the module iam_user_credentials, and what it returns. Private to the collection."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._aws import AwsModule
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_apply import Outcome
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_contents import check_user_name
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_files import Clear, FileStore, Store
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_plan import Wish
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_rows import (
    CHANGES,
    credential_row,
    diff,
    failures,
    summary,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_secrets import SecretStore, secret_name
from ansible_collections.interchain.agent_ops.plugins.module_utils._credentials_vault import Vault
from ansible_collections.interchain.agent_ops.plugins.module_utils._signing_key_options import call_options


def credential_options() -> dict[str, t.Any]:
    return {
        "users": {"type": "list", "elements": "str", "required": True},
        "environment": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "store": {"type": "str", "choices": ["csv", "vault", "secretsmanager"], "default": "csv"},
        "directory": {"type": "path"},
        "vault_password_file": {"type": "path", "no_log": False},
        "secret_name": {"type": "str", "default": "{environment}/credentials/{user}", "no_log": False},
        "rotate": {"type": "list", "elements": "str", "default": []},
        "retire_previous": {"type": "list", "elements": "str", "default": []},
        "force": {"type": "bool", "default": False},
        "progress_file": {"type": "path"},
        **call_options(),
    }


def user_names(module: AwsModule) -> list[str]:
    """Return the users' names, checked; fail before any call if one is not allowed or there twice."""
    names: list[str] = module.params["users"]
    # IAM's names are unique regardless of case. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html
    folded = [name.casefold() for name in names]
    try:
        for name in names:
            check_user_name(name)
            if folded.count(name.casefold()) > 1:
                raise ValueError(f"The user {name} is in the set twice")
            if "," in name and module.params["store"] != "secretsmanager":
                raise ValueError(f"The user {name} has a comma in its name, which separates the fields of a file")
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    module.refuse_masked(json.dumps(names))
    return names


def wishes(module: AwsModule, users: t.Sequence[str]) -> t.Callable[[str], Wish]:
    """Return what is asked for each user; fail if that makes no sense."""
    given = module.params
    absent = given["state"] == "absent"
    for option in ("rotate", "retire_previous"):
        for name in given[option]:
            if name not in users:
                module.fail_json(msg=f"{option} names {name!r}, which is not in the set of users")
        if given[option] and absent:
            module.fail_json(msg=f"{option} is about access keys that stay, while state=absent deletes all of them")
    for name in given["rotate"]:
        if name in given["retire_previous"]:
            module.fail_json(
                msg=f"rotate and retire_previous both name {name!r}. Retire once the agents use the new access key"
            )

    def wish_of(user: str) -> Wish:
        return Wish(
            rotate=user in given["rotate"],
            retire=user in given["retire_previous"],
            force=given["force"],
            absent=absent,
            tentative=module.check_mode,
        )

    return wish_of


def make_store(module: AwsModule, call: Caller, region: str, users: t.Iterable[str]) -> Store:
    """Return where access keys are stored; fail if the options do not say so."""
    given = module.params
    if given["store"] == "secretsmanager":
        try:
            names = [secret_name(given["secret_name"], given["environment"], user) for user in users]
        except ValueError as exc:
            module.fail_json(msg=str(exc))
        module.refuse_masked(json.dumps(names))
        client = module.connect("secretsmanager", region=region)
        return SecretStore(client, call, template=given["secret_name"], environment=given["environment"])
    if not given["directory"]:
        module.fail_json(msg=f"store is {given['store']}, but no directory is given")
    if given["store"] == "csv":
        return FileStore(given["directory"], Clear())
    if not given["vault_password_file"] and given["state"] == "present":
        module.fail_json(msg="store is vault, but no vault_password_file is given")
    return FileStore(given["directory"], Vault(given["vault_password_file"]))


def present_credentials(module: AwsModule, outcomes: t.Sequence[Outcome], **facts: t.Any) -> t.NoReturn:
    """Return every row, of the users that failed too; the task fails at the end if one did."""
    rows = [
        credential_row(one.user, one.place, one.after, action=one.action, error=one.error, hint=one.hint)
        for one in outcomes
    ]
    module.refuse_masked(json.dumps(rows))
    for outcome in outcomes:
        for warning in outcome.warnings:
            module.warn(warning)
    changed = any(one.written for one in outcomes) or any(row["action"] in CHANGES for row in rows)
    result: dict[str, t.Any] = {"changed": changed, "credentials": rows, **facts}
    if module._diff:
        before = [credential_row(one.user, one.place, one.before, action="unchanged") for one in outcomes]
        result["diff"] = diff(before, rows, tentative=module.check_mode)
    failed = [row for row in rows if row["action"] == "failed"]
    if failed:
        errors = "\n".join(failures(rows))
        module.fail_json(msg=f"{len(failed)} of {len(rows)} users failed ({summary(rows)}).\n{errors}", **result)
    module.exit_json(**result)
    raise AssertionError("exit_json ends the process")  # pragma: no cover
