# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Env files that systemd, Docker and python-dotenv read alike. Private to the collection.

Pure: no ansible, no AWS; errors are :class:`ValueError`, and show no value.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_model import Comment, Line, Variable

_NAME = re.compile(r"[A-Z_][A-Z0-9_]*\Z")
# What all readers take as it stands. docker run --env-file knows no quotes, so that what can do without has none.
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=?&~*!()\[\]-]*\Z")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)\Z")


def is_variable_name(name: str) -> bool:
    return bool(_NAME.match(name))


def check_text(field: str, value: str) -> None:
    """Raise ValueError if a value has a character that no line can hold, a newline for instance."""
    if not value.isprintable():
        raise ValueError(f"{field} has a newline or another control character. Expected: one line of text")


def quoted(name: str, value: str) -> str:
    """Return a value as it stands in an env file.

    :raises ValueError: if the readers would not agree what it is.
    """
    check_text(name, value)
    if _PLAIN.match(value):
        return value
    # Between single quotes nothing is replaced, but for a backslash, which some readers take for an escape, and ${,
    # which python-dotenv replaces everywhere.
    if not set(value) & set("'\\") and "${" not in value:
        return f"'{value}'"
    if not set(value) & set('"\\$`'):
        return f'"{value}"'
    raise ValueError(
        f"The value of {name} cannot be written so that systemd, Docker and python-dotenv read the same. Expected: no"
        " backslash, no ${, and no single quote together with a double quote, $ or `. In a URL, write %5C and %27"
    )


def render(lines: t.Iterable[Line]) -> str:
    """Return the contents of an env file.

    :raises ValueError: for a name that cannot be a variable, or is there twice, or a value that cannot be written.
    """
    text = []
    names: set[str] = set()
    for line in lines:
        if isinstance(line, Comment):
            check_text("A comment", line.text)
            text.append(f"# {line.text}".rstrip())
            continue
        if not is_variable_name(line.name):
            raise ValueError(
                f"{line.name!r} cannot be an environment variable. Expected: capital letters, digits and underscores,"
                " not beginning with a digit"
            )
        if line.name in names:
            raise ValueError(f"The variable {line.name} is there twice. Expected: once")
        names.add(line.name)
        text.append(f"{line.name}={quoted(line.name, line.value)}")
    return "\n".join(text) + "\n"


def assignments(text: str) -> dict[str, str]:
    """Return name -> what stands behind the equals sign, of an env file that was written by :func:`render`."""
    found = (_ASSIGNMENT.match(line) for line in text.splitlines())
    return {match[1]: match[2] for match in found if match}


def variables(lines: t.Iterable[Line]) -> dict[str, str]:
    return {line.name: line.value for line in lines if isinstance(line, Variable)}
