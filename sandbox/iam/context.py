# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a request: the values of its condition keys.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Values = Mapping[str, str | Iterable[str]]


class Context:
    """Condition keys are found whatever their case. A list of no values is a key that is not in the request."""

    def __init__(self, *parts: Values) -> None:
        self._values: dict[str, tuple[str, ...]] = {}
        self._many: set[str] = set()
        for part in parts:
            for name, value in part.items():
                key = name.lower()
                if isinstance(value, str):
                    self._values[key] = (value,)
                    continue
                self._many.add(key)
                self._values[key] = tuple(value)

    def get(self, name: str) -> tuple[str, ...]:
        """The key's values; none if the request has no such key."""
        return self._values.get(name.lower(), ())

    def is_list(self, name: str) -> bool:
        return name.lower() in self._many

    def one(self, name: str) -> str | None:
        """The value of a key that has one; policy variables know no others."""
        values = self.get(name)
        return values[0] if len(values) == 1 and not self.is_list(name) else None

    def without(self, names: Iterable[str]) -> Context:
        left_out = {name.lower() for name in names}
        other = Context()
        other._values = {key: values for key, values in self._values.items() if key not in left_out}
        other._many = self._many - left_out
        return other


def tags_context(prefix: str, tags: Mapping[str, str | None]) -> dict[str, str]:
    return {f"{prefix}/{key}": value or "" for key, value in tags.items()}
