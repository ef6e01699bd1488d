# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever sits at the terminal of a run that asks. Private to the collection."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsiblePromptInterrupt, AnsiblePromptNoninteractive
from ansible.utils.display import Display

display = Display()


class Terminal:
    """A terminal in the foreground, as ansible's own prompts need it. ``absent`` says why there is none.

    :param given_up: what it means that somebody gives up, for the error that says so.
    """

    def __init__(self, absent: str, given_up: str = "Nothing was done") -> None:
        self.absent = absent or self._missing()
        self._given_up = given_up

    @staticmethod
    def _missing() -> str:
        try:
            display.prompt_until("", seconds=0)
        except AnsiblePromptNoninteractive:
            return "there is no terminal"
        return ""

    def wait(self, text: str, seconds: int) -> None:
        """Return when the return key was pressed, or the time is over."""
        self._interruptible(lambda: display.prompt_until(text, seconds=seconds))

    def confirm(self, text: str, code: str, seconds: int) -> bool:
        """Return whether the code was typed."""
        typed = self._interruptible(lambda: display.prompt_until(text, seconds=seconds))
        return typed.decode("utf-8", "replace").strip() == code

    def _interruptible(self, ask: t.Callable[[], bytes]) -> bytes:
        try:
            return ask()
        except AnsiblePromptInterrupt:
            raise ValueError(f"Given up at the terminal. {self._given_up}") from None
