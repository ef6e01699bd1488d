# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of text that stay legible where a terminal is narrow. Private to the collection. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

_GAP = "  "


@dataclass(frozen=True)
class Column:
    title: str
    right: bool = False


Layout = t.Sequence[t.Sequence[int]]
"""The lines that an entry takes, and which columns stand on each."""


class Table:
    """Entries with a cell for each column, laid out in the first way that is not wider than what there is.

    :param layouts: ways to lay an entry out, the widest first; the last one is taken if none fits.
    """

    def __init__(
        self, columns: t.Sequence[Column], entries: t.Sequence[t.Sequence[str]], layouts: t.Sequence[Layout], width: int
    ) -> None:
        self._columns = columns
        lines = [[column.title for column in columns], *entries]
        self._sizes = [max(len(line[index]) for line in lines) for index in range(len(columns))]
        self._layout = next((one for one in layouts if self._width(one) <= width), layouts[-1])
        self.head = self._entry(lines[0])
        self.rule = "-" * max(map(len, [line for entry in lines for line in self._entry(entry)]))

    def _width(self, layout: Layout) -> int:
        return max(
            len(self._indent(number)) + sum(self._sizes[index] for index in line) + len(_GAP) * (len(line) - 1)
            for number, line in enumerate(layout)
        )

    @staticmethod
    def _indent(number: int) -> str:
        return _GAP if number else ""

    def _entry(self, cells: t.Sequence[str]) -> list[str]:
        out = []
        for number, line in enumerate(self._layout):
            padded = [
                cells[index].rjust(self._sizes[index])
                if self._columns[index].right
                else cells[index].ljust(self._sizes[index])
                for index in line
            ]
            out.append((self._indent(number) + _GAP.join(padded)).rstrip())
        return out

    def entry(self, cells: t.Sequence[str]) -> list[str]:
        """Return the lines of an entry, one of those that the table was made with."""
        return self._entry(cells)
