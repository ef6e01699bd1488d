# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides where the records of payments are kept, on the controller, and refuses a run whose records would be lost."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.interchain.agent_ops.plugins.module_utils import _wallet_approval
from ansible_collections.interchain.agent_ops.plugins.module_utils._deployment_gate import unattended
from ansible_collections.interchain.agent_ops.plugins.module_utils._endpoints import is_aws_endpoint
from ansible_collections.interchain.agent_ops.plugins.plugin_utils._terminal import Terminal


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(
            argument_spec={
                "store": {"type": "str", "default": ""},
                "environment": {"type": "str", "required": True},
                "endpoint_url": {"type": "str", "default": ""},
                "sends": {"type": "bool", "required": True},
                "attended": {"type": "bool", "default": True},
                "artifacts_root": {"type": "path", "default": "artifacts"},
            }
        )
        endpoint = options["endpoint_url"]
        sandbox = bool(endpoint) and not is_aws_endpoint(endpoint)
        sends = options["sends"] and not self._task.check_mode
        try:
            store = _wallet_approval.store(
                options["store"],
                environment=options["environment"],
                sandbox=sandbox,
                artifacts_root=options["artifacts_root"],
            )
            if store.default and sends and not sandbox:
                said = unattended(os.environ, task_vars or {}, options["attended"], "wallet_funding_attended")
                absent = Terminal(said).absent
                if absent:
                    raise ValueError(_wallet_approval.no_store(options["environment"], absent))
        except ValueError as exc:
            raise AnsibleActionFail(str(exc)) from None
        # A module has another working directory than the person who started it.
        place = store.place if store.is_bucket else os.path.abspath(os.path.expanduser(store.place))
        return {**result, "changed": False, "store": place, "sandbox": sandbox}
