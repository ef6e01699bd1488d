# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration of the service that funds wallets, read and checked. Private to the collection.

It is JSON, without a secret. RPC URLs hold API keys, and come from a credential file or an environment variable of the
network's name. Pure: no ansible, no AWS; errors are :class:`ValueError`.
"""

from __future__ import annotations

import ipaddress
import json
import re
import typing as t
from dataclasses import dataclass, field

DEFAULT_PORT = 9090
"""The port on which the Keymaster's metrics always were."""

BACKENDS = ("kms", "secretsmanager")
SIGNERS = ("home", "network")
LOG_LEVELS = ("debug", "info", "warning", "error")

_ENVIRONMENT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?\Z")
_ACCOUNT = re.compile(r"[0-9]{12}\Z")
_KEY_FIELDS = {"name", "network", "agent", "purpose", "region"}
_SECRET_WORDS = ("rpc_url", "private_key", "secret", "password", "token", "access_key")

Json: t.TypeAlias = "dict[str, t.Any]"


@dataclass(frozen=True)
class Config:
    """What the service is to do.

    :ivar networks: network to what the inventory says of it in ``agent_ops_network``, without its RPC URL.
    :ivar funding: network to ``wallet_funding_defaults`` with the network's own ``wallet_funding_network`` over it.
    :ivar signing_keys: the environment's keys by name, each with network, agent, purpose and Region; no addresses.
    :ivar agents: the agents that are run, and whose wallets are funded.
    :ivar only: the networks that are watched and funded. :ivar bank_key: name of the key that pays.
    :ivar store: where transfers are written down, ``s3://bucket/prefix`` or a folder.
    :ivar top_ups: whether wallets are topped up, or only watched.
    :ivar confirmed: what a protected environment needs before anything is sent.
    :ivar interval_seconds: from the start of a pass to the start of the next one.
    :ivar overdue_seconds: how long after the last pass the service is no longer healthy.
    """

    environment: str
    region: str
    networks: t.Mapping[str, Json]
    signing_keys: t.Sequence[Json]
    bank_key: str
    funding: t.Mapping[str, Json] = field(default_factory=dict)
    only: t.Sequence[str] = ()
    agents: t.Sequence[str] = ()
    backend: str = "kms"
    transaction_signer: str = "home"
    protected: bool = False
    confirmed: bool = False
    top_ups: bool = True
    account_id: str | None = None
    endpoint_url: str | None = None
    store: str | None = None
    interval_seconds: float = 60
    overdue_seconds: float = 600
    rpc_timeout_seconds: float = 10
    listen_address: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    log_level: str = "info"

    @property
    def sends(self) -> bool:
        """Whether transfers are sent: asked for, and in a protected environment confirmed as well."""
        return self.top_ups and (self.confirmed or not self.protected)

    def why_not_sending(self) -> str | None:
        if not self.top_ups:
            return "top_ups is false: wallets are watched, and nothing is sent"
        if not self.sends:
            return f"{self.environment} is protected, and confirmed is false: transfers are planned, none is sent"
        return None


class _Fields:
    """The fields of the configuration, each of which is taken once; what is left over is unknown."""

    def __init__(self, source: str, values: Json) -> None:
        self.source = source
        self._values = dict(values)

    def error(self, name: str, found: t.Any, expected: str) -> ValueError:
        return ValueError(f"{self.source}: {name} is {_shown(name, found)}. Expected: {expected}")

    def take(self, name: str, kind: tuple[type, ...], expected: str, default: t.Any = ...) -> t.Any:
        if name not in self._values:
            if default is ...:
                raise ValueError(f"{self.source}: {name} is missing. Expected: {expected}")
            return default
        value = self._values.pop(name)
        # True is a number to Python.
        if not isinstance(value, kind) or (isinstance(value, bool) and bool not in kind):
            raise self.error(name, value, expected)
        return value

    def text(self, name: str, default: t.Any = ...) -> str:
        value: str = self.take(name, (str,), "a text", default)
        if value == "" and default is ...:
            raise self.error(name, value, "a text that is not empty")
        return value

    def maybe(self, name: str) -> str | None:
        return self.take(name, (str, type(None)), "a text, or null", None) or None

    def flag(self, name: str, default: bool) -> bool:
        return bool(self.take(name, (bool,), "true or false", default))

    def choice(self, name: str, choices: t.Sequence[str], default: str) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise self.error(name, value, f"one of {', '.join(choices)}")
        return value

    def seconds(self, name: str, default: float, least: float) -> float:
        value = self.take(name, (int, float), f"a number of seconds, {least:g} or more", default)
        # Neither infinite nor no number, which Python's JSON takes.
        if not least <= value <= 86_400:
            raise self.error(name, value, f"a number of seconds from {least:g} to 86400")
        return float(value)

    def texts(self, name: str) -> list[str]:
        values = self.take(name, (list,), "a list of texts", [])
        if not all(isinstance(value, str) and value for value in values):
            raise self.error(name, values, "a list of texts")
        return list(values)

    def finish(self, known: t.Iterable[str]) -> None:
        if self._values:
            raise ValueError(
                f"{self.source}: there is no field {', '.join(sorted(self._values))}."
                f" Expected: fields of {', '.join(sorted(known))}"
            )


def _shown(name: str, value: t.Any) -> str:
    """Return a value for an error; what may be a secret that does not belong here is not repeated."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if "://" in str(value) and name != "endpoint_url":
        return "a URL"
    return repr(value)[:100]


def read_config(text: str, source: str = "the configuration") -> Config:
    """Read a configuration.

    :param source: the file's name, for errors. :raises ValueError: naming the field, what was found and expected.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as exc:
        where = f" (line {exc.lineno}, column {exc.colno})" if isinstance(exc, json.JSONDecodeError) else ""
        raise ValueError(f"{source} is not JSON{where}. Expected: the file that the role keymaster writes") from None
    if not isinstance(values, dict):
        raise ValueError(f"{source} is not a mapping. Expected: the file that the role keymaster writes")
    fields = _Fields(source, values)
    environment = fields.text("environment")
    if not _ENVIRONMENT.match(environment):
        raise fields.error("environment", environment, "a name of letters, digits, dashes and underscores")
    networks = _networks(fields)
    keys = _keys(fields, networks, environment)
    only = fields.texts("only")
    for network in only:
        if network not in networks:
            raise fields.error("only", network, f"networks of {', '.join(networks)}")
    account = fields.maybe("account_id")
    if account and not _ACCOUNT.match(account):
        raise fields.error("account_id", account, "12 digits")
    config = Config(
        environment=environment,
        region=fields.text("region"),
        networks=networks,
        signing_keys=keys,
        bank_key=fields.text("bank_key"),
        funding=_funding(fields, networks),
        only=only or list(networks),
        agents=fields.texts("agents"),
        backend=fields.choice("backend", BACKENDS, "kms"),
        transaction_signer=fields.choice("transaction_signer", SIGNERS, "home"),
        protected=fields.flag("protected", environment == "production"),
        confirmed=fields.flag("confirmed", False),
        top_ups=fields.flag("top_ups", True),
        account_id=account,
        endpoint_url=fields.maybe("endpoint_url"),
        store=fields.maybe("store"),
        interval_seconds=fields.seconds("interval_seconds", 60, 1),
        overdue_seconds=fields.seconds("overdue_seconds", 600, 1),
        rpc_timeout_seconds=fields.seconds("rpc_timeout_seconds", 10, 0.1),
        listen_address=_address(fields),
        port=_port(fields),
        log_level=fields.choice("log_level", LOG_LEVELS, "info"),
    )
    fields.finish(Config.__dataclass_fields__)
    _check_whole(config, source)
    return config


def _check_whole(config: Config, source: str) -> None:
    banks = [key for key in config.signing_keys if key["name"] == config.bank_key]
    if not banks:
        raise ValueError(
            f"{source}: bank_key is {_shown('bank_key', config.bank_key)}, which is none of signing_keys."
            " Expected: an additional key of the inventory, {agent: bank} for instance (agent_ops_additional_keys)"
        )
    if config.overdue_seconds < config.interval_seconds:
        raise ValueError(
            f"{source}: overdue_seconds is {config.overdue_seconds:g}, less than interval_seconds,"
            f" {config.interval_seconds:g}. Expected: at least twice the interval, so that a pass that takes long is"
            " not taken for none"
        )
    if config.sends and not config.store:
        raise ValueError(
            f"{source}: store is missing, and top_ups is true. Expected: s3://bucket/prefix or a folder, since"
            " transfers are written down before they are sent (wallet_funding_store)"
        )


def _networks(fields: _Fields) -> dict[str, Json]:
    networks = fields.take("networks", (dict,), "network to what the inventory says of it")
    if not networks:
        raise fields.error("networks", networks, "at least one network")
    seen: dict[str, str] = {}
    for name, settings in networks.items():
        if not isinstance(settings, dict):
            raise fields.error(f"networks.{name}", settings, "a mapping, agent_ops_network of the inventory")
        _refuse_secrets(fields, f"networks.{name}", settings)
        variable = rpc_variable(name)
        if variable in seen:
            raise ValueError(
                f"{fields.source}: the networks {seen[variable]} and {name} would both be reached by {variable}."
                " Expected: names that differ in more than case and punctuation"
            )
        seen[variable] = name
    return dict(networks)


def _refuse_secrets(fields: _Fields, where: str, value: t.Any) -> None:
    if not isinstance(value, dict):
        return
    for name, held in value.items():
        if any(word in str(name).lower() for word in _SECRET_WORDS):
            raise ValueError(
                f"{fields.source}: {where}.{name} does not belong here: others may read this file. Expected: RPC URLs"
                " in credential files or environment variables, KOVAN_RPC_URL for instance, and keys in AWS"
            )
        _refuse_secrets(fields, f"{where}.{name}", held)


def _keys(fields: _Fields, networks: t.Collection[str], environment: str) -> list[Json]:
    keys = fields.take("signing_keys", (list,), "a list of the environment's keys")
    found = []
    for number, key in enumerate(keys):
        where = f"signing_keys[{number}]"
        if not isinstance(key, dict) or not {"name", "agent", "purpose"} <= set(key):
            raise fields.error(where, key, "a mapping with name, network, agent, purpose and region")
        unknown = set(key) - _KEY_FIELDS
        if unknown:
            expected = f"only {', '.join(sorted(_KEY_FIELDS))}"
            raise fields.error(where, f"one with {', '.join(sorted(unknown))}", expected)
        if key.get("network") is not None and key["network"] not in networks:
            raise fields.error(f"{where}.network", key["network"], f"one of {', '.join(networks)}, or null")
        for name, value in key.items():
            if not isinstance(value, str) and not (name in ("network", "region") and value is None):
                raise fields.error(f"{where}.{name}", value, "a text")
        found.append({"network": None, "region": None, **key, "environment": environment})
    return found


def _funding(fields: _Fields, networks: t.Collection[str]) -> dict[str, Json]:
    funding = fields.take("funding", (dict,), "network to how its wallets are funded", {})
    for name, settings in funding.items():
        if name not in networks:
            raise fields.error("funding", f"one of {name}", f"networks of {', '.join(networks)}")
        if not isinstance(settings, dict):
            raise fields.error(f"funding.{name}", settings, "a mapping")
        _refuse_secrets(fields, f"funding.{name}", settings)
    return dict(funding)


def _address(fields: _Fields) -> str:
    value = fields.text("listen_address", "127.0.0.1")
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise fields.error("listen_address", value, "an IP address, 127.0.0.1 for this host alone") from None
    return value


def _port(fields: _Fields) -> int:
    value = fields.take("port", (int,), "a port, 0 for any that is free", DEFAULT_PORT)
    if not 0 <= value <= 65_535:
        raise fields.error("port", value, "a port from 0 to 65535")
    return int(value)


def rpc_variable(network: str) -> str:
    """Return the name of the environment variable, and of the credential file, with a network's RPC URL."""
    return re.sub(r"[^A-Z0-9]", "_", network.upper()) + "_RPC_URL"


def rpc_urls(
    config: Config, environ: t.Mapping[str, str], credential: t.Callable[[str], str | None]
) -> dict[str, str | None]:
    """Return the RPC URL of each network that is funded, None where there is none: that network fails alone.

    :param credential: gives the text of a credential file by its name, or None. Files come before variables.
    """
    found: dict[str, str | None] = {}
    for network in config.only:
        name = rpc_variable(network)
        found[network] = (credential(name) or "").strip() or environ.get(name, "").strip() or None
    return found
