# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan of a deployment says to whoever has to decide. Private to the collection. Pure."""

from __future__ import annotations

import json
import shlex
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._deployment_approvers import NAMESPACE

PLAN_FILE = "plan.json"
SIGNATURES = "*.sig"


def _plain(text: t.Any) -> str:
    """Return a text without anything that a terminal takes for more than text."""
    return json.dumps(str(text), ensure_ascii=True)[1:-1]


def plan_lines(plan: t.Mapping[str, t.Any], name: str) -> list[str]:
    """Return what a plan is, a line each."""
    networks = ", ".join(plan["networks"])
    what = " and ".join(plan["components"])
    lines = [f"Deployment of {what} to {plan['environment']} ({networks}), plan {name[:12]}"]
    if plan["rehearsal"]:
        lines.append("SANDBOX: this is a rehearsal. The command is not run.")
    lines += [
        f"  command   {_plain_list(plan['command'])}",
        f"  program   {_plain(plan['program']['path'])}",
        f"  in        {_plain(plan['directory'])}, commit {plan['commit']}",
        f"  inputs    {len(plan['inputs'])} files, by their SHA-256",
    ]
    if plan["agents"]:
        lines.append(f"  agents    {', '.join(plan['agents'])}")
    lines += [f"  found     {_plain(reason)}" for reason in plan["reasons"]]
    demand = plan["demand"]
    lines.append(f"  gate      {', '.join(demand['gates'])}{', at a terminal' if demand['terminal'] else ''}")
    for one in demand["approvals"]:
        number = f"{one['people']} different people" if one["people"] > 1 else "one person"
        lines.append(f"  approval  by {number} of {' or '.join(one['roles'])} ({one['why']})")
    lines.append(f"  record    {_plain(plan['record'])}")
    lines.append(f"  valid     {plan['created']} to {plan['expires']}")
    return lines


def _plain_list(items: t.Sequence[str]) -> str:
    return json.dumps(list(items), ensure_ascii=True)


def state_lines(approvals: t.Sequence[t.Mapping[str, t.Any]], problems: t.Sequence[str]) -> list[str]:
    """Return which approvals are there, and which files are none."""
    lines = [f"  approved  by {one['name']} ({one['fingerprint']})" for one in approvals]
    return lines + [f"  NO APPROVAL {_plain(problem)}" for problem in problems]


def signing_lines(folder: str, missing: t.Sequence[str]) -> list[str]:
    """Return what is missing, and how it is given."""
    plan = shlex.quote(f"{folder}/{PLAN_FILE}")
    signature = f"{shlex.quote(folder)}/YOUR_NAME.sig"
    return [
        *(f"Missing: {sentence}." for sentence in missing),
        "Whoever approves reads the plan, and signs it with the key that agent_ops_deployment_approvers names:",
        f"  ssh-keygen -Y sign -n {NAMESPACE} -f YOUR_KEY < {plan} > {signature}",
    ]
