# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets Manager as AWS documents it: moto's, with the life of versions and of deleted secrets done again."""

from __future__ import annotations

from sandbox.secretsmanager.service import answer, install

__all__ = ["answer", "install"]
