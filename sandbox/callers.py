# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls: the account and the principal behind an access key."""

from __future__ import annotations

import os

from moto.iam.models import get_account_id_from, mark_account_as_visited
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from sandbox.locks import STATE
from sandbox.requests import Call


def account_of(call: Call) -> str:
    """The account, by the rules that moto's own services follow."""
    named = os.environ.get("MOTO_ACCOUNT_ID") or call.environ.get("HTTP_X_MOTO_ACCOUNT_ID")
    return str(named) if named else get_account_id_from(call.access_key)


def principal_of(call: Call) -> str:
    """The caller's ARN, the one that GetCallerIdentity tells."""
    with STATE:
        backend = sts_backends[call.account][get_partition(call.region)]
        _user_id, arn, _account = backend.get_caller_identity(call.access_key, call.region)
    return arn


def note_use(call: Call) -> None:
    """An access key's last use, which moto notes for the services that it serves itself."""
    mark_account_as_visited(call.account, call.access_key, call.service, call.region)
