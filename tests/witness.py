# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""eth-account, which others wrote: an independent witness of how transactions are signed and read."""

from __future__ import annotations

import sys
from typing import Any


def _account() -> Any:
    limit = sys.getrecursionlimit()
    try:
        from eth_account import Account
    finally:
        # A library that it imports, py_ecc, raises the limit for the whole process so far that a deeply nested document
        # ends it, where others' tests expect an error.
        sys.setrecursionlimit(limit)
    return Account


Account = _account()
