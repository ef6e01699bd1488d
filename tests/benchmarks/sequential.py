# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a provisioning script does that makes the original's calls, one after the other: the aliases, page by page, then
for each key DescribeKey and, with a new client, GetPublicKey. Run: python -m tests.benchmarks.sequential NAMES_FILE"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import boto3
from ansible_collections.interchain.agent_ops.plugins.module_utils._address import public_key_address

kms = boto3.client("kms")
aliases: dict[str, str] = {}
page = kms.list_aliases(Limit=100)
while True:
    aliases.update((alias["AliasName"], alias.get("TargetKeyId", "")) for alias in page["Aliases"])
    if not page.get("Truncated"):
        break
    page = kms.list_aliases(Limit=100, Marker=page["NextMarker"])
for name in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
    metadata = kms.describe_key(KeyId=aliases[f"alias/{name}"])["KeyMetadata"]
    public_key = boto3.client("kms").get_public_key(KeyId=metadata["KeyId"])["PublicKey"]
    print(name, metadata["Arn"], public_key_address(public_key))
