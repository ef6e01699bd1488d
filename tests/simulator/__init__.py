# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others wrote to judge IAM policies: a simulator that evaluates them (client), and a linter (lint)."""

from __future__ import annotations

from tests.simulator.client import Question, Refused, Simulator, SimulatorError, Verdict

__all__ = ["Question", "Refused", "Simulator", "SimulatorError", "Verdict"]
