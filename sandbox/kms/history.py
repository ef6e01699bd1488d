# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The aliases and tags of keys as they were a while ago, which is what authorisation may still see.

"It might take up to five minutes for tag and alias changes to affect KMS key authorization":
https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from moto.utilities.tagging_service import TaggingService

LONGEST_LAG = 600.0
_Seen = tuple[tuple[str, ...], dict[str, str]]


class KeyHistory:
    def __init__(self) -> None:
        self._entries: dict[str, list[tuple[float, _Seen]]] = {}

    def note(self, key_id: str, aliases: tuple[str, ...], tags: dict[str, str]) -> None:
        """Called after each change of a key's aliases or tags."""
        now = time.time()
        kept = self._entries.get(key_id, [])
        # All that is too old for any lag, except the last: it may still hold.
        while len(kept) > 1 and kept[1][0] < now - LONGEST_LAG:
            kept = kept[1:]
        self._entries[key_id] = [*kept, (now, (aliases, tags))]

    def at(self, key_id: str, lag: float) -> _Seen:
        """A key that was not there yet had neither."""
        moment = time.time() - lag
        for noted, seen in reversed(self._entries.get(key_id, [])):
            if noted <= moment:
                return seen
        return (), {}


class RecordingTagger(TaggingService):
    """moto's tags, telling of every change."""

    def __init__(self, changed: Callable[[str], None], **names: str) -> None:
        super().__init__(**names)
        self._changed = changed

    def tag_resource(self, arn: str, tags: Any) -> None:
        super().tag_resource(arn, tags)
        self._changed(arn)

    def untag_resource_using_names(self, arn: str, tag_names: list[str]) -> None:
        super().untag_resource_using_names(arn, tag_names)
        self._changed(arn)

    def delete_all_tags_for_resource(self, arn: str) -> None:
        super().delete_all_tags_for_resource(arn)
        self._changed(arn)
