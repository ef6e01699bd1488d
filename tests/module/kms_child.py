# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs in a module's process. Imported once, by the server that these processes are forked from."""

from __future__ import annotations

import functools
import json
import os
import sys

import boto3
import botocore.session
from ansible.module_utils.testing import patch_module_args
from ansible_collections.interchain.agent_ops.plugins.modules import kms_signing_keys, kms_signing_keys_info
from eth_utils import keccak

MODULES = {"kms_signing_keys": kms_signing_keys, "kms_signing_keys_info": kms_signing_keys_info}


def _warm_up() -> None:
    """Load what each process would load again: the services' descriptions, and the library behind the hash."""
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
    for service in ("sts", "kms", "resourcegroupstaggingapi"):
        place = {"region_name": "us-west-2", "endpoint_url": "http://127.0.0.1:9"}
        boto3.session.Session().client(service, aws_access_key_id="none", aws_secret_access_key="none", **place)
    keccak(b"")


def run(module: str, arguments: str, environment: dict[str, str], output: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    with open(output, "w", encoding="utf-8") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    sys.argv = [module]
    with patch_module_args(json.loads(arguments)):
        MODULES[module].main()


if os.environ.get("KMS_CHILD_WARM_UP"):
    _warm_up()
