# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs in a module's process. Imported once, by the server that these processes are forked from."""

from __future__ import annotations

import importlib
import json
import os
import sys

import ansible_collections.amazon.aws.plugins.module_utils.modules
import botocore.session
from ansible.module_utils.testing import patch_module_args
from ansible_collections.interchain.agent_ops.plugins.modules import kms_signing_keys, kms_signing_keys_info

__all__ = ["ansible_collections", "botocore", "kms_signing_keys", "kms_signing_keys_info", "run"]


def run(module: str, arguments: str, environment: dict[str, str], output: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    with open(output, "w", encoding="utf-8") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    # Ansible looks for its arguments in the process's own standard streams otherwise.
    sys.argv = [module]
    main = importlib.import_module(f"ansible_collections.interchain.agent_ops.plugins.modules.{module}").main
    with patch_module_args(json.loads(arguments)):
        main()
