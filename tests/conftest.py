# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all tests that run playbooks share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import module_server


@pytest.fixture(scope="session")
def quick_modules() -> Iterator[dict[str, str]]:
    """Return what a playbook's environment needs for its modules to start in no time."""
    with module_server.serving() as environment:
        yield environment
