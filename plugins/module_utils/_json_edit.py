# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes single values in a JSON text and leaves every other character as it is. Private to the collection.

Pure: no ansible, no files. Errors are :class:`ValueError`, and never quote the text, which may hold secrets.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field
from json.decoder import JSONDecodeError, JSONDecoder

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS: t.Mapping[str, bool | None] = {"true": True, "false": False, "null": None}
# Longer numbers are no domain and no height, and Python takes quadratic time to read them.
_LONGEST_INTEGER = 100
_DEFAULT_UNIT = "  "


@dataclass(frozen=True)
class Node:
    """A value and its place: ``text[start:end]``. Objects have members, lists have items."""

    start: int
    end: int
    value: t.Any
    members: t.Mapping[str, Node] = field(default_factory=dict)
    items: t.Sequence[Node] = ()


def parse(text: str) -> Node:
    """Return the value that a JSON text holds, with the places of all its parts.

    What :func:`json.loads` lets pass and others do not is refused: a name that an object has twice, NaN, Infinity.
    """
    try:
        parser = _Parser(text)
        return parser.document()
    except JSONDecodeError as exc:
        raise ValueError(f"line {exc.lineno}, column {exc.colno}: {exc.msg.removesuffix(' at')}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._decoder = JSONDecoder()

    def document(self) -> Node:
        if self._text.startswith("\ufeff"):
            raise JSONDecodeError("there is a byte order mark, which JSON has not", self._text, 0)
        node = self._value(self._skip(0))
        end = self._skip(node.end)
        if end != len(self._text):
            raise JSONDecodeError("there is something after the end of the value", self._text, end)
        return node

    def _skip(self, place: int) -> int:
        match = _SPACE.match(self._text, place)
        return match.end() if match else place

    def _value(self, start: int) -> Node:
        character = self._text[start : start + 1]
        if character == "{":
            return self._object(start)
        if character == "[":
            return self._list(start)
        if character == '"':
            return Node(start, *self._string(start))
        for word, meaning in _WORDS.items():
            if self._text.startswith(word, start):
                return Node(start, start + len(word), meaning)
        number = _NUMBER.match(self._text, start)
        if number is None:
            raise JSONDecodeError("a value is expected", self._text, start)
        integer = number[1] is None and number[2] is None and len(number[0]) <= _LONGEST_INTEGER
        return Node(start, number.end(), int(number[0]) if integer else float(number[0]))

    def _string(self, start: int) -> tuple[int, str]:
        value, end = self._decoder.raw_decode(self._text, start)
        return end, str(value)

    def _object(self, start: int) -> Node:
        members: dict[str, Node] = {}
        place = self._skip(start + 1)
        if self._text[place : place + 1] == "}":
            return Node(start, place + 1, {})
        while True:
            if self._text[place : place + 1] != '"':
                raise JSONDecodeError("a name in double quotes is expected", self._text, place)
            end, name = self._string(place)
            if name in members:
                raise JSONDecodeError("the object has this name twice", self._text, place)
            colon = self._skip(end)
            if self._text[colon : colon + 1] != ":":
                raise JSONDecodeError("a colon is expected", self._text, colon)
            members[name] = self._value(self._skip(colon + 1))
            place, ended = self._after(members[name].end, "}")
            if ended:
                return Node(start, place, {key: node.value for key, node in members.items()}, members=members)

    def _list(self, start: int) -> Node:
        items: list[Node] = []
        place = self._skip(start + 1)
        if self._text[place : place + 1] == "]":
            return Node(start, place + 1, [])
        while True:
            items.append(self._value(place))
            place, ended = self._after(items[-1].end, "]")
            if ended:
                return Node(start, place, [node.value for node in items], items=tuple(items))

    def _after(self, end: int, closing: str) -> tuple[int, bool]:
        """Return where the next part begins, or where the whole ends."""
        place = self._skip(end)
        character = self._text[place : place + 1]
        if character == closing:
            return place + 1, True
        if character != ",":
            raise JSONDecodeError(f"a comma or {closing} is expected", self._text, place)
        return self._skip(place + 1), False


def replace(text: str, changes: t.Iterable[tuple[Node, str]]) -> str:
    """Return the text with other texts in the places of some of its values, which must not overlap."""
    parts = []
    place = 0
    for node, new in sorted(changes, key=lambda change: change[0].start):
        if node.start < place:
            raise AssertionError("the places of two changes overlap")
        parts += [text[place : node.start], new]
        place = node.end
    return "".join([*parts, text[place:]])


def string_text(value: str) -> str:
    return json.dumps(value)


def list_text(text: str, parent: Node, node: Node, items: t.Sequence[str]) -> str:
    """Return the text of a list with other items, laid out as the list is, or as the object that it is a member of.

    :param items: the items' own texts.
    """
    if not items:
        return "[]"
    if not node.items:
        head, tail = _layout(text, parent)
        return f"[{head}{(',' + (head or _gap(text, parent))).join(items)}{tail}]"
    head = text[node.start + 1 : node.items[0].start]
    tail = text[node.items[-1].end : node.end - 1]
    if len(node.items) > 1:
        between = text[node.items[0].end : node.items[1].start]
    else:
        between = "," + (head if "\n" in head else _gap(text, parent))
    return f"[{head}{between.join(items)}{tail}]"


def _layout(text: str, parent: Node) -> tuple[str, str]:
    """Return what comes before the first and after the last item of a list in an object of several lines."""
    opening = text[parent.start + 1 : _first_name(text, parent)]
    if "\n" not in opening:
        return "", ""
    line_end = "\r\n" if "\r\n" in opening else "\n"
    inner = opening.rpartition("\n")[2]
    outer = text[max(member.end for member in parent.members.values()) : parent.end - 1].rpartition("\n")[2]
    unit = inner.removeprefix(outer) if inner.startswith(outer) and inner != outer else _DEFAULT_UNIT
    return f"{line_end}{inner}{unit}", f"{line_end}{inner}"


def _first_name(text: str, parent: Node) -> int:
    match = _SPACE.match(text, parent.start + 1)
    return match.end() if match else parent.start + 1


def _gap(text: str, parent: Node) -> str:
    """Return what stands after a comma in an object, if that is on one line."""
    places = list(parent.members.values())
    if len(places) < 2:
        return " "
    comma = text.index(",", places[0].end)
    match = _SPACE.match(text, comma + 1)
    space = match[0] if match else ""
    return " " if "\n" in space else space
