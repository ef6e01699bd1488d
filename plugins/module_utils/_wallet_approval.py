# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be there before a bank pays: a store of records that lasts, and somebody's word. Private to the
collection.

Pure: no ansible, no files.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.interchain.agent_ops.plugins.module_utils import _wallet_report
from ansible_collections.interchain.agent_ops.plugins.module_utils._report import report_directory

Row = t.Mapping[str, t.Any]

FOLDER = "wallet_funding"
"""Where records are among the artifacts, if no other store is named."""

_BUCKET = "s3://"


@dataclass(frozen=True)
class Place:
    """Where records are kept. :ivar default: nobody said so."""

    place: str
    default: bool

    @property
    def is_bucket(self) -> bool:
        return self.place.startswith(_BUCKET)


def store(wish: str, *, environment: str, sandbox: bool, artifacts_root: str) -> Place:
    """Return where the records of payments are kept.

    A sandbox run leaves an environment's own folder alone. A bucket is the sandbox's own then, whatever it is called.

    :param wish: ``s3://bucket/prefix``, a folder, or an empty text. :raises ValueError: if it is another kind of
    place.
    """
    if "://" in wish and not wish.startswith(_BUCKET):
        raise ValueError(
            f"wallet_funding_store is {wish!r}. Expected: s3://BUCKET/PREFIX, or a folder, in"
            " group_vars/all/wallet_funding.yml"
        )
    if wish.startswith(_BUCKET) or (wish and not sandbox):
        return Place(wish, default=False)
    return Place(str(report_directory(artifacts_root, environment, sandbox=sandbox) / FOLDER), default=True)


def no_store(environment: str, absent: str) -> str:
    return (
        f"wallet_funding_store of {environment} is not set, and nobody is there to look after a folder of this machine"
        f" ({absent}). What an earlier run paid would not be known, and might be paid twice. Expected:"
        " s3://BUCKET/PREFIX, or a folder that lasts and that all runs share, in group_vars/all/wallet_funding.yml."
        " Nothing was sent"
    )


def planned(plan: Row) -> list[Row]:
    return [row for row in plan["transfers"] if row["action"] == "planned"]


def has_open(plan: Row) -> bool:
    """Return whether there are transfers of an earlier run of which it is not written down what became of them."""
    return any(row["nonce"] is not None for row in plan["transfers"])


def question(plan: Row, environment: str, *, replace_stuck: bool = False) -> str:
    """Return what somebody has to decide; an empty text if it is nothing."""
    rows = planned(plan)
    asked = []
    if rows:
        number = "1 transfer" if len(rows) == 1 else f"{len(rows)} transfers"
        asked.append(f"send {number}, {_wallet_report.spending(rows)}")
    stuck = sum(row["action"] == "stuck" for row in plan["transfers"]) if replace_stuck else 0
    if stuck:
        number = "1 stuck transaction" if stuck == 1 else f"{stuck} stuck transactions"
        asked.append(f"replace {number} at a higher fee")
    if not asked:
        return ""
    text = " and ".join(asked)
    return f"{text[0].upper()}{text[1:]}, from the bank of {environment}?"


def nobody(absent: str) -> str:
    return (
        f"Not approved, and nothing was sent ({absent}). Run fund.yml at a terminal, or approve what is shown above:"
        " -e wallet_funding_approve=true"
    )
