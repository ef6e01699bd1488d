# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of a listing: Limit, Marker, Truncated, NextMarker."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sandbox.kms import errors

T = TypeVar("T")


def page(
    items: Sequence[T],
    params: dict[str, Any],
    *,
    name_of: Callable[[T], str],
    default: int,
    most: int,
) -> tuple[list[T], dict[str, Any]]:
    """One page, and the fields that tell where the next one begins.

    The marker holds the last name of the page before, so that a listing goes on rightly when entries come and go.
    """
    limit = params.get("Limit")
    if limit is None:
        limit = default
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise errors.validation("Limit must be an integer")
    if limit < 1:
        raise errors.constraint(limit, "limit", "have value greater than or equal to 1")
    if limit > most:
        raise errors.constraint(limit, "limit", f"have value less than or equal to {most}")
    ordered = sorted(items, key=name_of)
    marker = params.get("Marker")
    if marker is not None:
        after = _decode(marker)
        ordered = [item for item in ordered if name_of(item) > after]
    chosen = ordered[:limit]
    if len(ordered) <= limit:
        return chosen, {"Truncated": False}
    return chosen, {"Truncated": True, "NextMarker": _encode(name_of(chosen[-1]))}


def _encode(name: str) -> str:
    return base64.urlsafe_b64encode(f"after:{name}".encode()).decode()


def _decode(marker: Any) -> str:
    if not isinstance(marker, str):
        raise errors.validation("Marker must be a string")
    try:
        text = base64.urlsafe_b64decode(marker.encode()).decode()
    except (binascii.Error, ValueError):
        raise errors.invalid_marker(marker) from None
    if not text.startswith("after:"):
        raise errors.invalid_marker(marker)
    return text.removeprefix("after:")
