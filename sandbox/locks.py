# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one lock on moto's state.

moto's backends are not made for threads. Whatever writes to them, and whatever moto does by itself, holds this lock;
the sandbox's own reading operations copy what they need in one step and go without. Nobody sleeps with it held.
"""

from __future__ import annotations

import threading

STATE = threading.RLock()
