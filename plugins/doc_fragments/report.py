# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # What all modules have that show something on the controller.
    DOCUMENTATION = r"""
options:
  environment:
    description: Name of the environment.
    type: str
    required: true
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
    support: full
  diff_mode:
    description: Returns details on what has changed (or would change), when in diff mode.
    support: none
  action:
    description: Runs on the controller.
    support: full
"""

    # Where the rows of a report come from, for those that get it beside them.
    ORIGIN = r"""
options:
  account_id:
    description: AWS account that what is shown is in.
    type: str
    required: true
  endpoint_url:
    description: Endpoint that the client really used.
    type: str
    required: true
  sandbox:
    description: Whether that endpoint is not AWS's.
    type: bool
    required: true
"""

    ARTIFACTS = r"""
options:
  artifacts_root:
    description:
      - Folder of the artifacts. A report goes into its subfolder of the environment's name. A relative path is relative
        to the folder in which C(ansible-playbook) was started.
    type: path
    default: artifacts
"""

    STORE = r"""
options:
  store:
    description:
      - Options of M(interchain.agent_ops.report_store), C(store) among them, where the last report is kept. The last
        report is read there, and not on the disk, and what has changed is stored.
      - If that is refused, or another run stored its report meanwhile, the report is shown and written to the disk all
        the same, and then the task fails.
    type: dict
    default: {}
seealso:
  - module: interchain.agent_ops.report_store
"""
