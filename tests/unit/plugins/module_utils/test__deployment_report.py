# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan says to whoever decides: all that matters, and nothing that a terminal takes for more than text."""

from __future__ import annotations

import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._deployment_report import (
    plan_lines,
    signing_lines,
    state_lines,
)

PLAN: dict[str, t.Any] = {
    "environment": "staging",
    "networks": ["kovan", "goerli"],
    "components": ["contracts", "upgrade_beacon"],
    "rehearsal": False,
    "command": ["deploy", "a b", "\x1b[2Kharmless", "\u202egnp"],
    "program": {"path": "/bin/\x1b[2Kdeploy"},
    "directory": "/srv/a\rb",
    "commit": "c" * 40,
    "inputs": [{"path": "a", "sha256": "1"}],
    "agents": [],
    "reasons": ["call batch x\ny.json: calls upgrade(address,address) at local[0]"],
    "demand": {
        "gates": ["manual", "human"],
        "terminal": True,
        "approvals": [{"people": 2, "roles": ["core_team"], "why": "contracts of staging: manual"}],
    },
    "record": "/srv/\x07record.jsonl",
    "created": "2026-01-01T00:00:00Z",
    "expires": "2026-01-02T00:00:00Z",
}


def test_what_a_plan_says() -> None:
    assert plan_lines(PLAN, "ab" * 32) == [
        "Deployment of contracts and upgrade_beacon to staging (kovan, goerli), plan abababababab",
        '  command   ["deploy", "a b", "\\u001b[2Kharmless", "\\u202egnp"]',
        "  program   /bin/\\u001b[2Kdeploy",
        f"  in        /srv/a\\rb, commit {'c' * 40}",
        "  inputs    1 files, by their SHA-256",
        "  found     call batch x\\ny.json: calls upgrade(address,address) at local[0]",
        "  gate      manual, human, at a terminal",
        "  approval  by 2 different people of core_team (contracts of staging: manual)",
        "  record    /srv/\\u0007record.jsonl",
        "  valid     2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z",
    ]


def test_a_rehearsal_and_its_agents_are_named() -> None:
    lines = plan_lines({**PLAN, "rehearsal": True, "agents": ["updater", "watcher"]}, "ab" * 32)
    assert lines[1] == "SANDBOX: this is a rehearsal. The command is not run."
    assert "  agents    updater, watcher" in lines


def test_who_approved_and_which_file_is_no_approval() -> None:
    assert state_lines([{"name": "alice", "fingerprint": "SHA256:x"}], ["\x1b.sig: it is none"]) == [
        "  approved  by alice (SHA256:x)",
        "  NO APPROVAL \\u001b.sig: it is none",
    ]


def test_how_a_plan_is_signed_can_be_pasted() -> None:
    assert signing_lines("/srv/my files/abc", ["an approval of acme"]) == [
        "Missing: an approval of acme.",
        "Whoever approves reads the plan, and signs it with the key that agent_ops_deployment_approvers names:",
        "  ssh-keygen -Y sign -n deployment@agent_ops -f YOUR_KEY < '/srv/my files/abc/plan.json'"
        " > '/srv/my files/abc'/YOUR_NAME.sig",
    ]
