# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done to the files of an environment's agents. Private to the collection.

The plan is data; check mode, diff mode and the result are views of it. Of a file with secrets only the names of what
changes are shown. Pure: no ansible, no AWS, no files.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_documents import leaves
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_env import assignments
from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_model import File

CHANGES = ("created", "updated", "removed")

# A file that somebody else wrote may hold anything where names stand in ours.
_NAME = re.compile(r"[A-Za-z0-9_.\[\]-]{1,200}\Z")


@dataclass(frozen=True)
class Held:
    """What is on disk under a path."""

    text: str = field(repr=False)
    mode: int


@dataclass(frozen=True)
class Step:
    """A file with what is to be done to it: ``created``, ``updated``, ``unchanged``."""

    file: File
    action: str
    changes: tuple[str, ...] = ()
    before: Held | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Plan:
    """Steps for the files that are wanted, and the paths of those that are left over, with or without removal."""

    steps: tuple[Step, ...]
    left: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.remove) or any(step.action in CHANGES for step in self.steps)

    @property
    def to_write(self) -> list[Step]:
        return [step for step in self.steps if step.action in CHANGES]


def make_plan(
    files: t.Sequence[File],
    held: t.Mapping[str, Held],
    *,
    homes: t.Collection[str] | None = None,
    networks: t.Collection[str] = (),
    purge: bool = False,
) -> Plan:
    """Return what is to be done.

    :param held: path -> what is on disk there, of all files below the folder.
    :param homes: homes that the run is limited to, or None. Files of no single home are always of the run.
    :param networks: the environment's networks.
    """
    mine = [file for file in files if homes is None or file.home is None or file.home in homes]
    wanted = {file.path for file in files}
    # The files of a home that this run leaves out are none of its business.
    elsewhere = set() if homes is None else set(networks) - set(homes)
    left = [path for path in held if path not in wanted and _home_of(path) not in elsewhere]
    steps = tuple(_step(file, held.get(file.path)) for file in mine)
    return Plan(steps, () if purge else tuple(sorted(left)), tuple(sorted(left)) if purge else ())


def _home_of(path: str) -> str | None:
    parts = path.split("/")
    return parts[1] if len(parts) == 3 else None


def _step(file: File, held: Held | None) -> Step:
    if held is None:
        return Step(file, "created", tuple(_names(file, file.text)))
    if held.text == file.text and held.mode == file.mode:
        return Step(file, "unchanged", before=held)
    return Step(file, "updated", tuple(_changes(file, held)), before=held)


def _names(file: File, text: str) -> dict[str, t.Any]:
    """Return name -> value of what a file sets, as far as it can be read."""
    if file.path.endswith(".env"):
        return dict(assignments(text))
    if file.path.endswith(".json"):
        try:
            return dict(leaves(json.loads(text)))
        except ValueError:
            return {}
    return _yaml_names(text)


def _yaml_names(text: str) -> dict[str, t.Any]:
    """Return path -> value of a YAML file that was written here, which has one thing on each line."""
    found: dict[str, t.Any] = {}
    parents: list[tuple[int, str]] = []
    counts: dict[str, int] = {}
    for line in text.splitlines():
        stripped = line.lstrip()
        if not stripped or stripped.startswith(("#", "---")):
            continue
        depth = len(line) - len(stripped)
        while stripped.startswith("- "):
            parents = [one for one in parents if one[0] < depth]
            base = parents[-1][1] if parents else ""
            counts[base] = counts.get(base, -1) + 1
            parents.append((depth, f"{base}[{counts[base]}]"))
            stripped, depth = stripped[2:], depth + 2
        parents = [one for one in parents if one[0] < depth]
        key, colon, value = stripped.partition(":")
        base = parents[-1][1] if parents else ""
        if not colon or stripped.startswith('"'):
            found[base] = stripped
            continue
        path = f"{base}.{key}" if base else key
        if value.strip():
            found[path] = value.strip()
        else:
            parents.append((depth, path))
    return found


def _changes(file: File, held: Held) -> t.Iterator[str]:
    before, after = _names(file, held.text), _names(file, file.text)
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name) and _NAME.match(name):
            yield name
    if held.mode != file.mode:
        yield f"(mode {held.mode:04o} -> {file.mode:04o})"


def diffs(plan: Plan, folder: str) -> list[dict[str, str]]:
    """Return what changes for ansible's diff mode, a file each."""
    found = [_diff(step, f"{folder}/{step.file.path}") for step in plan.to_write]
    return [*found, *({"prepared": f"removed: {folder}/{path}\n"} for path in plan.remove)]


def _diff(step: Step, path: str) -> dict[str, str]:
    if step.file.secret:
        return {"prepared": _names_only(step, path)}
    before = step.before.text if step.before else ""
    mode = f" (mode {step.before.mode:04o})" if step.before and step.before.mode != step.file.mode else ""
    return {
        "before": before,
        "after": step.file.text,
        "before_header": path + mode,
        "after_header": f"{path} (mode {step.file.mode:04o})" if mode else path,
    }


def _names_only(step: Step, path: str) -> str:
    lines = [f"{step.action}: {path} (its values are not shown)"]
    before = _names(step.file, step.before.text) if step.before else {}
    after = _names(step.file, step.file.text)
    for name in step.changes:
        sign = "~" if name in before and name in after else "-" if name in before else "+" if name in after else "~"
        lines.append(f"{sign} {name}")
    if step.action == "updated" and not step.changes:
        lines.append("~ (comments)")
    return "\n".join(lines) + "\n"


def row(step: Step, folder: str) -> dict[str, t.Any]:
    """Return what the module says of a file."""
    file = step.file
    return {
        "path": f"{folder}/{file.path}",
        "name": file.path,
        "format": file.format,
        "target": file.target,
        "home": file.home,
        "agent": file.agent,
        "mode": f"{file.mode:04o}",
        "action": step.action,
        "changes": list(step.changes) if step.action == "updated" else [],
    }


def removed_row(path: str, folder: str) -> dict[str, t.Any]:
    """Return what the module says of a file that it removes."""
    return {
        "path": f"{folder}/{path}",
        "name": path,
        "format": path.partition("/")[0],
        "target": None,
        "home": _home_of(path),
        "agent": None,
        "mode": None,
        "action": "removed",
        "changes": [],
    }


def left_over(plan: Plan, folder: str) -> list[str]:
    """Return a warning for files that nothing asks for any more."""
    if not plan.left:
        return []
    return [
        f"Left over in {folder}, and in use by nothing that this inventory asks for: {', '.join(plan.left)}. Remove"
        " them with agent_config_purge=true"
    ]
