# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator for all tests of a folder: its conftest.py says ``from tests.simulator.fixture import simulator``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulator.client import Simulator


@pytest.fixture(scope="session", name="simulator")
def simulator() -> Iterator[Simulator]:
    with Simulator.start() as started:
        yield started
