# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_edit import (
    list_text,
    parse,
    replace,
    string_text,
)
from hypothesis import given, settings
from hypothesis import strategies as st

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**70), max_value=2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)
LAYOUTS = st.sampled_from([None, 0, 1, 2, 4, "\t"])


def laid_out(value: Any, indent: Any, *, ascii_only: bool = True) -> str:
    return json.dumps(value, indent=indent, ensure_ascii=ascii_only)


@settings(max_examples=150, deadline=None)
@given(VALUES, LAYOUTS, st.booleans())
def test_what_is_read_is_what_json_reads(value: Any, indent: Any, ascii_only: bool) -> None:
    text = " \n" + laid_out(value, indent, ascii_only=ascii_only) + "\r\n"
    assert parse(text).value == json.loads(text)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(), VALUES, min_size=1, max_size=5), LAYOUTS, st.data())
def test_one_value_changes_and_every_other_character_stays(value: dict[str, Any], indent: Any, data: Any) -> None:
    text = laid_out(value, indent)
    name = data.draw(st.sampled_from(list(value)))
    node = parse(text).members[name]
    assert json.loads(text[node.start : node.end]) == value[name]
    changed = replace(text, [(node, string_text("new"))])
    assert json.loads(changed) == {**value, name: "new"}
    assert (changed[: node.start], changed[node.start + 5 :]) == (text[: node.start], text[node.end :])


def test_numbers_keep_their_spelling_and_places_may_come_in_any_order() -> None:
    text = '{"a": 1.0e3, "b": "x",\n\n "c": -0, "d": ["y"], "e": 100000000000000000000000}'
    members = parse(text).members
    changed = replace(text, [(members["d"], '["z", "z"]'), (members["b"], '"long enough"')])
    assert changed == ('{"a": 1.0e3, "b": "long enough",\n\n "c": -0, "d": ["z", "z"], "e": 100000000000000000000000}')


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1, "a": 2}', "line 1, column 10: the object has this name twice"),
        ('{"a": 1, "\\u0061": 2}', "line 1, column 10: the object has this name twice"),
        ('{"x": {"a": 1,\n "a": 2}}', "line 2, column 2: the object has this name twice"),
        ('{"a": NaN}', "line 1, column 7: a value is expected"),
        ('{"a": Infinity}', "a value is expected"),
        ('{"a": 01}', "a comma or } is expected"),
        ('{"a": 1,}', "line 1, column 9: a name in double quotes is expected"),
        ("[1,]", "a value is expected"),
        ("{'a': 1}", "a name in double quotes is expected"),
        ('{"a" 1}', "a colon is expected"),
        ('{"a": 1} x', "line 1, column 10: there is something after the end of the value"),
        ('{"a": "\n"}', "line 1, column 8: Invalid control character"),
        ('{"a": "', "Unterminated string"),
        ("", "line 1, column 1: a value is expected"),
        ("\ufeff{}", "there is a byte order mark, which JSON has not"),
        ("a: 1", "a value is expected"),
        ("[" * 100000, "it is nested too deeply"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        parse(text)


def test_an_error_quotes_nothing_of_the_text() -> None:
    with pytest.raises(ValueError, match=r"line 1") as refused:
        parse('{"deployerKey": "4c0883a69102937d6231471b5dbb62", oops}')
    assert "4c0883" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "items", "expected"),
    [
        # One item a line, and one line for all: as before.
        ('{"k": 1, "w": [\n    "a"\n  ]}', ['"b"', '"c"'], '[\n    "b",\n    "c"\n  ]'),
        ('{"k": 1, "w": ["a"]}', ['"b"', '"c"'], '["b", "c"]'),
        ('{"k":1,"w":["a"]}', ['"b"', '"c"'], '["b","c"]'),
        ('{\n  "k": 1,\n  "w": ["a"]\n}', ['"b"', '"c"'], '["b", "c"]'),
        ('{"k":1,"w":[ "a" , "b" ]}', ['"c"', '"d"', '"e"'], '[ "c" , "d" , "e" ]'),
        ('{"w": ["a"]}', ['"b"', '"c"'], '["b", "c"]'),
        # A list that was empty is laid out as the object that it is in.
        ('{\n  "k": 1,\n  "w": []\n}', ['"b"', '"c"'], '[\n    "b",\n    "c"\n  ]'),
        ('{\r\n\t"k": 1,\r\n\t"w": []\r\n}', ['"b"'], '[\r\n\t\t"b"\r\n\t]'),
        ('{\n"k": 1,\n"w": []\n}', ['"b"'], '[\n  "b"\n]'),
        ('{"k":1,"w":[]}', ['"b"', '"c"'], '["b","c"]'),
        ('{"k":1,"w":["a"]}', [], "[]"),
    ],
)
def test_a_list_is_laid_out_as_it_was(text: str, items: list[str], expected: str) -> None:
    parent = parse(text)
    new = list_text(text, parent, parent.members["w"], items)
    assert new == expected
    changed = json.loads(replace(text, [(parent.members["w"], new)]))
    assert changed["w"] == [json.loads(item) for item in items]
