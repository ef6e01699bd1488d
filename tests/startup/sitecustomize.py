# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Python does first if this folder is on PYTHONPATH. For the tests' playbooks: they do the same, and sooner."""

for _what in ("compiled_once", "handed_over", "parsed_once"):
    __import__(_what)
