# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs in a module's process. Imported once, by the server that these processes are forked from."""

from __future__ import annotations

import atexit
import importlib
import json
import os
import sys
from multiprocessing.connection import Connection

from ansible.module_utils.testing import patch_module_args

from tests.module_server import warm_up

_MODULES = "ansible_collections.interchain.agent_ops.plugins.modules"
_PRELOADED = (
    "access_matrix_info access_probe agent_config contract_config iam_user_credentials kms_signing_keys"
    " kms_signing_keys_info proof_bucket_info proof_bucket_probe report_store secret_signing_keys"
    " store_bucket_info wallet_balances_info wallet_top_up"
).split()


def run(module: str, arguments: str, environment: dict[str, str], output: Connection) -> None:
    os.environ.clear()
    os.environ.update(environment)
    with output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    sys.argv = [module]
    try:
        with patch_module_args(json.loads(arguments)):
            importlib.import_module(f"{_MODULES}.{module}").main()
    finally:
        # A process of multiprocessing ends without what a module wants done at its end.
        atexit._run_exitfuncs()


if os.environ.get("MODULE_CHILD_WARM_UP"):
    warm_up()
    for name in _PRELOADED:
        importlib.import_module(f"{_MODULES}.{name}")
