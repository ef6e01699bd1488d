# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a deployment: what is signed. Private to the collection.

Pure: no ansible, no files, no clock; errors are :class:`ValueError`.

A plan is a JSON document with a text that is always the same for the same plan. Its SHA-256 is its name. It says what
is run, on what, and what that needs; when it was made and when it ends; and it carries a number used once. So one
approval is for one plan, and one plan for one run.
"""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
from datetime import UTC, datetime, timedelta

from ansible_collections.interchain.agent_ops.plugins.module_utils._deployment_gate import AGENTS, COMPONENTS
from ansible_collections.interchain.agent_ops.plugins.module_utils._deployment_secrets import refuse_secrets

FORMAT = "interchain.agent_ops deployment plan, 1"
_OF_ONE_PLAN = {"created", "expires", "nonce"}
_NAME = re.compile(r"[0-9a-f]{64}\Z")
_MOST_MINUTES = 7 * 24 * 60
_TIME = "%Y-%m-%dT%H:%M:%SZ"

Plan: t.TypeAlias = "dict[str, t.Any]"


def read_command(command: t.Any) -> list[str]:
    """Return ``deployment_command``, checked."""
    if not isinstance(command, list) or not command:
        raise ValueError(
            f"deployment_command is {_kind(command)}; expected a list, the program and each of its arguments an item of"
            " its own: no shell takes it apart"
        )
    for index, argument in enumerate(command):
        if not isinstance(argument, str) or "\0" in argument or (index == 0 and not argument):
            raise ValueError(
                f"Argument {index} of deployment_command is {_kind(argument)}; expected text, in quotes if YAML takes"
                " it for something else"
            )
    refuse_secrets(command)
    return [str(argument) for argument in command]


def _kind(value: t.Any) -> str:
    """Return what a value is without its content, which may be a secret."""
    if isinstance(value, list):
        return "an empty list"
    if value is None:
        return "not set"
    return "a text that is not right here" if isinstance(value, str) else "neither text nor list"


def read_target(
    component: t.Any, agent: t.Any, networks: t.Any, *, agents: t.Sequence[str], known: t.Sequence[str]
) -> tuple[str, list[str], list[str]]:
    """Return component, agents and networks of a deployment, checked.

    :param agent: one agent, or nothing for all ``agents``. :param known: networks of the environment.
    """
    if component not in COMPONENTS:
        found = repr(component) if component else "not set"
        raise ValueError(
            f"deployment_component is {found}; expected one of: {', '.join(COMPONENTS)}. What a deployment is stands in"
            " a file of its own, given by -e @FILE (docs/deployment.md)"
        )
    if agent and component != AGENTS:
        raise ValueError(f"deployment_agent is {agent!r}, and deployment_component {component}; expected {AGENTS}")
    if agent and agent not in agents:
        raise ValueError(f"deployment_agent is {agent!r}; this environment has: {', '.join(agents)}")
    if not isinstance(networks, list) or not networks:
        raise ValueError(f"deployment_networks is {networks!r}; expected a list of: {', '.join(known)}")
    for network in networks:
        if network not in known:
            raise ValueError(f"deployment_networks names {network!r}; this environment has: {', '.join(known)}")
    wanted = [agent] if agent else list(agents) if component == AGENTS else []
    return component, wanted, list(dict.fromkeys(networks))


def read_expiry(minutes: t.Any) -> int:
    if not isinstance(minutes, int) or isinstance(minutes, bool) or not 1 <= minutes <= _MOST_MINUTES:
        raise ValueError(f"deployment_expiry_minutes is {minutes!r}; expected 1 to {_MOST_MINUTES} (a week)")
    return minutes


def complete(body: t.Mapping[str, t.Any], *, now: datetime, minutes: int, nonce: str) -> Plan:
    """Return the plan of what is to be done, made now."""
    end = now + timedelta(minutes=minutes)
    return {"format": FORMAT, **body, "created": timestamp(now), "expires": timestamp(end), "nonce": nonce}


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(_TIME)


def plan_text(plan: t.Mapping[str, t.Any]) -> str:
    """Return the text that is signed. It is ASCII, so that what is read is what is there."""
    return json.dumps(plan, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def plan_name(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def is_plan_name(text: str) -> bool:
    return bool(_NAME.match(text))


def parse_plan(data: bytes, name: str) -> Plan:
    """Return the plan of a file, whose text must be the one that it is named after."""
    if hashlib.sha256(data).hexdigest() != name:
        raise ValueError(f"The plan {name[:12]} is not the file that it was: it was changed. Run again for a new plan")
    plan = json.loads(data)
    if plan.get("format") != FORMAT:
        raise ValueError(f"The plan {name[:12]} has the format {plan.get('format')!r}; expected {FORMAT!r}")
    return dict(plan)


def expired(plan: t.Mapping[str, t.Any], now: datetime) -> bool:
    return now >= _moment(plan["expires"])


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)


def lasting_minutes(plan: t.Mapping[str, t.Any]) -> int:
    """Return for how long a plan was made to hold."""
    return round((_moment(plan["expires"]) - _moment(plan["created"])).total_seconds() / 60)


def changes(plan: t.Mapping[str, t.Any], body: t.Mapping[str, t.Any]) -> list[str]:
    """Return what is not as the plan says: names of parts, inputs by their path."""
    before = {name: value for name, value in plan.items() if name not in {*_OF_ONE_PLAN, "format"}}
    found: list[str] = []
    # As the file has them: tuples are lists there.
    after = json.loads(json.dumps(body))
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            found += _changed_files(before.get(name), after.get(name)) if name == "inputs" else [name]
    return found


def _changed_files(before: t.Any, after: t.Any) -> list[str]:
    old, new = ({entry["path"]: entry for entry in entries or ()} for entries in (before, after))
    return [f"input {path}" for path in sorted(old.keys() | new.keys()) if old.get(path) != new.get(path)]
