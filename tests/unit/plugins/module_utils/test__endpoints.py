# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which endpoints are AWS: botocore's own for every partition and Region, and nothing that only looks like one."""

from __future__ import annotations

import typing as t

import boto3.session
import botocore.config
import botocore.session
import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils import _endpoints
from ansible_collections.interchain.agent_ops.plugins.module_utils._endpoints import (
    is_aws_endpoint,
    without_account,
)
from botocore.endpoint_provider import EndpointProvider, RuleSet

SERVICES = ("kms", "secretsmanager", "sts", "resourcegroupstaggingapi", "s3", "s3control")
CREDENTIALS = {
    "aws_access_key_id": "UNITTESTEXAMPLEKEY00",
    "aws_secret_access_key": "unit/test+key/that+is+no/secret-7",
}


@pytest.fixture(scope="module")
def session() -> boto3.session.Session:
    return boto3.session.Session(**CREDENTIALS)


@pytest.fixture(autouse=True)
def no_endpoint_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_KMS", "AWS_PROFILE", "AWS_USE_FIPS_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")


def rules(service: str) -> EndpointProvider:
    loader = botocore.session.get_session().get_component("data_loader")
    ruleset = loader.load_service_model(service, "endpoint-rule-set-1")
    return EndpointProvider(ruleset_data=ruleset, partition_data=loader.load_data("partitions"))


def all_regions() -> list[str]:
    session = boto3.session.Session(**CREDENTIALS)
    partitions = session.get_available_partitions()
    return sorted({region for part in partitions for region in session.get_available_regions("kms", part)})


def endpoints(service: str) -> t.Iterator[str]:
    """Every endpoint that botocore's rules give for a service, in each Region, FIPS or not, single or dual stack."""
    provider = rules(service)
    assert isinstance(provider.ruleset, RuleSet)
    for region in all_regions():
        for fips in (False, True):
            for dual in (False, True):
                try:
                    found = provider.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual)
                except botocore.exceptions.BotoCoreError:
                    continue  # the partition has no such endpoints
                yield found.url


@pytest.mark.parametrize("service", SERVICES)
def test_every_endpoint_of_botocores_rules_is_aws(service: str) -> None:
    found = list(endpoints(service))
    # 30 Regions and more, most of them with four endpoints each.
    assert len(found) > 100
    assert [url for url in found if not is_aws_endpoint(url)] == []


def test_every_partition_has_a_region_in_the_test_above() -> None:
    session = boto3.session.Session(**CREDENTIALS)
    partitions = {session.get_partition_for_region(region) for region in all_regions()}
    assert partitions == set(session.get_available_partitions())


def test_the_domains_are_botocores() -> None:
    outputs = [part["outputs"] for part in botocore.session.get_session().get_data("partitions")["partitions"]]
    suffixes = {found[name] for found in outputs for name in ("dnsSuffix", "dualStackDnsSuffix")}
    assert suffixes <= set(_endpoints.AWS_DOMAINS)


# One Region a partition: the rules are covered above, here it is the clients that matter.
@pytest.mark.parametrize("partition", boto3.session.Session(**CREDENTIALS).get_available_partitions())
def test_the_endpoint_of_a_real_client_is_aws(session: boto3.session.Session, partition: str) -> None:
    region = session.get_available_regions("kms", partition)[0]
    client = session.client("kms", region_name=region)
    assert client.meta.endpoint_url.startswith("https://kms.")
    assert is_aws_endpoint(client.meta.endpoint_url)


def test_the_endpoint_of_a_client_for_fips_and_dual_stack_is_aws(session: boto3.session.Session) -> None:
    config = botocore.config.Config(use_fips_endpoint=True, use_dualstack_endpoint=True)
    client = session.client("kms", region_name="us-west-2", config=config)
    assert client.meta.endpoint_url == "https://kms-fips.us-west-2.api.aws"
    assert is_aws_endpoint(client.meta.endpoint_url)


def test_a_stray_endpoint_in_the_users_environment_counts(
    session: boto3.session.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:5555")
    stray = boto3.session.Session(**CREDENTIALS)
    client = stray.client("kms", region_name="us-west-2")
    assert not is_aws_endpoint(client.meta.endpoint_url)


@pytest.mark.parametrize(
    "url",
    [
        "https://kms.us-west-2.amazonaws.com",
        "https://kms.us-west-2.amazonaws.com/",
        "https://kms.us-west-2.amazonaws.com:443",
        "https://KMS.US-WEST-2.AMAZONAWS.COM",
        "https://kms.us-west-2.amazonaws.com.",
        "https://kms.us-west-2.api.aws",
        "https://kms-fips.us-west-2.amazonaws.com",
        "https://kms-fips.us-gov-west-1.amazonaws.com",
        "https://kms.cn-north-1.amazonaws.com.cn",
        "https://secretsmanager.us-west-2.amazonaws.com",
        "https://sts.amazonaws.com",
        # Interface VPC endpoints, of the Region and of one zone:
        # https://docs.aws.amazon.com/kms/latest/developerguide/vpce-connect.html
        "https://vpce-0295a3caf8414c94a-dfm9tr04.kms.us-east-1.vpce.amazonaws.com",
        "https://vpce-0295a3caf8414c94a-dfm9tr04-us-east-1a.kms.us-east-1.vpce.amazonaws.com",
        "https://vpce-0fe5b17a0707d6abc-29p5708s.kms-fips.us-gov-west-1.vpce.amazonaws.com",
        "https://vpce-1a2b3c4d-5e6f.secretsmanager.us-east-1.vpce.amazonaws.com",
    ],
)
def test_documented_endpoints_are_aws(url: str) -> None:
    assert is_aws_endpoint(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:5000",
        "http://localhost:5000",
        "http://[::1]:5000",
        "http://moto:5000",
        "http://kms.us-west-2.amazonaws.com.localhost:4566",
        "https://localhost.localstack.cloud:4566",
        "https://kms.amazonaws.com.evil.example",
        "https://evilamazonaws.com",
        "https://kms-amazonaws.com",
        "https://kms.us-west-2.amazonaws.com@127.0.0.1:5000",
        "https://127.0.0.1/kms.us-west-2.amazonaws.com",
        "https://127.0.0.1:5000?kms.us-west-2.amazonaws.com",
        "https://127.0.0.1:5000#.amazonaws.com",
        "https://kms.us-west-2.api.aws.example",
        "amazonaws.com",
        "https://amazonaws.com",
        "kms.us-west-2.amazonaws.com",
        "",
    ],
)
def test_what_only_looks_like_aws_is_a_sandbox(url: str) -> None:
    assert not is_aws_endpoint(url)


@pytest.mark.parametrize(
    "url",
    [
        # A moto server on an EC2 instance, under the public name that EC2 gives to it.
        "http://ec2-203-0-113-25.compute-1.amazonaws.com:5000",
        "http://ec2-203-0-113-25.us-west-2.compute.amazonaws.com:5000",
        # Behind a load balancer, an API gateway, somebody's own private link, a website in a bucket.
        "https://moto-1234567890.us-west-2.elb.amazonaws.com",
        "https://a1b2c3d4e5.execute-api.us-west-2.amazonaws.com",
        "https://vpce-0123-abcd.vpce-svc-0456.us-west-2.vpce.amazonaws.com",
        "http://kms.s3-website-us-west-2.amazonaws.com",
        "https://kms.s3.us-west-2.amazonaws.com",
    ],
)
def test_what_aws_only_hosts_for_somebody_is_a_sandbox(url: str) -> None:
    assert not is_aws_endpoint(url)


def test_the_account_in_the_hosts_of_s3_control() -> None:
    path = "v20180820/configuration/publicAccessBlock"
    assert without_account(f"http://123456789012.127.0.0.1:5555/{path}") == f"http://127.0.0.1:5555/{path}"
    for other in (f"http://127.0.0.1:5555/{path}", "http://12345678901.example.org/", "http://host/123456789012.x/"):
        assert without_account(other) == other
