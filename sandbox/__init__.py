# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox: an embedded AWS for this machine, built on moto's server.

``python -m sandbox`` starts it. ``sandbox.client`` is the way to start, steer and question it from Python.
"""

from __future__ import annotations
