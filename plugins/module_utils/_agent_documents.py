# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents as JSON and YAML. Private to the collection.

YAML is written here since nothing but ansible's own Python is sure to have a library for it, and since what is written
is simple: every string stands between double quotes, as in JSON, so that none is taken for something else. Pure.
"""

from __future__ import annotations

import json
import re
import typing as t

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")
# What YAML 1.1 takes for something else than text.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def to_json(document: t.Any) -> str:
    return json.dumps(document, indent=2) + "\n"


def to_yaml(document: t.Mapping[str, t.Any], heading: t.Iterable[str] = ()) -> str:
    """Return a document as YAML, under a heading of comments."""
    comments = [f"# {line}".rstrip() for line in heading]
    return "\n".join([*comments, "---", *_block(document, "")]) + "\n"


def _block(value: t.Any, indent: str) -> t.Iterator[str]:
    if isinstance(value, t.Mapping):
        for key, item in value.items():
            yield from _item(f"{indent}{_key(str(key))}:", item, indent)
    else:
        for item in value:
            lines = list(_block(item, indent + "  ")) if _is_block(item) else [f"{indent}  {_scalar(item)}"]
            yield f"{indent}- {lines[0].removeprefix(indent + '  ')}"
            yield from lines[1:]


def _item(start: str, value: t.Any, indent: str) -> t.Iterator[str]:
    if _is_block(value):
        yield start
        yield from _block(value, indent + "  ")
    else:
        yield f"{start} {_scalar(value)}"


def _is_block(value: t.Any) -> bool:
    return isinstance(value, (t.Mapping, list, tuple)) and bool(value)


def _scalar(value: t.Any) -> str:
    if isinstance(value, t.Mapping):
        return "{}"
    if isinstance(value, (list, tuple)):
        return "[]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(value: str) -> str:
    """Return text between double quotes. JSON writes large characters as two halves, which YAML does not join."""
    parts = (json.dumps(char)[1:-1] if ord(char) < 0x10000 else f"\\U{ord(char):08x}" for char in value)
    return '"' + "".join(parts) + '"'


def _key(key: str) -> str:
    return key if _KEY.match(key) and key.lower() not in _WORDS else _text(key)


def leaves(document: t.Any, path: str = "") -> t.Iterator[tuple[str, t.Any]]:
    """Yield the path and value of everything in a document that holds nothing else."""
    if isinstance(document, t.Mapping) and document:
        for key, item in document.items():
            yield from leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(document, (list, tuple)) and document:
        for index, item in enumerate(document):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, document
