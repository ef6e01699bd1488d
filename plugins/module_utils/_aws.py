# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules' connection to AWS, and the only file that imports from amazon.aws. Private to the collection."""

from __future__ import annotations

import atexit
import gc
import os
import threading
import typing as t
from concurrent.futures import Future

# A module lives for seconds, and hardly anything that it imports or reads becomes garbage. By default the collector
# looks after every 700 objects, which takes a tenth of a module's time.
gc.set_threshold(100_000)

from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info
from ansible_collections.amazon.aws.plugins.module_utils.common import set_collection_info
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller, CallFailed
from ansible_collections.interchain.agent_ops.plugins.module_utils._endpoints import (
    is_aws_endpoint,
    without_account,
)

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError
except ImportError:
    pass  # AnsibleAWSModule reports it

COLLECTION = ("interchain.agent_ops", "1.0.0")

_CREDENTIALS = (
    "Credentials are taken from the environment (AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY),"
    " from an AWS profile, or from the machine's role"
)
_SANDBOX = (
    "That is not AWS: is a sandbox running there (make sandbox)? Another port of it is named in AGENT_OPS_SANDBOX_URL"
)
_NETWORK = (
    "Is this machine connected to the Internet, if need be by a proxy (HTTPS_PROXY), and {region} a Region of AWS?"
)
_PROFILE = "Expected: in AWS_PROFILE, the name of a profile of ~/.aws/config or ~/.aws/credentials"


class AwsModule(AnsibleAWSModule):
    """A module that uses AWS, with clients that leave retries to :class:`Caller`."""

    def __init__(self, **kwargs: t.Any) -> None:
        # Nor is there anything to gain from a last look through all that the ending process gives back anyway.
        atexit.register(gc.freeze)
        super().__init__(**kwargs)
        set_collection_info(collection_name=COLLECTION[0], collection_version=COLLECTION[1])
        self._session: t.Any = None
        self._endpoints: dict[str, str] = {}

    def warn(self, warning: str) -> None:
        # AnsibleAWSModule hands the same warnings to exit_json as well, which ansible-core 2.19 and later deprecate.
        self._module.warn(warning)

    def connect(self, service: str, *, region: str) -> t.Any:
        """Return a client. All clients come from one session: a session of its own costs each client 0.05 s."""
        config = Config(
            user_agent_extra="/".join(COLLECTION),
            retries={"total_max_attempts": 1},
            max_pool_connections=int(self.params["workers"]) + 1,
            connect_timeout=10,
            read_timeout=30,
        )
        _region, endpoint_url, options = get_aws_connection_info(self)
        profile = options.pop("profile_name", None)
        users_config = options.pop("aws_config", None)
        if options["aws_access_key_id"]:
            # botocore insists on the profile that the environment names, even if it takes nothing from it.
            for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
                os.environ.pop(name, None)
        try:
            if self._session is None:
                self._session = boto3.session.Session(profile_name=profile)
            client = self._session.client(
                service,
                region_name=region,
                endpoint_url=endpoint_url or None,
                config=config.merge(users_config) if users_config else config,
                **options,
            )
            self._endpoints[service] = str(client.meta.endpoint_url)
            if service == "s3control" and not is_aws_endpoint(self._endpoints[service]):
                client.meta.events.register_first("before-sign.s3-control", _drop_account)
            return client
        except (BotoCoreError, ValueError) as exc:
            hint = f". {_PROFILE}" if "config profile" in str(exc) else ""
            self.fail_json(msg=f"No connection to AWS can be made: {exc}{hint}")

    def refuse_masked(self, text: str) -> None:
        """Fail if a secret occurs in what is to be returned: ansible would mask it there, and destroy the result."""
        for name in ("secret_key", "session_token"):
            secret = self.params.get(name)
            if secret and secret in text:
                self.fail_json(
                    msg=f"The value of {name} is part of what this module returns, and ansible masks it wherever it"
                    " occurs. Use credentials that are not words"
                )

    def refuse_mixed_endpoints(self) -> None:
        """Fail if some clients go to AWS and others elsewhere: the account that is checked must be the one in use."""
        if len({is_aws_endpoint(url) for url in self._endpoints.values()}) > 1:
            found = ", ".join(f"{service} at {url}" for service, url in self._endpoints.items())
            self.fail_json(
                msg=f"Some of the endpoints are AWS's and some are not: {found}. Expected: all, or none. Look for"
                " AWS_ENDPOINT_URL_<SERVICE> in the environment and endpoint_url in the AWS configuration file"
            )


def _drop_account(request: t.Any, **_unused: t.Any) -> None:
    request.url = without_account(request.url)


def identify(module: AwsModule, call: Caller, region: str) -> dict[str, t.Any]:
    """Return who the caller is; fail if that is not the pinned account. This comes before any other call."""
    return ask_identity(module, call, region)()


def ask_identity(module: AwsModule, call: Caller, region: str) -> t.Callable[[], dict[str, t.Any]]:
    """Ask who the caller is. What is returned waits for the answer, and fails if that is not the pinned account.

    It must be called before any other call to AWS, so that credentials for the wrong account neither read nor write a
    key. Making clients and loading libraries takes about as long as the answer, and is done meanwhile.
    """
    sts = module.connect("sts", region=region)
    answer: Future[dict[str, t.Any]] = Future()

    def ask() -> None:
        try:
            answer.set_result(call(sts, "get_caller_identity"))
        except BaseException as exc:
            answer.set_exception(exc)

    # A daemon, since a module that fails meanwhile does not wait for an endpoint that is not there.
    threading.Thread(target=ask, daemon=True).start()

    def identity() -> dict[str, t.Any]:
        try:
            caller = answer.result()
        except CallFailed as exc:
            hint = _CREDENTIALS
            if any(word in str(exc).lower() for word in ("connect", "ssl validation", "timeout")):
                hint = _NETWORK.format(region=region) if is_aws_endpoint(sts.meta.endpoint_url) else _SANDBOX
            module.fail_json(msg=f"AWS does not say who the caller is. {exc}. Nothing was read or written. {hint}")
        account, pin = caller["Account"], module.params["account_id"]
        if pin and account != pin:
            module.fail_json(
                msg=f"The credentials ({caller['Arn']}) are for the account {account}. Expected: {pin}."
                " Nothing was read or written. Use credentials for that account, or correct the account id in the"
                " inventory"
            )
        return {"account_id": account, "caller_arn": caller["Arn"]}

    return identity


def endpoint(client: t.Any) -> dict[str, t.Any]:
    """Return the endpoint that a client really uses, and whether it is a sandbox."""
    url = str(client.meta.endpoint_url)
    return {"endpoint_url": url, "sandbox": not is_aws_endpoint(url)}
