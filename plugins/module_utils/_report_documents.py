# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files of the artifacts go into the store of reports, and under which names. Private to the collection.

What is not named here is never stored: credentials, agents' configuration, plans and records of deployments.

Pure: no ansible, no AWS; errors are :class:`ValueError`.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils import _wallet_history
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_place import checked_name

HISTORY = "wallet_history.jsonl"

REPORTS: t.Mapping[str, tuple[str, ...]] = {
    "signing_keys": ("signing_keys.json", "signing_keys.csv", "signing_keys.md"),
    "access_matrix": ("access_matrix.json", "access_matrix.md"),
    "contract_config": ("contract_config.json", "contract_config.md"),
    "wallets": (HISTORY, "wallets.json", "wallets.csv", "wallets.md", "wallets.svg"),
}
"""Report to its files. The first one has all that the others have: who may replace it, is the one that replaces all."""

# The last report of another account's keys, which was put aside.
_ASIDE = re.compile(r"signing_keys\.[0-9]{12}\.json\Z")


def folder_name(environment: str) -> str:
    """Return what the names of an environment's reports begin with.

    Ledgers are directly below the environment, so that both kinds may share a prefix.
    """
    return f"{environment}/reports"


def document_name(environment: str, file: str) -> str:
    """Return the name of a report's file in the store.

    :raises ValueError: for a file that is none of a report.
    """
    if not _ASIDE.match(file) and all(file not in files for files in REPORTS.values()):
        raise ValueError(
            f"{file!r} is no file of a report, and is not stored. Expected: one of"
            f" {', '.join(name for files in REPORTS.values() for name in files)}"
        )
    return checked_name(f"{folder_name(environment)}/{file}")


def merged(file: str, ours: str, theirs: str) -> str | None:
    """Return what a file is to hold that two runs changed at the same time; None if one of them has to run again."""
    if file != HISTORY:
        return None
    mine, others = (_wallet_history.from_lines(text)[0] for text in (ours, theirs))
    return "".join(map(_wallet_history.as_line, _wallet_history.joined(others, mine)))
