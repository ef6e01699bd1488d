# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Keymaster: watches the wallets of an environment's agents, and tops them up. Private to the collection.

Started as ``python -m ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster --config FILE`` where
neither ansible nor amazon.aws is installed; the one file of the service that makes clients for AWS.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import typing as t
from pathlib import Path

from ansible_collections.interchain.agent_ops.plugins.module_utils._agent_key_read import read_hex_keys, read_kms_keys
from ansible_collections.interchain.agent_ops.plugins.module_utils._aws_calls import Caller
from ansible_collections.interchain.agent_ops.plugins.module_utils._bank_signer import HexSigner, KmsSigner
from ansible_collections.interchain.agent_ops.plugins.module_utils._document_store import open_store, parse_place
from ansible_collections.interchain.agent_ops.plugins.module_utils._endpoints import is_aws_endpoint
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_model import (
    Node,
    Signer,
    Store,
    Wallet,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_network import Job
from ansible_collections.interchain.agent_ops.plugins.module_utils._funding_pass import Funder
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import JsonRpc, RpcError, is_own_machine
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_config import (
    Config,
    read_config,
    rpc_urls,
    rpc_variable,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_health import COMPLETE, Health
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_http import Pages
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_log import Log
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_metrics import Metrics
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_notify import Notifier
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_rpc import MeteredNode
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_service import Keymaster, Prepared
from ansible_collections.interchain.agent_ops.plugins.module_utils._keymaster_wallets import Watched, watched
from ansible_collections.interchain.agent_ops.plugins.module_utils._kms_read import KmsReader

VERSION = "1.0.0"
WRONG_CONFIG, FAILED_PASS = 2, 1
_AWS_CREDENTIALS = "aws_credentials"
_WORKERS = 16


class Credentials:
    """The files that systemd hands over (LoadCredential), or a container's mounted secrets."""

    def __init__(self, environ: t.Mapping[str, str]) -> None:
        folder = environ.get("CREDENTIALS_DIRECTORY")
        self._folder = Path(folder) if folder else None

    def path(self, name: str) -> Path | None:
        path = self._folder / name if self._folder else None
        return path if path is not None and path.is_file() else None

    def text(self, name: str) -> str | None:
        path = self.path(name)
        return path.read_text(encoding="utf-8") if path is not None else None


class Aws:
    """Clients for AWS, made when they are needed, by the usual chain of credentials. They do not retry: Caller does."""

    def __init__(self, config: Config) -> None:
        import boto3
        from botocore.config import Config as BotoConfig

        self._session = boto3.session.Session()
        self._config = BotoConfig(
            connect_timeout=5,
            read_timeout=10,
            retries={"total_max_attempts": 1},
            max_pool_connections=_WORKERS,
            # In a sandbox neither a bucket nor an account is part of a host's name.
            s3={"addressing_style": "path"} if config.endpoint_url else {},
            inject_host_prefix=not config.endpoint_url,
        )
        self._endpoint = config.endpoint_url
        self._clients: dict[tuple[str, str], t.Any] = {}

    def client(self, service: str, region: str) -> t.Any:
        if (service, region) not in self._clients:
            self._clients[service, region] = self._session.client(
                service, region_name=region, endpoint_url=self._endpoint, config=self._config
            )
        return self._clients[service, region]


class World:
    """What a pass is made of: the account's keys, the networks' nodes, and where transfers are written down."""

    def __init__(self, config: Config, what: Watched, aws: Aws, nodes: t.Mapping[str, Node | None], log: Log) -> None:
        self._config = config
        self._what = what
        self._aws = aws
        self._nodes = nodes
        self._log = log
        self._call = Caller()
        self._account: str | None = None
        self._book: Store | None = None
        self._digits: t.Mapping[str, str] = {}
        self._passes = 0
        self.stopping: t.Callable[[], bool] = lambda: False

    def prepare(self) -> Prepared:
        """Return an engine for one pass, with the keys as AWS has them now.

        :raises ValueError: if the account is another one. :raises CallFailed: if AWS does not say what it must.
        """
        self._check_account()
        rows = self._rows()
        wallets = self._what.with_addresses(rows)
        problem = self._what.bank_problem(rows)
        self._passes += 1
        funder = Funder(
            environment=self._config.environment,
            jobs=[self._job(network, wallets, rows) for network in self._config.only],
            signer=None if problem or not self._config.sends else self._signer(rows[self._what.bank["name"]]),
            store=None if problem else self._store(),
            run=f"keymaster {socket.gethostname()} {os.getpid()}.{self._passes}",
            say=self._log.info,
            stopping=self.stopping,
        )
        return Prepared(funder, problem)

    def _check_account(self) -> str:
        """Ask once whose credentials these are, and again after that failed."""
        if self._account is None:
            wanted = self._config.account_id
            found = str(self._call(self._aws.client("sts", self._config.region), "get_caller_identity")["Account"])
            if wanted not in (None, found):
                raise ValueError(f"The credentials are for the AWS account {found}. Expected: {wanted} (account_id)")
            self._account = found
        return self._account

    def _store(self) -> Store | None:
        """Return where transfers are written down, once it is known to be private."""
        if self._book is None and self._config.store:
            self._book = open_store(
                parse_place(self._config.store),
                connect=lambda service: self._aws.client(service, self._config.region),
                call=self._call,
                account_id=self._check_account,
            )
        return self._book

    def _rows(self) -> dict[str, t.Mapping[str, t.Any]]:
        keys = self._what.needed
        regions = sorted({key["region"] for key in keys})
        if self._config.backend == "kms":
            readers = {
                region: KmsReader(self._aws.client("kms", region), None, self._call, workers=_WORKERS)
                for region in regions
            }
            return dict(read_kms_keys(keys, {}, readers).rows)
        clients = {region: self._aws.client("secretsmanager", region) for region in regions}
        found = read_hex_keys(keys, clients, self._call, workers=_WORKERS)
        self._digits = found.secrets
        return dict(found.rows)

    def _job(self, network: str, wallets: t.Sequence[Wallet], rows: t.Mapping[str, t.Any]) -> Job:
        def connect() -> Node:
            node = self._nodes[network]
            if node is None:
                raise RpcError(f"there is no RPC URL that can be used. Expected: one in {rpc_variable(network)}")
            return node

        return Job(
            settings=self._what.settings[network],
            wallets=[wallet for wallet in wallets if wallet.network == network],
            connect=connect,
            bank=self._what.bank_address(rows) if self._config.store else None,
        )

    def _signer(self, row: t.Mapping[str, t.Any]) -> Signer:
        if self._config.backend == "kms":
            client = self._aws.client("kms", self._what.bank["region"])
            # By id, since an alias may move between now and then.
            return KmsSigner(client, self._call, row["key_id"], row["address"])
        return HexSigner(self._digits[row["name"]], row["address"])


def main(arguments: t.Sequence[str] | None = None) -> int:
    """Run the service. Returns 0 when it was told to end, 1 if the one pass failed, 2 for a wrong configuration."""
    options = _options(arguments)
    try:
        config = read_config(Path(options.config).read_text(encoding="utf-8"), options.config)
        what = watched(config)
        if config.store:
            parse_place(config.store)
    except OSError as exc:
        return _refuse(f"{options.config} cannot be read: {exc.strerror}")
    except UnicodeDecodeError:
        return _refuse(f"{options.config} is not UTF-8. Expected: the file that the role keymaster writes")
    except ValueError as exc:
        return _refuse(str(exc))
    missing = _missing_libraries()
    if missing:
        return _refuse(f"the Python library {missing} is missing. Expected: what requirements.txt names")
    if options.check_config:
        sys.stdout.write(f"{options.config} is right: {len(what.wallets)} wallets on {len(config.only)} networks\n")
        return 0
    return _serve(config, what, once=options.once)


def _options(arguments: t.Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="keymaster", description="Watch the wallets of agents, and top them up.")
    parser.add_argument("--config", required=True, metavar="FILE", help="the configuration, JSON")
    parser.add_argument(
        "--check-config", action="store_true", help="read the configuration, say what is wrong, and end"
    )
    parser.add_argument("--once", action="store_true", help="do one pass, and end; 1 if not all networks were done")
    parser.add_argument("--version", action="version", version=VERSION)
    return parser.parse_args(arguments)


def _refuse(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return WRONG_CONFIG


def _missing_libraries() -> str | None:
    import importlib.util

    for name in ("boto3", "botocore", "cryptography", "eth_hash", "eth_keys", "prometheus_client"):
        if importlib.util.find_spec(name) is None:
            return name
    return None


def _serve(config: Config, what: Watched, *, once: bool) -> int:
    credentials = Credentials(os.environ)
    aws_file = credentials.path(_AWS_CREDENTIALS)
    if aws_file is not None:
        os.environ.setdefault("AWS_SHARED_CREDENTIALS_FILE", str(aws_file))
    urls = rpc_urls(config, os.environ, credentials.text)
    log = Log(sys.stdout, config.environment, level=config.log_level, secrets=[url for url in urls.values() if url])
    health = Health(config.overdue_seconds)
    metrics = Metrics(
        config.environment,
        config.only,
        version=VERSION,
        sends=config.sends,
        health=lambda: (health.overdue(), health.healthy()),
    )
    nodes = _nodes(config, urls, metrics, log)
    world = World(config, what, Aws(config), nodes, log)
    keymaster = Keymaster(
        world.prepare,
        # Without a store there is nothing to plan by: what was paid already is written there.
        mode="send" if config.sends else "plan" if config.store else "look",
        interval_seconds=config.interval_seconds,
        metrics=metrics,
        health=health,
        log=log,
        notifier=Notifier(os.environ),
    )
    world.stopping = keymaster.stopping
    _handle_signals(keymaster, log)
    _introduce(config, what, log)
    if once:
        return FAILED_PASS if keymaster.once() != COMPLETE else 0
    try:
        pages = Pages(config.listen_address, config.port, metrics.registry, health)
    except OSError as exc:
        return _refuse(f"{config.listen_address}:{config.port} cannot be listened on: {exc.strerror}")
    log.info("listening", address=config.listen_address, port=pages.port)
    try:
        keymaster.run()
    finally:
        pages.close()
    return 0


def _nodes(
    config: Config, urls: t.Mapping[str, str | None], metrics: Metrics, log: Log
) -> dict[str, MeteredNode | None]:
    sandbox = config.endpoint_url is not None and not is_aws_endpoint(config.endpoint_url)
    nodes: dict[str, MeteredNode | None] = {}
    for network, url in urls.items():
        nodes[network] = None
        if sandbox and url is not None and not is_own_machine(url):
            log.error("the keys are a sandbox's, and the RPC URL leads to another machine: not used", network=network)
            continue
        if url is None:
            log.error(f"there is no RPC URL: {rpc_variable(network)} is not set", network=network)
            continue
        try:
            node = JsonRpc(url, timeout=config.rpc_timeout_seconds)
        except RpcError as exc:
            # That network fails alone, in each pass.
            log.error(f"{rpc_variable(network)}: {exc}", network=network)
            continue
        nodes[network] = MeteredNode(node, network, metrics)
    return nodes


def _handle_signals(keymaster: Keymaster, log: Log) -> None:
    def end(number: int, _frame: t.Any) -> None:
        keymaster.stop()

    def reload(_number: int, _frame: t.Any) -> None:
        # Half of a new configuration is worse than the old one: nothing is read anew but by a restart.
        keymaster.note_reload()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGHUP, reload)


def _introduce(config: Config, what: Watched, log: Log) -> None:
    log.info(
        "begins",
        version=VERSION,
        networks=", ".join(config.only),
        wallets=len(what.wallets),
        bank_key=config.bank_key,
        interval_seconds=config.interval_seconds,
        sends=config.sends,
    )
    reason = config.why_not_sending()
    if reason:
        log.warning(reason)
    if config.endpoint_url and not is_aws_endpoint(config.endpoint_url):
        log.warning("SANDBOX: this is not AWS. The keys are not real ones; send nothing to their addresses")


if __name__ == "__main__":
    raise SystemExit(main())
