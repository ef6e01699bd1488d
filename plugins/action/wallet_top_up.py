# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows, while the module of the same name runs, what it says; lets it see when the run is interrupted."""

from __future__ import annotations

from ansible_collections.interchain.agent_ops.plugins.plugin_utils._narrated_module import NarratedModule


class ActionModule(NarratedModule):
    """Runs the module."""

    _caller_file = "caller_file"
