# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon S3 on moto: who may do what with a bucket is decided here, the rest is moto's."""

from __future__ import annotations

from sandbox.s3.backend import install
from sandbox.s3.service import answer

__all__ = ["answer", "install"]
