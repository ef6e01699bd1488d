# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wallets of an environment as a picture, SVG: a panel for each network, and in it a bar for each wallet against
its threshold and target. Private to the collection.

Colours are told apart by whoever is colour-blind (Okabe and Ito's), and states by pattern and word as well. Text is
legible where pages are dark. The same wallets give the same picture. Pure: no ansible, no files, no library.
"""

from __future__ import annotations

import math
import typing as t
import unicodedata
from xml.etree import ElementTree as ET

from ansible_collections.interchain.agent_ops.plugins.module_utils import _wallet_amount, _wallet_report
from ansible_collections.interchain.agent_ops.plugins.module_utils._report import NOT_REAL, plain
from ansible_collections.interchain.agent_ops.plugins.module_utils._wallet_report import Result, Row

_MARGIN, _GAP, _COLUMNS = 24, 20, 2
_PANEL, _PADDING = 640, 16
_LABEL, _BARS, _VALUE = 192, 270, 136
_ROW, _BAR = 26, 14
_HEAD, _AXIS, _EMPTY = 62, 30, 40
_ROOM = 1.12
"""How much further than the highest threshold or target a panel's scale goes. Longer bars are cut, and say so."""

_WORD_WIDTH, _BOLD_WIDTH = 0.56, 0.66
"""Width of a character, in sizes of its font: what a browser does with the text is not known here."""

_MOST_TICKS = 5
_BROKEN = 7

_STATES: t.Mapping[str, str] = {
    "ok": "at or above its threshold",
    "low": "below its threshold",
    "unset": "no threshold",
    "blocked": "must not be paid",
    "unknown": "balance not known",
}

_STYLE = """
text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", Helvetica, Arial, sans-serif; fill: #1f2328; }
.page { fill: #ffffff; } .panel { fill: #f6f8fa; stroke: #d0d7de; } .rail { fill: #e7ebf0; }
.cut { stroke: #f6f8fa; stroke-width: 3; fill: none; } .halo { stroke: #f6f8fa; stroke-width: 5; }
.title { font-size: 20px; font-weight: 600; } .network { font-size: 15px; font-weight: 600; }
.label, .value { font-size: 12px; } .quiet { font-size: 12px; fill: #57606a; } .tick { font-size: 11px; fill: #57606a; }
.word { font-weight: 600; } .warning { font-size: 12px; font-weight: 600; fill: #a40e26; }
.grid { stroke: #d0d7de; stroke-width: 1; } .mark { stroke: #1f2328; stroke-width: 2; } .flag { fill: #1f2328; }
.ink-ok { fill: #0072b2; } .ink-low { fill: #d55e00; } .ink-unset { fill: #7a828c; } .ink-blocked { fill: #cc79a7; }
.line { stroke: #ffffff; stroke-width: 2; fill: none; } .dot { fill: #ffffff; }
.unknown { fill: none; stroke: #7a828c; stroke-width: 1; stroke-dasharray: 4 3; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .page { fill: #0d1117; } .panel { fill: #161b22; stroke: #30363d; } .rail { fill: #262c35; }
.cut { stroke: #161b22; } .halo { stroke: #161b22; } .quiet, .tick { fill: #9da7b3; } .warning { fill: #ff9492; }
.grid { stroke: #30363d; } .mark { stroke: #e6edf3; } .flag { fill: #e6edf3; }
.ink-ok { fill: #56b4e9; } .ink-low { fill: #e69f00; } .ink-unset { fill: #8b949e; }
.line { stroke: #161b22; } .dot { fill: #161b22; }
}
"""

Element = ET.Element


def as_svg(result: Result, environment: str) -> str:
    """Return the picture as a text that a file can hold."""
    networks = result["networks"]
    columns = min(_COLUMNS, max(len(networks), 1))
    width = 2 * _MARGIN + columns * _PANEL + (columns - 1) * _GAP
    svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "aria-labelledby": "title desc"})
    _sub(svg, "title", {"id": "title"}, f"Wallets of {plain(environment)}")
    _sub(svg, "desc", {"id": "desc"}, _description(result, environment))
    _sub(svg, "style", {}, _STYLE)
    _patterns(_sub(svg, "defs", {}))
    page = _sub(svg, "rect", {"class": "page", "width": width})
    top = _heading(svg, result, environment)
    for start in range(0, len(networks), columns):
        line = networks[start : start + columns]
        wallets = [[row for row in result["wallets"] if row["network"] == one["network"]] for one in line]
        height = max(map(_panel_height, wallets))
        for place, (network, rows) in enumerate(zip(line, wallets, strict=True)):
            left = _MARGIN + place * (_PANEL + _GAP)
            group = _sub(svg, "g", {"transform": f"translate({left} {top})"})
            _panel(group, network, rows, height)
        top += height + _GAP
    height = _legend(svg, top, width)
    page.set("height", str(height))
    svg.set("viewBox", f"0 0 {width} {height}")
    svg.set("width", str(width))
    svg.set("height", str(height))
    ET.indent(svg, " ")
    return ET.tostring(svg, encoding="unicode") + "\n"


def _description(result: Result, environment: str) -> str:
    sandbox = f" Sandbox: {NOT_REAL}" if result["sandbox"] else ""
    banks = [_wallet_report.bank_text(row, result["wallets"]) for row in result["networks"]]
    read = _wallet_report.moment(result["read_at"])
    totals = _wallet_report.wallet_totals(result)
    return f"Balances of {plain(environment)}, read at {read}.{sandbox} {totals}. " + ". ".join(banks)


def _heading(svg: Element, result: Result, environment: str) -> int:
    """Write what all panels share, and return where they begin."""
    _text(svg, _MARGIN, 40, "title", f"Wallets of {plain(environment)}")
    told = f"{_wallet_report.wallet_totals(result)}. Read at {_wallet_report.moment(result['read_at'])}"
    _text(svg, _MARGIN, 62, "quiet", told)
    if result["sandbox"]:
        _text(svg, _MARGIN, 82, "warning", f"SANDBOX: {NOT_REAL}")
        return 98
    return 78


def _panel_height(rows: t.Sequence[Row]) -> int:
    return _HEAD + (len(rows) * _ROW + _AXIS if rows else _EMPTY)


def _panel(group: Element, network: Row, rows: t.Sequence[Row], height: int) -> None:
    _sub(group, "rect", {"class": "panel", "width": _PANEL, "height": height, "rx": 8})
    inner = _PANEL - 2 * _PADDING
    bank, error = _bank(network), network["error"]
    if error:
        # Both are told: what went wrong may have nothing to do with what the bank has.
        _text(group, _PANEL - _PADDING, 27, "quiet", bank, anchor="end")
        _text(group, _PADDING, 46, "warning", _fitting(f"Failed: {plain(error)}", inner, 12 * _BOLD_WIDTH))
        inner -= int(_width(bank, 12 * _WORD_WIDTH)) + _GAP
    else:
        _text(group, _PADDING, 46, "quiet", _fitting(bank, inner, 12 * _WORD_WIDTH))
    _text(group, _PADDING, 27, "network", _fitting(plain(network["network"]), inner, 15 * _BOLD_WIDTH))
    if not rows:
        _text(group, _PADDING, _HEAD + 18, "quiet", "No wallets")
        return
    full = _full(rows)
    bottom = _HEAD + len(rows) * _ROW
    left = _PADDING + _LABEL
    for tick in _ticks(full):
        place = _place(left + tick / full * _BARS)
        _sub(group, "line", {"class": "grid", "x1": place, "x2": place, "y1": _HEAD - 4, "y2": bottom})
        _text(group, place, bottom + 16, "tick", f"{tick:g}", anchor="middle")
    _text(group, left + _BARS + 10, bottom + 16, "tick", plain(network["unit"]))
    for number, row in enumerate(rows):
        _wallet(group, row, _HEAD + number * _ROW, full)


def _bank(network: Row) -> str:
    if network["bank"] is None or network["bank_balance"] is None:
        return "No bank" if network["bank"] is None else "Balance of the bank unknown"
    told = f"Bank: {_wallet_report.money(network['bank_balance'], network['unit'])}"
    left = network["top_ups_left"]
    return told if left is None else f"{told}, enough for {left} top-up{'' if left == 1 else 's'}"


def _wallet(group: Element, row: Row, top: int, full: float) -> None:
    state = row["state"] if row["state"] in _STATES else "unknown"
    left, middle = _PADDING + _LABEL, top + _ROW // 2
    one = _sub(group, "g", {})
    _sub(one, "title", {}, _told(row))
    name = _wallet_report.who(row)
    _text(one, left - 10, middle + 4, "label", _fitting(name, _LABEL - 10, 12 * _WORD_WIDTH), anchor="end")
    shape = {"x": left, "y": middle - _BAR // 2, "height": _BAR}
    if row["balance"] is None:
        _sub(one, "rect", {**shape, "class": "unknown", "width": _BARS, "rx": 2})
    else:
        _sub(one, "rect", {**shape, "class": "rail", "width": _BARS, "rx": 2})
        balance = float(row["balance"])
        length = min(balance / full, 1.0) * _BARS
        if balance:
            # Whatever is not nothing is seen.
            drawn = {**shape, "width": _place(max(length, 1.5)), "rx": 2}
            _sub(one, "rect", {**drawn, "class": f"ink-{state}"})
            _sub(one, "rect", {**drawn, "fill": f"url(#{state})"})
        if balance > full:
            _cut(one, left + _BARS - 16, middle)
    for name in ("threshold", "target"):
        if row[name] is not None:
            _mark(one, name, left + float(row[name]) / full * _BARS, middle)
    value = _text(one, left + _BARS + 10, middle + 4, "value", "")
    shown = _wallet_amount.shown(row["balance"])
    if _width(shown, 12 * _WORD_WIDTH) > _VALUE - _width(state, 12 * _BOLD_WIDTH) - 12:
        # A number that is cut off would be another one.
        shown = f"{float(row['balance']):.3g}"
    value.text = shown + " "
    _sub(value, "tspan", {"class": "word"}, state)


def _told(row: Row) -> str:
    """Return what a pointer over a wallet shows, exactly."""
    parts = [f"{_wallet_report.who(row)} on {plain(row['network'])}, {plain(row['address'] or 'no address yet')}"]
    for name in ("balance", "threshold", "target"):
        if row[name] is not None:
            parts.append(f"{name} {row[name]} {plain(row['unit'])}")
    parts.append(_STATES.get(row["state"], plain(row["state"])))
    if row["error"]:
        parts.append(plain(row["error"]))
    return "; ".join(parts)


def _cut(one: Element, x: int, middle: int) -> None:
    """Show that a bar goes on beyond the scale."""
    for place in (x, x + 5):
        path = f"M{place} {middle + _BROKEN + 1} l4 -{2 * _BROKEN + 2}"
        _sub(one, "path", {"class": "cut", "d": path})


def _mark(one: Element, name: str, x: float, middle: int) -> None:
    """A threshold is a line, and a target a line with a flag."""
    place = _place(x)
    ends = {"x1": place, "x2": place, "y1": middle - 10, "y2": middle + 10}
    _sub(one, "line", {"class": "halo", **ends})
    _sub(one, "line", {"class": "mark", **ends})
    if name == "target":
        _sub(one, "path", {"class": "flag", "d": f"M{place} {middle - 11} l7 4 l-7 4 z"})


def _legend(svg: Element, top: int, width: int) -> int:
    """Write what the signs mean, in as many lines as it takes, and return where the picture ends."""
    x, y = _MARGIN, top + 6
    entries: list[tuple[str, str]] = [*((state, f"{state}: {text}") for state, text in _STATES.items())]
    entries += [("threshold", "threshold"), ("target", "target"), ("cut", "more than the scale shows")]
    for kind, words in entries:
        needed = 40 + int(len(words) * 12 * _WORD_WIDTH) + 14
        if kind == "threshold" or (x + needed > width - _MARGIN and x > _MARGIN):
            x, y = _MARGIN, y + 24
        box = {"x": x, "y": y, "width": 28, "height": _BAR, "rx": 2}
        middle = y + _BAR // 2
        if kind == "unknown":
            _sub(svg, "rect", {**box, "class": "unknown"})
        elif kind in _STATES:
            _sub(svg, "rect", {**box, "class": f"ink-{kind}"})
            _sub(svg, "rect", {**box, "fill": f"url(#{kind})"})
        elif kind == "cut":
            _sub(svg, "rect", {**box, "class": "ink-ok"})
            _cut(svg, x + 12, middle)
        else:
            _mark(svg, kind, x + 14, middle)
        _text(svg, x + 36, y + 11, "quiet", words)
        x += needed
    return y + _BAR + _MARGIN


def _patterns(defs: Element) -> None:
    """Define what is drawn over the colour of a state. What is all right has no pattern."""
    shapes: dict[str, list[tuple[str, dict[str, t.Any]]]] = {
        "ok": [],
        "low": [("path", {"class": "line", "d": "M-2 2 l4 -4 M0 8 l8 -8 M6 10 l4 -4"})],
        "unset": [("circle", {"class": "dot", "cx": 4, "cy": 4, "r": 1.5})],
        "blocked": [("path", {"class": "line", "d": "M0 0 l8 8 M0 8 l8 -8"})],
    }
    for state, drawn in shapes.items():
        pattern = _sub(defs, "pattern", {"id": state, "width": 8, "height": 8, "patternUnits": "userSpaceOnUse"})
        for tag, attributes in drawn:
            _sub(pattern, tag, attributes)


def _full(rows: t.Iterable[Row]) -> float:
    """Return what the end of a panel's scale stands for."""
    rows = list(rows)
    marks = [float(row[name]) for row in rows for name in ("threshold", "target") if row[name] is not None]
    highest = max(marks, default=0.0) or max((float(row["balance"] or 0) for row in rows), default=0.0)
    return highest * _ROOM or 1.0


def _ticks(full: float) -> list[float]:
    """Return round numbers from 0 to the end of a scale."""
    unit = 10.0 ** math.floor(math.log10(full / _MOST_TICKS))
    step = next(size * unit for size in (1, 2, 2.5, 5, 10, 20) if full / (size * unit) < _MOST_TICKS)
    return [number * step for number in range(int(full / step) + 1)]


def _fitting(text: str, width: float, each: float) -> str:
    """Return a text, or as much of it as there is room for. :param each: width of a character."""
    if _width(text, each) <= width:
        return text
    while text and _width(text + "…", each) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _width(text: str, each: float) -> float:
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text) * each


def _place(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _text(parent: Element, x: t.Any, y: int, kind: str, text: str, anchor: str = "") -> Element:
    return _sub(parent, "text", {"x": x, "y": y, "class": kind, **({"text-anchor": anchor} if anchor else {})}, text)


def _sub(parent: Element, tag: str, attributes: t.Mapping[str, t.Any], text: str | None = None) -> Element:
    one = ET.SubElement(parent, tag, {name: str(value) for name, value in attributes.items()})
    one.text = text
    return one
