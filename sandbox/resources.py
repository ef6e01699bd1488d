# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ARN of the resource that a request is about, as an AccessDenied message names it."""

from __future__ import annotations

from sandbox.requests import Call


def resource_arn(call: Call) -> str:
    """``*`` for what has no resource yet, as CreateKey."""
    place = f"{call.region}:{call.account}"
    if call.service == "kms":
        name = str(call.params.get("AliasName") or call.params.get("KeyId") or call.params.get("TargetKeyId") or "")
        if not name:
            return "*"
        if name.startswith("arn:"):
            return name
        return f"arn:aws:kms:{place}:{name if name.startswith('alias/') else 'key/' + name}"
    if call.service == "secretsmanager":
        name = str(call.params.get("SecretId") or call.params.get("Name") or "")
        if not name:
            return "*"
        return name if name.startswith("arn:") else f"arn:aws:secretsmanager:{place}:secret:{name}"
    if call.service == "iam":
        for parameter, kind in (("UserName", "user"), ("GroupName", "group"), ("RoleName", "role")):
            if parameter in call.params:
                return f"arn:aws:iam::{call.account}:{kind}/{call.params[parameter]}"
        return str(call.params.get("PolicyArn", "*"))
    if call.service == "s3":
        return f"arn:aws:s3:::{str(call.environ.get('PATH_INFO', '')).strip('/')}"
    return "*"
