# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a bucket's objects are read. Private to the collection. Pure: no ansible, no AWS."""

from __future__ import annotations

from ansible_collections.interchain.agent_ops.plugins.module_utils._endpoints import is_aws_endpoint
from ansible_collections.interchain.agent_ops.plugins.module_utils._proof_documents import bucket_arn

_SUFFIXES = {"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}


def place(name: str, region: str, partition: str, endpoint_url: str) -> dict[str, str]:
    """Return a bucket's name, Region, ARN, and the URL that readers append an object's key to.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html. A name with a dot fits no certificate of
    AWS's as a part of the host, and a sandbox has no such hosts: there it is a part of the path.
    """
    if not is_aws_endpoint(endpoint_url):
        url = f"{endpoint_url.rstrip('/')}/{name}/"
    else:
        suffix = _SUFFIXES.get(partition, "amazonaws.com")
        host = f"s3.{region}.{suffix}"
        url = f"https://{host}/{name}/" if "." in name else f"https://{name}.{host}/"
    return {"name": name, "region": region, "arn": bucket_arn(partition, name), "url": url}
