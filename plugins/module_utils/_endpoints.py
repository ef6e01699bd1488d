# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an endpoint is AWS. Private to the collection. Pure: no ansible, no AWS."""

from __future__ import annotations

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


def is_aws_endpoint(url: str) -> bool:
    """Say whether a client's endpoint belongs to AWS. Whatever does not is a sandbox: its keys are not real ones."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    return any(host.endswith("." + domain) for domain in AWS_DOMAINS)
