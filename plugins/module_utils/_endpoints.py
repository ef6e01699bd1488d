# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an endpoint is AWS. Private to the collection. Pure: no ansible, no AWS."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# The DNS suffixes of AWS's partitions, single and dual stack, as botocore's partitions.json has them.
AWS_DOMAINS = (
    "amazonaws.com",
    "api.aws",
    "amazonaws.com.cn",
    "api.amazonwebservices.com.cn",
    "amazonaws.eu",
    "api.amazonwebservices.eu",
    "c2s.ic.gov",
    "api.aws.ic.gov",
    "sc2s.sgov.gov",
    "api.aws.scloud",
    "cloud.adc-e.uk",
    "api.cloud-aws.adc-e.uk",
    "csp.hci.ic.gov",
    "api.aws.hci.ic.gov",
)


_REGION = re.compile(r"(?:[a-z]+(?:-[a-z]+)+-[0-9]+)?\Z")

SERVICES = frozenset({"kms", "secretsmanager", "sts", "tagging", "iam", "s3", "s3-control"})
"""The services that this collection calls. Other hosts under AWS's domains are anybody's: machines, load balancers."""

# Others have a domain of their own for dual stack: s3.dualstack.us-west-2.amazonaws.com
_DUAL_STACK_BY_LABEL = ("s3", "s3-control")
_ACCOUNT_HOST = re.compile(r"^(https?://)[0-9]{12}\.")


def without_account(url: str) -> str:
    """Return the URL of a request without the account that S3 Control's hosts begin with.

    AWS has such a host for every account; before the address of a sandbox it makes a name that nobody knows.
    """
    return _ACCOUNT_HOST.sub(r"\1", url)


def is_aws_endpoint(url: str) -> bool:
    """Say whether a client's endpoint is one of AWS's own. Whatever is not is a sandbox: its keys are not real ones."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    for domain in AWS_DOMAINS:
        if host.endswith("." + domain):
            labels = host.removesuffix("." + domain).split(".")
            # A VPC endpoint: vpce-1a2b-5e6f.kms.us-west-2.vpce.amazonaws.com
            if labels[0].startswith("vpce-") and labels[-1] == "vpce":
                labels = labels[1:-1]
            service = labels[0].removesuffix("-fips")
            if service in _DUAL_STACK_BY_LABEL and labels[1:2] == ["dualstack"]:
                labels = [service, *labels[2:]]
            if service in SERVICES and _REGION.match(".".join(labels[1:])):
                return True
    return False
