# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of an account to say who may use its keys. Private to the collection.

Pure: no ansible, no AWS.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

Account = t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]]
"""``users``, ``groups``, ``roles`` and ``policies`` of an account's IAM."""


@dataclass(frozen=True)
class Wish:
    """A key that is to be read, by what the inventory calls it (``alias/...`` or a secret's name) or by its id."""

    name: str
    region: str
    resource: str
    environment: str
    wanted: bool = False


@dataclass
class Resource:
    """What AWS holds of a key: an AWS KMS key, or a secret with a hex key in it.

    :ivar wanted: the inventory names it as a key of the environment.
    :ivar policy: key policy or resource policy; None if there is none.
    :ivar error: why it could not be read. Then nobody knows who may use it.
    """

    name: str
    region: str
    service: str
    environment: str
    wanted: bool
    alias: str | None = None
    arn: str | None = None
    aliases: tuple[str, ...] = ()
    metadata: t.Mapping[str, t.Any] = field(default_factory=dict)
    policy: t.Mapping[str, t.Any] | None = None
    grants: tuple[t.Mapping[str, t.Any], ...] = ()
    tags: t.Mapping[str, str] = field(default_factory=dict)
    error: str | None = None

    @property
    def there(self) -> bool:
        return self.arn is not None


Aliases = dict[str, dict[str, str]]
"""Region -> alias -> key id, without AWS's own aliases and those that point nowhere."""


@dataclass
class Found:
    """What an account holds that decides who may use the keys."""

    account: Account
    aliases: Aliases
    resources: list[Resource]
    access_keys: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]] = field(default_factory=dict)
    passwords: frozenset[str] = frozenset()
    """Users of ours, but for the administrators, who have a password for the console."""
