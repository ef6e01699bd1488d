# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of the wallets: what is in it, by its elements."""

from __future__ import annotations

import typing as t
from xml.etree import ElementTree as ET

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._wallet_chart import as_svg

from tests.unit.plugins.module_utils.wallet_world import network, result, staging, wallet

SVG = "{http://www.w3.org/2000/svg}"


def parsed(found: dict[str, t.Any], environment: str = "staging") -> ET.Element:
    return ET.fromstring(as_svg(found, environment))  # noqa: S314


def texts(picture: ET.Element) -> list[str]:
    return [" ".join("".join(one.itertext()).split()) for one in picture.iter(f"{SVG}text")]


def of_class(picture: ET.Element, kind: str) -> list[ET.Element]:
    return [one for one in picture.iter() if one.get("class") == kind]


def wallet_groups(picture: ET.Element) -> dict[str, ET.Element]:
    """Return what a pointer over a wallet shows to what is drawn of it."""
    groups = [one for one in picture.iter(f"{SVG}g") if one.find(f"{SVG}title") is not None]
    return {"".join(one[0].itertext()): one for one in groups}


def test_the_picture_says_what_it_is_to_those_who_do_not_see_it() -> None:
    picture = parsed(staging(sandbox=True))
    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby") == "title desc"
    title, desc = picture[0], picture[1]
    assert (title.get("id"), title.text) == ("title", "Wallets of staging")
    assert desc.text is not None
    assert "Sandbox: this is not AWS." in desc.text
    assert "8 wallets on 2 networks: 2 ok, 2 low, 1 unset, 1 blocked, 2 unknown" in desc.text
    assert "enough for 23 top-ups; low: watcher, relayer of kovan" in desc.text
    assert "SANDBOX: this is not AWS. These keys are not real ones; send nothing to their addresses." in texts(picture)
    assert not [one for one in texts(parsed(staging())) if "SANDBOX" in one]


def test_there_is_a_panel_for_each_network_and_a_bar_for_each_wallet() -> None:
    picture = parsed(staging())
    assert len(of_class(picture, "panel")) == 2
    told = texts(picture)
    assert {"moonbasealpha", "Bank: 8999.5 DEV, enough for 23 top-ups", "kovan"} <= set(told)
    assert {"Failed: the node did not answer: timed out", "Balance of the bank unknown"} <= set(told)
    assert {"updater", "relayer of kovan", "499.9876 ok", "124.9999 low", "80 blocked", "- unknown"} <= set(told)
    groups = wallet_groups(picture)
    assert len(groups) == 8
    exact = next(text for text in groups if text.startswith("watcher on moonbasealpha"))
    assert "balance 124.99999999 DEV; threshold 125 DEV; target 500 DEV; below its threshold" in exact


def test_a_bar_is_as_long_as_the_balance_is_and_every_state_has_a_colour_and_a_pattern() -> None:
    rows = [wallet("kovan", "a", "500"), wallet("kovan", "b", "250"), wallet("kovan", "c", "100")]
    rows += [wallet("kovan", "d", "0"), wallet("kovan", "e", "0.000000000000000001")]
    rows += [wallet("kovan", "f", "250", state="blocked"), wallet("kovan", "g", None)]
    groups = list(wallet_groups(parsed(result([network("kovan")], rows))).values())
    bars = [[one for one in group if (one.get("class") or "").startswith("ink-")] for group in groups]
    lengths = [float(shape[0].get("width", "0")) if shape else 0.0 for shape in bars]
    assert lengths[0] == pytest.approx(2 * lengths[1], abs=0.2)
    assert lengths[0] == pytest.approx(5 * lengths[2], abs=0.5)
    # Nothing is no bar, and next to nothing is one that is seen.
    assert (lengths[3], lengths[4]) == (0.0, 1.5)
    assert [shape[0].get("class") if shape else None for shape in bars] == [
        *("ink-ok", "ink-ok", "ink-low", None, "ink-low", "ink-blocked", None)
    ]
    filled = [[one.get("fill") for one in group if one.get("fill")] for group in groups]
    assert filled == [["url(#ok)"], ["url(#ok)"], ["url(#low)"], [], ["url(#low)"], ["url(#blocked)"], []]
    target = [one for one in groups[0] if one.get("class") == "mark"][1]
    rail = next(one for one in groups[0] if one.get("class") == "rail")
    assert float(target.get("x1", "0")) == pytest.approx(float(rail.get("x", "0")) + lengths[0], abs=0.1)


def test_a_bar_beyond_the_scale_is_cut_and_does_not_squash_the_others() -> None:
    rows = [wallet("kovan", "rich", "100000"), wallet("kovan", "poor", "100")]
    rich, poor = wallet_groups(parsed(result([network("kovan")], rows))).values()
    assert len([one for one in rich if one.get("class") == "cut"]) == 2
    assert not [one for one in poor if one.get("class") == "cut"]
    shape = next(one for one in poor if one.get("class") == "ink-low")
    assert float(shape.get("width", "0")) > 40


def test_scales_are_each_panels_own_and_without_marks_that_of_the_balances() -> None:
    rows = [wallet("kovan", "a", "500"), wallet("evmos", "a", "0.3", threshold="0.1", target="0.5")]
    rows.append(wallet("celo", "a", "7", threshold=None, target=None))
    rows.append(wallet("none", "a", None, threshold=None, target=None))
    picture = parsed(result([network(name) for name in ("kovan", "evmos", "celo", "none", "empty")], rows))
    ticks = [one.text for one in of_class(picture, "tick")]
    assert ticks[:4] == ["0", "200", "400", "ETH"]
    assert ticks[4:11] == ["0", "0.2", "0.4", "ETH", "0", "2", "4"]
    assert "No wallets" in texts(picture)


def test_long_names_end_in_dots_and_numbers_are_not_cut() -> None:
    rows = [wallet("n" * 200, "a" * 80, "123456789012345.6789", state="blocked"), wallet("n" * 200, "字" * 40, "1")]
    broken = network("n" * 200, error="e" * 500)
    told = texts(parsed(result([broken], rows), "e" * 20))
    assert not [one for one in told if len(one) > 120]
    assert "1.23e+14 blocked" in told
    assert next(one for one in told if one.startswith("aaaa")).endswith("…")
    assert len(next(one for one in told if one.startswith("字"))) < 16


def test_names_cannot_break_out_of_the_picture() -> None:
    evil = '"><script>alert(1)</script>\x00\x1b&'
    text = as_svg(result([network(evil)], [wallet(evil, evil, "1", unit=evil, error=evil, state="blocked")]), evil)
    picture = ET.fromstring(text)  # noqa: S314
    assert not list(picture.iter(f"{SVG}script"))
    assert any("<script>" in one for one in texts(picture))


def test_the_same_wallets_give_the_same_picture_and_no_wallets_give_one_too() -> None:
    assert as_svg(staging(), "staging") == as_svg(staging(), "staging")
    empty = parsed(result([], []))
    assert "0 wallets on 0 networks: none. Read at 2026-03-01 12:00:00 UTC" in texts(empty)


def test_nothing_of_the_picture_is_outside_of_it() -> None:
    networks = [network(f"network-{number}") for number in range(5)]
    rows = [wallet(one["network"], f"agent-{number}", "100") for one in networks for number in range(10)]
    picture = parsed(result(networks, rows))
    width, height = float(picture.get("width", "0")), float(picture.get("height", "0"))
    for group in picture.findall(f"{SVG}g"):
        left, top = map(float, (group.get("transform") or "")[len("translate(") : -1].split())
        panel = group[0]
        assert left + float(panel.get("width", "0")) <= width
        assert top + float(panel.get("height", "0")) <= height
        inside = [float(one.get("y", "0")) for one in group.iter() if one.get("y")]
        assert max(inside) <= float(panel.get("height", "0"))
