# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``ansible-doc -t role`` says of an option's default is what the role does."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

ROLES = Path(__file__).parents[2] / "roles"
_NO_DEFAULT = object()


def _problem(option: dict[str, t.Any], value: t.Any) -> str:
    told = option.get("default", _NO_DEFAULT)
    if value is _NO_DEFAULT:
        return "promises a default, and has none" if told is not _NO_DEFAULT else ""
    if "{{" not in str(value):
        return "" if told == value else f"has the default {value!r}, which the documentation does not tell"
    # It is computed from the inventory: a sentence says how.
    if told is not _NO_DEFAULT or "y default" not in " ".join(str(option["description"]).split()):
        return f"has the default {value!r}. Expected in its description: By default …"
    return ""


@pytest.mark.parametrize("role", sorted(path.name for path in ROLES.iterdir()))
def test_the_options_of_a_role_tell_their_defaults(role: str) -> None:
    specs = yaml.safe_load((ROLES / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    defaults = yaml.safe_load((ROLES / role / "defaults" / "main.yml").read_text(encoding="utf-8"))
    options = [option for spec in specs.values() for option in spec.get("options", {}).items()]
    problems = [
        f"{name} {found}" for name, option in options if (found := _problem(option, defaults.get(name, _NO_DEFAULT)))
    ]
    assert not problems
    assert options
